import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import { type CatalogueEntry, catalogueFileSchema } from '../scenarios/catalogue.ts';
import { demandFileSchema } from '../scenarios/demand.ts';
import { modeSchema } from '../scenarios/mode.ts';
import { failed, ok, type Result } from '../vocabulary/errors.ts';
import { writeFileAtomic } from '../vocabulary/files.ts';
import { readPackedText } from '../vocabulary/packed-text.ts';
import { parseWith } from '../vocabulary/parse.ts';
import { resultFileSchema, traceSummarySchema } from '../vocabulary/result-file.ts';
import { sloSchema } from '../vocabulary/slo.ts';
import { planOverridesSchema } from './demand/assumptions.ts';
import type { PlanInput } from './plan-input.ts';

export const PLAN_INPUTS_SCHEMA_VERSION = 1;

/** What the file is called, beside the plan that was made from it. */
export const PLAN_INPUTS_NAME = 'plan-inputs.json.gz';

const arrivalsSchema = z.strictObject({
  summary: traceSummarySchema,
  hourly: z.array(z.number().nonnegative()),
  withinHours: z
    .strictObject({
      ratePerS: z.number().positive(),
      gapCv: z.number().nonnegative(),
      indexOfDispersion60S: z.number().nonnegative(),
      indexOfDispersionOfWork60S: z.number().nonnegative().optional(),
    })
    .optional(),
});

/** Everything that a plan follows from, so that it can be made again with one thing changed. */
const planInputsFileSchema = z.strictObject({
  kind: z.literal('busyhour-plan-inputs'),
  schemaVersion: z.literal(PLAN_INPUTS_SCHEMA_VERSION),
  nowUnixMs: z.number().positive(),
  seed: z.int().nonnegative(),
  interactionsPerDay: z.number().positive().optional(),
  slos: z.array(sloSchema).optional(),
  overrides: planOverridesSchema.optional(),
  demand: z
    .strictObject({ path: z.string(), spec: demandFileSchema, arrivals: arrivalsSchema.optional() })
    .optional(),
  results: z.array(resultFileSchema),
  modes: z.array(modeSchema),
  /** Whole files, in the order in which their entries are known. */
  prices: z.array(catalogueFileSchema),
});

type PlanInputsFile = z.infer<typeof planInputsFileSchema>;
type PriceFile = PlanInputsFile['prices'][number];

/** Entries as files, one for each group. */
function priceFiles(entries: Iterable<CatalogueEntry>): PriceFile[] {
  const groups = Map.groupBy(entries, ({ group }) => group);
  return [...groups].map(
    ([group, all]) =>
      ({
        kind: 'busyhour-catalogue',
        schemaVersion: 1,
        group,
        entries: all.map(({ entry }) => entry),
      }) as PriceFile,
  );
}

const entriesOf = ({ group, entries }: PriceFile): CatalogueEntry[] =>
  entries.map((entry) => ({ group, entry, file: PLAN_INPUTS_NAME }) as CatalogueEntry);

/** The inputs of a plan as text, gzipped. */
export function packPlanInputs(input: PlanInput): Uint8Array {
  const { catalogue, toolVersion: _, ...rest } = input;
  const file = {
    kind: 'busyhour-plan-inputs',
    schemaVersion: PLAN_INPUTS_SCHEMA_VERSION,
    ...rest,
    prices: priceFiles(catalogue.entries.values()),
  };
  return gzipSync(JSON.stringify(file));
}

/** Writes the inputs of a plan, whole or not at all. */
export const writePlanInputs = (path: string, input: PlanInput): Result<string> =>
  writeFileAtomic(path, packPlanInputs(input));

/** Written by this tool and large, so as JSON: nobody writes one by hand. */
function parseJson(text: string, path: string): Result<unknown> {
  try {
    return ok(JSON.parse(text));
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    const issues = [{ path, expected: 'JSON', got, fix: 'make the plan again' }];
    return failed('INVALID_PLAN_FILE', `${path} is not valid JSON`, { cause, issues });
  }
}

function parseInputs(path: string): Result<PlanInputsFile> {
  const text = readPackedText(path, 'INVALID_PLAN_FILE');
  if (text.kind === 'failed') return text;
  const value = parseJson(text.value.text, path);
  return value.kind === 'failed'
    ? value
    : parseWith(planInputsFileSchema, value.value, 'INVALID_PLAN_FILE', path);
}

/** Reads what `writePlanInputs` wrote; every problem is listed. */
export function readPlanInputs(path: string): Result<PlanInput> {
  const file = parseInputs(path);
  if (file.kind === 'failed') {
    const hint = `Make the plan again, or delete ${path}: without it a comparison leaves out what each input does alone.`;
    return file.failure.code === 'INVALID_PLAN_FILE'
      ? { kind: 'failed', failure: { ...file.failure, hint } }
      : file;
  }
  const { kind: _, schemaVersion: __, prices, ...input } = file.value;
  const entries = prices.flatMap(entriesOf).map((entry) => [entry.entry.id, entry] as const);
  return ok({ ...input, catalogue: { entries: new Map(entries) } } as PlanInput);
}
