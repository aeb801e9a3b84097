import { z } from 'zod';
import { failed, ok, type Result } from '../../vocabulary/errors.ts';
import { parseWith, readYamlFile } from '../../vocabulary/parse.ts';
import { PERCENT } from '../../vocabulary/units.ts';
import { BUDGET_FIGURES, parseFigure } from './figures.ts';

export const PLAN_BUDGET_SCHEMA_VERSION = 1;

const NAMES = Object.keys(BUDGET_FIGURES).join(', ');
const BOUNDS = ['max', 'min', 'maxIncrease', 'maxIncreaseRatio'] as const;

const ceilingSchema = z
  .strictObject({
    figure: z.string().refine((text) => parseFigure(text) !== undefined, { message: `one of ${NAMES}` }),
    /** Mode that it holds for; every planned mode without it. */
    mode: z.string().min(1).optional(),
    max: z.number().optional(),
    min: z.number().optional(),
    /** By how much the figure may grow over the plan that is compared with: in its unit, and as a share of it. */
    maxIncrease: z.number().nonnegative().optional(),
    maxIncreaseRatio: z.number().nonnegative().optional(),
    /** Why it is there, for whoever breaks it. */
    reason: z.string().optional(),
  })
  .refine((ceiling) => BOUNDS.some((bound) => ceiling[bound] !== undefined), {
    message: `at least one of ${BOUNDS.join(', ')}`,
  });

/** `plan-budget.yaml`: what a plan may cost and need. */
export const planBudgetFileSchema = z.strictObject({
  kind: z.literal('busyhour-plan-budget'),
  schemaVersion: z.literal(PLAN_BUDGET_SCHEMA_VERSION),
  ceilings: z.array(ceilingSchema).min(1),
});

export type Ceiling = z.infer<typeof ceilingSchema>;

/** Ceilings and what states them. */
export interface PlanBudget {
  readonly source: string;
  readonly ceilings: readonly Ceiling[];
}

const HINT =
  'Fix every listed field; docs/plan.md has the figures, docs/schemas/plan-budget.schema.json the schema.';

/** Reads a budget file; every problem is listed. */
export function readPlanBudget(path: string): Result<PlanBudget> {
  const file = readYamlFile(planBudgetFileSchema, path, 'INVALID_BUDGETS');
  if (file.kind === 'ok') return ok({ source: path, ceilings: file.value.ceilings });
  // A file that is not there has no fields to fix.
  return file.failure.code === 'INVALID_BUDGETS'
    ? { kind: 'failed', failure: { ...file.failure, hint: HINT } }
    : file;
}

/** What a flag bounds. */
export type CeilingBound = 'max' | 'min' | 'max-increase';

const FORM = /^(?:([^:=]+):)?([^:=]+)=(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)(%?)$/i;

function boundOf(bound: CeilingBound, value: number, isPercent: boolean): Partial<Ceiling> | undefined {
  if (bound === 'max-increase') {
    return isPercent ? { maxIncreaseRatio: value / PERCENT } : { maxIncrease: value };
  }
  return isPercent ? undefined : { [bound]: value };
}

const EXAMPLES = {
  max: 'machineUsdPerMonth=12000 or kubernetes:aiUsdPerInteraction.p90=0.02',
  min: 'availabilityRatio=0.999',
  'max-increase': 'machineUsdPerMonth=500 or machineUsdPerMonth=10%',
} as const satisfies Record<CeilingBound, string>;

/** `[MODE:]FIGURE=NUMBER` of `--max`, `--min` or `--max-increase`, which also takes a percentage. */
export function parseCeiling(text: string, bound: CeilingBound): Result<Ceiling> {
  const match = FORM.exec(text.trim());
  const limits = match === null ? undefined : boundOf(bound, Number(match[3]), match[4] === '%');
  if (match === null || limits === undefined) {
    return failed('USAGE', `--${bound}: expected ${EXAMPLES[bound]}, got "${text}"`);
  }
  const [, mode, figure] = match;
  const input = { figure, ...(mode === undefined ? {} : { mode }), ...limits };
  return parseWith(ceilingSchema, input, 'USAGE', `--${bound} ${text}`);
}
