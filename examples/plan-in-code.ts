/**
 * Planning in code: what happens to replicas and money when a call centre grows, and does it stay within its budget?
 *
 *     node examples/plan-in-code.ts result.json [more results of busyhour bench]
 *
 * In a project of your own import from 'busyhour/dist/planner/index.js'; types come with it.
 */
import {
  type Catalogue,
  diffPlans,
  formatFailure,
  isWithinBudget,
  judgeBudget,
  type PlanFile,
  planModes,
  type Result,
  type ResultFile,
  readAllModes,
  readCatalogue,
  readResultFile,
  unwrap,
} from '../planner/index.ts';

/** What the question rests on. Time and chance are arguments, so the same question has the same answer. */
interface Question {
  readonly results: readonly ResultFile[];
  readonly catalogue: Catalogue;
  readonly interactionsPerDay: number;
  readonly nowUnixMs: number;
}

/** Every mode that comes with the tool, at objectives of our own. A refusal is a value, not an exception. */
function plan({ results, catalogue, interactionsPerDay, nowUnixMs }: Question): Result<PlanFile> {
  return planModes({
    results,
    catalogue,
    interactionsPerDay,
    nowUnixMs,
    modes: unwrap(readAllModes(catalogue)),
    slos: [
      { kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: 2_000 },
      { kind: 'error-ratio', limitRatio: 0.01 },
    ],
    overrides: { escalationRatio: 0.12 },
    seed: 1,
  });
}

/** One line per mode: replicas of each tier, cost of an interaction and what sets the size; or why there is no plan. */
function describe({ modes }: PlanFile): string[] {
  return modes.map((mode) => {
    if (mode.kind === 'refused') return `${mode.mode}: no plan, since ${mode.reason}`;
    const tiers = mode.tiers.map(({ tier, replicas }) => `${replicas} ${tier}`).join(', ');
    const { p10, p50, p90 } = mode.usdPerInteraction.ai;
    const usd = [p50, p10, p90].map((value) => value.toPrecision(3));
    const simulated = mode.simulated ? ', SIMULATED' : '';
    return `${mode.mode}: ${tiers}; ${usd[0]} USD [${usd[1]}–${usd[2]}] each, set by ${mode.bindingConstraint}${simulated}`;
  });
}

const usdPerMonth = (usd = 0): string => `${usd.toFixed(0)} USD a month`;

/** What changed between two plans in money and replicas, and the inputs that made it change. */
function explain(before: PlanFile, after: PlanFile): string[] {
  const diff = diffPlans({ name: 'today', plan: before }, { name: 'next year', plan: after });
  return diff.modes.flatMap((mode) => {
    if (mode.kind !== 'compared') return [`${mode.mode}: ${mode.kind}`];
    const { machineUsdPerMonth } = mode.money;
    return [
      `${mode.mode}: ${usdPerMonth(machineUsdPerMonth.before)} → ${usdPerMonth(machineUsdPerMonth.after)}`,
      ...mode.tiers.map(({ tier, replicas, because }) => {
        const inputs = because.map(({ name, before: old, after: now }) => `${name} ${old} → ${now}`);
        return `${mode.mode}: ${tier} ${replicas.before} → ${replicas.after}, because ${inputs.join(', ')}`;
      }),
    ];
  });
}

/** The lines that the program prints: today's plan, what growth changes, and whether it stays within the budget. */
export function planInCode(paths: readonly string[], nowUnixMs: number): string[] {
  const catalogue = unwrap(readCatalogue());
  const results = paths.map((path) => unwrap(readResultFile(path)));
  const today = plan({ results, catalogue, interactionsPerDay: 25_000, nowUnixMs });
  const nextYear = plan({ results, catalogue, interactionsPerDay: 2_000_000, nowUnixMs });
  for (const planned of [today, nextYear]) {
    // Every reason that was found, and the measurement or setting that would lift it.
    if (planned.kind === 'failed') return formatFailure(planned.failure).split('\n');
  }
  const [before, after] = [unwrap(today), unwrap(nextYear)];
  const budget = judgeBudget(after, {
    source: 'the example',
    ceilings: [{ figure: 'machineUsdPerMonth', max: 250_000, reason: 'what was agreed for next year' }],
  });
  return [
    'today, 25,000 interactions a day:',
    ...describe(before),
    'next year, 2,000,000:',
    ...describe(after),
    'what changes:',
    ...explain(before, after),
    isWithinBudget(budget) ? 'within the budget' : 'over the budget:',
    ...budget.verdicts.map(({ mode, state, explanation }) => `${mode}: ${state}, ${explanation}`),
  ];
}

if (import.meta.main) {
  for (const line of planInCode(process.argv.slice(2), Date.now())) console.log(line);
}
