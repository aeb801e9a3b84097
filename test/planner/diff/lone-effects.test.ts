import { describe, expect, test } from 'vitest';
import { diffPlans, type PlanInput, planModes } from '../../../planner/index.ts';
import { buildPlanDiffReport } from '../../../presentation/plan-diff/report.ts';
import { formatPlanDiff } from '../../../presentation/plan-diff/terminal.ts';
import { renderMarkdown } from '../../../presentation/render-markdown.ts';
import type { DeploymentMode } from '../../../scenarios/mode.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { type ComparedMode, type LoneEffect, planDiffSchema } from '../../../vocabulary/plan-diff.ts';
import { machineUsdPerMonth, plannedModes } from '../../../vocabulary/planned-modes.ts';
import { buildResult, llamaResult, SLOS, simulatedResult } from '../fixtures/result.ts';
import { CATALOGUE, MODES, scaledCatalogue } from '../fixtures/sized.ts';

const NOW = Date.UTC(2026, 10, 21);

const OLD: PlanInput = {
  results: [llamaResult(), simulatedResult()],
  interactionsPerDay: 400_000,
  modes: [MODES.kubernetes],
  catalogue: CATALOGUE,
  slos: SLOS,
  seed: 1,
  nowUnixMs: NOW,
};

const named = (name: string, input: PlanInput) => ({ name, input, plan: unwrap(planModes(input)) });

function kubernetesOf(changes: Partial<PlanInput>): ComparedMode {
  const diff = diffPlans(named('old', OLD), named('new', { ...OLD, ...changes }));
  expect(planDiffSchema.parse(diff)).toEqual(diff);
  const [mode] = diff.modes;
  if (mode?.kind !== 'compared') throw new Error(`not compared: ${mode?.kind}`);
  return mode;
}

const inputsOf = (mode: ComparedMode): string[] | undefined => mode.alone?.map(({ input }) => input);
const moved = (effect: LoneEffect | undefined) => {
  if (effect?.kind !== 'moved') throw new Error('not moved');
  return effect;
};
const changeOf = ({ money: { machineUsdPerMonth: usd } }: ComparedMode): number =>
  (usd.after ?? Number.NaN) - (usd.before ?? Number.NaN);

/** Ten more hours of operators a month. */
const moreOperators: DeploymentMode = {
  ...MODES.kubernetes,
  operatorHoursPerMonth: MODES.kubernetes.operatorHoursPerMonth + 10,
};

describe('one input at a time', () => {
  test.each([
    ['demand', { interactionsPerDay: 800_000 }],
    ['prices', { catalogue: scaledCatalogue('aws/c7i.large', 'usdPerHour', 1.5) }],
    ['settings', { modes: [moreOperators] }],
    [
      'measurements',
      { results: [{ ...llamaResult(), runId: 'newer', steps: dearerGateway() }, simulatedResult()] },
    ],
  ] as const)('%s: the only change does all of it', (input, changes) => {
    const mode = kubernetesOf(changes);
    expect(inputsOf(mode)).toEqual([input]);
    const [effect] = mode.alone ?? [];
    expect(moved(effect).machineUsdPerMonth).toBeCloseTo(changeOf(mode), 6);
    expect(moved(effect).replicas).toBe((mode.replicas.after ?? 0) - (mode.replicas.before ?? 0));
    expect(Math.abs(changeOf(mode))).toBeGreaterThan(1);
  });

  test('two inputs: each as a plan of its own says, made by hand', () => {
    const catalogue = scaledCatalogue('aws/c7i.large', 'usdPerHour', 1.5);
    const mode = kubernetesOf({ interactionsPerDay: 4_000_000, catalogue });
    expect(inputsOf(mode)).toEqual(['demand', 'prices']);
    const usdOf = (changes: Partial<PlanInput>): number => {
      const [only] = plannedModes(unwrap(planModes({ ...OLD, ...changes })));
      return only === undefined ? Number.NaN : machineUsdPerMonth(only);
    };
    const [demand, prices] = (mode.alone ?? []).map(moved);
    expect(demand?.machineUsdPerMonth).toBeCloseTo(usdOf({ interactionsPerDay: 4_000_000 }) - usdOf({}), 6);
    expect(prices?.machineUsdPerMonth).toBeCloseTo(usdOf({ catalogue }) - usdOf({}), 6);
    // More gateways at a higher price: beyond the sum, by the gateways that came × what the price rose by.
    const beyond = changeOf(mode) - (demand?.machineUsdPerMonth ?? 0) - (prices?.machineUsdPerMonth ?? 0);
    const gateways = mode.tiers.find(({ tier }) => tier === 'gateway')?.replicas;
    const came = (gateways?.after ?? 0) - (gateways?.before ?? 0);
    expect(came).toBeGreaterThan(0);
    expect(beyond).toBeCloseTo(came * 0.5 * 0.08925 * 730, 6);
  });

  test('an input with which the mode is refused by itself says why', () => {
    const slos = [{ kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: 1500 }] as const;
    // The vendor is assumed slower than the stricter objective, unless the new mode assumes a faster one.
    const faster: DeploymentMode = {
      ...MODES.kubernetes,
      tiers: MODES.kubernetes.tiers.map((tier) =>
        tier.sizing.kind === 'vendor'
          ? { ...tier, sizing: { ...tier.sizing, assumedTurnP95Ms: 1000 } }
          : tier,
      ),
    };
    const mode = kubernetesOf({ slos, modes: [faster], interactionsPerDay: 800_000 });
    const objectives = mode.alone?.find(({ input }) => input === 'objectives');
    expect(objectives).toMatchObject({ kind: 'refused' });
    expect(objectives?.kind === 'refused' && objectives.reason).toContain('p95 assumed of the vendor');
    expect(moved(mode.alone?.find(({ input }) => input === 'demand')).machineUsdPerMonth).toBeGreaterThan(1);
  });

  test('what only making it again changes is the release', () => {
    const before = named('old', OLD);
    const [mode] = before.plan.modes;
    if (mode?.kind !== 'planned') throw new Error('refused');
    const costLines = mode.costLines.map((line) =>
      line.category === 'operations' ? { ...line, usdPerMonth: line.usdPerMonth + 100 } : line,
    );
    const added = costLines.reduce((sum, { usdPerMonth }) => sum + usdPerMonth, 0) - mode.usdPerMonth;
    const older = {
      ...before,
      plan: { ...before.plan, modes: [{ ...mode, costLines, usdPerMonth: mode.usdPerMonth + added }] },
    };
    const [compared] = diffPlans(older, before).modes;
    if (compared?.kind !== 'compared') throw new Error('not compared');
    expect(inputsOf(compared)).toEqual(['release']);
    expect(moved(compared.alone?.[0]).machineUsdPerMonth).toBeCloseTo(-added, 6);
  });

  test('nothing is said where it is not known what a plan was made from, or where nothing changed', () => {
    const before = named('old', OLD);
    const { input: _, ...bare } = named('new', { ...OLD, interactionsPerDay: 800_000 });
    for (const diff of [diffPlans(before, bare), diffPlans(before, before)]) {
      const [mode] = diff.modes;
      expect(mode?.kind === 'compared' && mode.alone).toBeUndefined();
      expect(formatPlanDiff(diff)).not.toContain('one input at a time');
    }
  });
});

/** The same steps with five times the CPU in the gateway. */
function dearerGateway() {
  return buildResult({
    engine: 'llama',
    rates: [5, 10, 17, 19],
    servicePerS: 20,
    step: { gatewayCpuSPerTurn: 0.02, engineCores: 1.2 },
  }).steps;
}

describe('in words', () => {
  const diff = diffPlans(
    named('old', OLD),
    named('new', {
      ...OLD,
      interactionsPerDay: 4_000_000,
      catalogue: scaledCatalogue('aws/c7i.large', 'usdPerHour', 1.5),
    }),
  );

  test('the terminal has a line for each mode, the report a table with what is left over', () => {
    const text = formatPlanDiff(diff);
    expect(text).toMatch(/one input at a time, machine, USD\/month:\nkubernetes: demand \+\$[\d,]+/);
    expect(text).toMatch(/prices and defaults \+\$[\d,.]+; together \+\$[\d,.]+\s+more/);
    const page = renderMarkdown(buildPlanDiffReport(diff));
    expect(page).toContain('The earlier plan made again with one input of the later one');
    expect(page).toContain('together, beyond their sum');
    expect(page).not.toMatch(/NaN|undefined/);
  });
});
