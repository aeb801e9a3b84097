import { isMap, isSeq, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import type { Result } from '../../vocabulary/errors.ts';
import { parseWith, parseYaml, readText } from '../../vocabulary/parse.ts';
import { sloSchema } from '../../vocabulary/slo.ts';
import { DEFAULT_POLICY } from './compare.ts';
import { parseStatistic, RATE_METRICS } from './statistic.ts';

/** Where a budget holds: every load of every scenario without these. */
const scope = {
  /** As the table names it: `20 turns/s`, `8 at once`. */
  load: z.string().min(1).optional(),
  /** Name of the scenario that the result was measured with. */
  scenario: z.string().min(1).optional(),
};

const [latencySlo, errorSlo] = sloSchema.options;

export const budgetSchema = z.discriminatedUnion('kind', [
  latencySlo.extend(scope),
  errorSlo.extend(scope),
  z.strictObject({
    kind: z.literal('rate'),
    metric: z.enum(RATE_METRICS),
    minPerS: z.number().positive(),
    ...scope,
  }),
  z.strictObject({ kind: z.literal('case'), case: z.string().min(1), maxNsPerOp: z.number().positive() }),
]);

export type Budget = z.infer<typeof budgetSchema>;

const ratio = z.number().min(0).max(1);

const compareSchema = z.strictObject({
  falseAlarmProbability: z.number().gt(0).lt(0.5).default(DEFAULT_POLICY.falseAlarmProbability),
  minEffectRatio: ratio.default(DEFAULT_POLICY.minEffectRatio),
  minErrorRatioChange: ratio.default(DEFAULT_POLICY.minErrorRatioChange),
  runToRunRatio: ratio.default(DEFAULT_POLICY.runToRunRatio),
  maxNoiseRatio: z.number().positive().default(DEFAULT_POLICY.maxNoiseRatio),
  metrics: z
    .array(
      z.string().refine((text) => parseStatistic(text) !== undefined, {
        message: 'a figure such as p95:latencyMs, mean:latencyMs, goodputPerS or errorRatio',
      }),
    )
    .min(1)
    .default([...DEFAULT_POLICY.metrics]),
  pairing: z.enum(['auto', 'paired', 'unpaired']).default(DEFAULT_POLICY.pairing),
  seed: z.int().nonnegative().default(DEFAULT_POLICY.seed),
});

const onNotEnoughEvidence = z.enum(['pass', 'warn', 'fail']);
export type OnNotEnoughEvidence = z.infer<typeof onNotEnoughEvidence>;

/** `budgets.yaml`: what must hold, what results are held against, and how. */
export const budgetsFileSchema = z.strictObject({
  kind: z.literal('busyhour-budgets'),
  schemaVersion: z.literal(1),
  /** Result files by scenario name (`default` for any other), relative to this file; several are runs of one version. */
  baselines: z
    .record(z.string(), z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]))
    .default({}),
  compare: compareSchema.default(() => compareSchema.parse({})),
  onNotEnoughEvidence: onNotEnoughEvidence.default('warn'),
  budgets: z.array(budgetSchema).default([]),
});

export type BudgetsFile = z.infer<typeof budgetsFileSchema>;

/** The file with the line of each budget in it, for annotations. */
export interface ReadBudgets {
  readonly file: BudgetsFile;
  readonly lines: readonly number[];
}

function linesOfBudgets(text: string): number[] {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter });
  const budgets = isMap(document.contents) ? document.contents.get('budgets') : undefined;
  if (!isSeq(budgets)) return [];
  return budgets.items.map((item) => {
    const range = (item as { range?: readonly number[] | null }).range;
    return range?.[0] === undefined ? 1 : lineCounter.linePos(range[0]).line;
  });
}

/** Parses budgets text; `what` names it in problems. */
export function parseBudgets(text: string, what: string): Result<ReadBudgets> {
  const value = parseYaml(text, 'INVALID_BUDGETS', what);
  if (value.kind === 'failed') return value;
  const file = parseWith(budgetsFileSchema, value.value, 'INVALID_BUDGETS', what);
  if (file.kind === 'failed') return file;
  return { kind: 'ok', value: { file: file.value, lines: linesOfBudgets(text) } };
}

export function readBudgets(path: string): Result<ReadBudgets> {
  const text = readText(path);
  return text.kind === 'failed' ? text : parseBudgets(text.value, path);
}

/** Budgets of nothing: the defaults of every field. */
export const NO_BUDGETS: ReadBudgets = {
  file: budgetsFileSchema.parse({ kind: 'busyhour-budgets', schemaVersion: 1 }),
  lines: [],
};

/** Name of the scenario that a result was measured with, as baselines and budgets refer to it. */
export function scenarioNameOf(result: { readonly scenario: Record<string, unknown> }): string {
  const { name } = result.scenario;
  return typeof name === 'string' && name !== '' ? name : 'default';
}

/** Baseline files for a scenario, as written; empty when none is named. */
export function baselinesFor(file: BudgetsFile, scenario: string): readonly string[] {
  const named = file.baselines[scenario] ?? file.baselines.default ?? [];
  return typeof named === 'string' ? [named] : named;
}
