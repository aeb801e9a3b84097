import { z } from 'zod';
import { type Scenario, scenarioSchema } from '../../scenarios/scenario.ts';
import { failedRows, lineIssue, readJsonLines, type TableRow } from '../../scenarios/tables.ts';
import { type Issue, ok, type Result } from '../../vocabulary/errors.ts';
import { readPackedText } from '../../vocabulary/packed-text.ts';
import { createRandom } from '../../vocabulary/random.ts';
import type { PlannedStep } from './planned-steps.ts';
import { type PlannedInteraction, planInteractions } from './schedule.ts';

export const SCHEDULE_SCHEMA_VERSION = 1;

/** A step with every interaction drawn. `name` is its random stream too: texts of interaction i come from it. */
export interface ExpandedStep extends PlannedStep {
  readonly interactions: readonly PlannedInteraction[];
}

/** All that a run will send, drawn before anything is sent. Answers of the target still decide when later turns fall due. */
export interface ExpandedSchedule {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly steps: readonly ExpandedStep[];
}

/** Draws the schedule of each step as a run with that seed does. */
export function expandSchedule(
  scenario: Scenario,
  steps: readonly PlannedStep[],
  seed = scenario.seed,
): ExpandedSchedule {
  const { workload, arrivals, drainMs } = scenario;
  const random = createRandom(seed);
  return {
    scenario,
    seed,
    steps: steps.map((step) => {
      const spanMs = step.warmUpMs + step.windowMs + drainMs;
      const plan = { workload, arrivals, interactionsPerS: step.interactionsPerS, spanMs };
      return { ...step, interactions: [...planInteractions(plan, random.fork(step.name))] };
    }),
  };
}

const headSchema = z.strictObject({
  kind: z.literal('busyhour-schedule'),
  schemaVersion: z.literal(SCHEDULE_SCHEMA_VERSION),
  seed: z.int().nonnegative(),
  scenario: scenarioSchema,
});

const stepSchema = z.strictObject({
  step: z.string().min(1),
  interactionsPerS: z.number().positive(),
  warmUpMs: z.number().nonnegative(),
  windowMs: z.number().positive(),
});

const tokens = z.int().nonnegative();

const interactionSchema = z
  .strictObject({
    id: z.string().min(1),
    arrivalAtMs: z.number(),
    firstTurn: z.int().nonnegative(),
    firstTurnAtMs: z.number().nonnegative(),
    systemPromptTokens: tokens,
    systemText: z.string().optional(),
    prefix: z.strictObject({ id: z.string(), tokens }).optional(),
    tenant: z.string().optional(),
    patienceMs: z.number().positive().optional(),
    turns: z
      .array(
        z.strictObject({
          thinkTimeMs: z.number().nonnegative(),
          inputTokens: tokens,
          outputTokens: tokens,
          text: z.string().optional(),
          blocks: z.strictObject({ ids: z.array(tokens), tokensPerBlock: z.int().positive() }).optional(),
        }),
      )
      .min(1),
  })
  .refine(({ firstTurn, turns }) => firstTurn < turns.length, 'firstTurn below the number of turns');

/** The order of fields in a line: the same schedule is the same bytes. */
const FIELDS = [
  'id',
  'arrivalAtMs',
  'firstTurn',
  'firstTurnAtMs',
  'systemPromptTokens',
  'systemText',
  'prefix',
  'tenant',
  'patienceMs',
  'turns',
] as const satisfies readonly (keyof PlannedInteraction)[];

const lineOf = (value: unknown): string => `${JSON.stringify(value)}\n`;

const interactionLine = (interaction: PlannedInteraction): string =>
  lineOf(Object.fromEntries(FIELDS.map((name) => [name, interaction[name]])));

/** The schedule as JSON Lines: a head with scenario and seed, then each step with its interactions after it. */
export function* scheduleLines({ scenario, seed, steps }: ExpandedSchedule): Generator<string, void> {
  yield lineOf({ kind: 'busyhour-schedule', schemaVersion: SCHEDULE_SCHEMA_VERSION, seed, scenario });
  for (const { name, interactionsPerS, warmUpMs, windowMs, interactions } of steps) {
    yield lineOf({ step: name, interactionsPerS, warmUpMs, windowMs });
    for (const interaction of interactions) yield interactionLine(interaction);
  }
}

type Row = TableRow<Readonly<Record<string, unknown>>>;

/** What a line is read as: its parsed value, or the first thing that is wrong with it. */
function readAs<Schema extends z.ZodType>(
  schema: Schema,
  row: Row,
  issues: Issue[],
): z.output<Schema> | undefined {
  const parsed = schema.safeParse(row.value);
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  const place = first?.path.join('.') ?? '';
  const got = JSON.stringify(first?.path.reduce<unknown>((at, key) => (at as never)?.[key], row.value));
  const expected = `${place === '' ? '' : `${place}: `}${first?.message ?? 'a line of a schedule'}`;
  issues.push(lineIssue(row.line, expected, got, 'print the schedule again'));
  return undefined;
}

interface MutableStep extends PlannedStep {
  interactions: PlannedInteraction[];
}

function readSteps(rows: readonly Row[], issues: Issue[]): MutableStep[] {
  const steps: MutableStep[] = [];
  for (const row of rows) {
    if (Object.hasOwn(row.value, 'step')) {
      const read = readAs(stepSchema, row, issues);
      if (read !== undefined) {
        const { step: name, ...rest } = read;
        steps.push({ name, ...rest, interactions: [] });
      }
      continue;
    }
    const interaction = readAs(interactionSchema, row, issues);
    const step = steps.at(-1);
    if (interaction === undefined) continue;
    if (step === undefined) {
      issues.push(lineIssue(row.line, 'a step before its interactions', 'an interaction', 'print it again'));
    } else if (
      interaction.arrivalAtMs < (step.interactions.at(-1)?.arrivalAtMs ?? Number.NEGATIVE_INFINITY)
    ) {
      issues.push(
        lineIssue(row.line, 'interactions in order of arrival', String(interaction.arrivalAtMs), 'sort them'),
      );
    } else step.interactions.push(interaction as PlannedInteraction);
  }
  return steps;
}

/** Reads the text of a schedule; every bad line is found and the first 50 are listed. */
export function parseSchedule(text: string, what: string): Result<ExpandedSchedule> {
  const { rows, issues } = readJsonLines(text);
  const [first, ...rest] = rows;
  const head = readAs(headSchema, first ?? { line: 1, value: {} }, issues);
  const steps = head === undefined ? [] : readSteps(rest, issues);
  if (head !== undefined && issues.length === 0 && steps.length === 0) {
    issues.push(lineIssue(1, 'at least one step', 'none', 'print the schedule again'));
  }
  if (head === undefined || issues.length > 0) return failedRows('INVALID_SCENARIO', what, issues);
  return ok({ scenario: head.scenario, seed: head.seed, steps });
}

/** Reads a schedule that `scenarios print --json-lines` wrote, gzipped or not. */
export function readSchedule(path: string): Result<ExpandedSchedule> {
  const packed = readPackedText(path, 'INVALID_SCENARIO');
  return packed.kind === 'failed' ? packed : parseSchedule(packed.value.text, path);
}
