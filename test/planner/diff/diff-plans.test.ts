import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diffPlans, type PlanInput, planModes } from '../../../planner/index.ts';
import type { DeploymentMode } from '../../../scenarios/mode.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { type ComparedMode, type PlanDiff, planDiffSchema } from '../../../vocabulary/plan-diff.ts';
import type { CostLine, PlanFile, PlannedMode } from '../../../vocabulary/plan-file.ts';
import { buildResult, llamaResult, SLOS, simulatedResult } from '../fixtures/result.ts';
import { CATALOGUE, MODES, scaledCatalogue } from '../fixtures/sized.ts';

const NOW = Date.UTC(2026, 10, 21);

const planOf = (changes: Partial<PlanInput> = {}): PlanFile =>
  unwrap(
    planModes({
      results: [llamaResult(), simulatedResult()],
      interactionsPerDay: 25_000,
      modes: Object.values(MODES),
      catalogue: CATALOGUE,
      seed: 1,
      nowUnixMs: NOW,
      ...changes,
    }),
  );

const BASE = planOf();
const diffOf = (after: PlanFile, before: PlanFile = BASE): PlanDiff =>
  diffPlans({ name: 'old.json', plan: before }, { name: 'new.json', plan: after });

function compared(diff: PlanDiff, id: string): ComparedMode {
  const mode = diff.modes.find((each) => each.mode === id);
  if (mode?.kind !== 'compared') throw new Error(`${id} was not compared: ${mode?.kind}`);
  return mode;
}

function plannedMode(plan: PlanFile, id: string): PlannedMode {
  const mode = plan.modes.find((each) => each.mode === id);
  if (mode?.kind !== 'planned') throw new Error(`${id} was not planned`);
  return mode;
}

/** The month without people, added up from the lines by itself. */
const machineUsd = (mode: PlannedMode): number => {
  let sum = 0;
  for (const line of mode.costLines) if (line.category !== 'people') sum += line.usdPerMonth;
  return sum;
};

const inputNames = (diff: PlanDiff, kind: string): string[] =>
  diff.inputs.filter((each) => each.kind === kind).map(({ name }) => name);

describe('a plan and itself', () => {
  test('are the same, made again from the same inputs too', () => {
    const diff = diffOf(planOf());
    expect(diff.changed).toBe(false);
    expect(diff.inputs).toEqual([]);
    expect(diff.doubts).toEqual({ appeared: [], gone: [] });
    for (const mode of diff.modes) expect(mode).toMatchObject({ kind: 'compared', changed: false });
  });

  test('differ in words of doubt only when time passes: prices grow old, replicas stay', () => {
    const later = diffOf(planOf({ nowUnixMs: NOW + 400 * 86_400_000 }));
    expect(later.inputs).toEqual([]);
    expect(later.changed).toBe(false);
    expect(later.doubts.appeared.some(({ code }) => code === 'STALE_PRICE')).toBe(true);
    for (const mode of later.modes) expect(mode).toMatchObject({ kind: 'compared', changed: false });
  });
});

describe('four times the demand', () => {
  const after = planOf({ interactionsPerDay: 100_000, modes: [MODES.onprem, MODES.kubernetes] });
  const diff = diffOf(after);

  test('is the input that changed, with both ends', () => {
    expect(diff.inputs.find(({ name }) => name === 'interactionsPerDay')).toMatchObject({
      kind: 'demand',
      before: 25_000,
      after: 100_000,
    });
    expect(inputNames(diff, 'price')).toEqual([]);
    expect(inputNames(diff, 'objective')).toEqual([]);
    expect(inputNames(diff, 'setting')).toEqual([]);
  });

  test('leaves out what follows from it: rates and populations are answers', () => {
    expect(inputNames(diff, 'demand')).not.toContain('sizingTurnsPerS');
    expect(inputNames(diff, 'demand')).not.toContain('openInteractions');
  });

  test('is why each tier grew, and the old and new replicas are those of the plans', () => {
    const far = planOf({ interactionsPerDay: 1_000_000, modes: [MODES.onprem, MODES.kubernetes] });
    for (const id of ['kubernetes', 'onprem']) {
      const mode = compared(diffOf(far), id);
      const [old, now] = [plannedMode(BASE, id), plannedMode(far, id)];
      const moved = now.tiers.filter(
        (tier) => old.tiers.find((each) => each.tier === tier.tier)?.replicas !== tier.replicas,
      );
      expect(moved.length, id).toBeGreaterThan(0);
      expect(mode.tiers.map(({ tier }) => tier)).toEqual(moved.map(({ tier }) => tier));
      for (const change of mode.tiers) {
        expect(change.replicas.after).toBe(now.tiers.find(({ tier }) => tier === change.tier)?.replicas);
        expect(change.because.map(({ name }) => name)).toContain('interactionsPerDay');
        expect(change.limits.length).toBeGreaterThan(0);
      }
    }
  });

  test('moves the month by quantity and not by price', () => {
    const { money } = compared(diff, 'kubernetes');
    const delta = machineUsd(plannedMode(after, 'kubernetes')) - machineUsd(plannedMode(BASE, 'kubernetes'));
    expect(money.machineEffects.quantityUsd).toBeCloseTo(delta, 6);
    expect(money.machineEffects.priceUsd).toBeCloseTo(0, 9);
    expect(delta).toBeGreaterThan(100);
  });

  test('says that a mode is gone from the new plan', () => {
    expect(diff.modes.find(({ mode }) => mode === 'compose')).toMatchObject({ kind: 'removed' });
  });

  test('keeps the schema', () => {
    expect(planDiffSchema.safeParse(diff).success).toBe(true);
  });
});

describe('a price that rises by a tenth', () => {
  const after = planOf({ catalogue: scaledCatalogue('aws/c7i.large', 'usdPerHour', 1.1) });
  const diff = diffOf(after);

  test('is named with old and new, and moves the month by price alone', () => {
    const price = diff.inputs.find(({ kind }) => kind === 'price');
    expect(Number(price?.after) / Number(price?.before)).toBeCloseTo(1.1, 9);
    expect(inputNames(diff, 'demand')).toEqual([]);
    const { money, tiers } = compared(diff, 'kubernetes');
    expect(money.lines).toMatchObject([{ category: 'compute', tier: 'gateway' }]);
    expect(tiers).toEqual([]);
    expect(money.effects.quantityUsd).toBeCloseTo(0, 9);
    const old = plannedMode(BASE, 'kubernetes').costLines.filter(({ source }) =>
      source.startsWith('aws/c7i.large:'),
    );
    const month = old.reduce((sum, { usdPerMonth }) => sum + usdPerMonth, 0);
    expect(month).toBeGreaterThan(10);
    expect(money.effects.priceUsd).toBeCloseTo(month * 0.1, 6);
  });
});

describe('a setting of a mode', () => {
  const [first, ...rest] = MODES.kubernetes.tiers;
  const changed: DeploymentMode = {
    ...MODES.kubernetes,
    tiers: first === undefined ? [] : [{ ...first, minReplicas: 12 }, ...rest],
  };
  const diff = diffOf(planOf({ modes: [changed] }), planOf({ modes: [MODES.kubernetes] }));

  test('is named by its path and is why the tier grew', () => {
    expect(diff.inputs).toMatchObject([
      { kind: 'setting', name: 'tiers.gateway.minReplicas', mode: 'kubernetes', before: 2, after: 12 },
    ]);
    const [tier] = compared(diff, 'kubernetes').tiers;
    expect(tier).toMatchObject({ tier: 'gateway', replicas: { after: 12 } });
    expect(tier?.because).toHaveLength(1);
    expect(tier?.limits.map(({ name }) => name)).toContain('minimum');
  });

  test('is not known of plans that kept none: the reason is open, not invented', () => {
    const { inputs: _, ...old } = planOf({ modes: [MODES.kubernetes] });
    const without = diffOf(planOf({ modes: [changed] }), old as PlanFile);
    expect(without.inputs).toEqual([]);
    expect(compared(without, 'kubernetes').tiers[0]?.because).toEqual([]);
  });
});

describe('a stricter objective', () => {
  const after = planOf({
    slos: [{ kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: 400 }],
    modes: [MODES.onprem],
  });
  const diff = diffOf(after, planOf({ modes: [MODES.onprem], slos: SLOS }));

  test('is one objective with another limit, and one that went', () => {
    const objectives = diff.inputs.filter(({ kind }) => kind === 'objective');
    expect(objectives.find(({ name }) => name.startsWith('p95'))).toMatchObject({ before: 2000, after: 400 });
    expect(objectives.find(({ name }) => name === 'errors')).toMatchObject({ before: 0.01 });
    expect(objectives.find(({ name }) => name === 'errors')?.after).toBeUndefined();
  });
});

describe('another measurement', () => {
  const faster = buildResult({
    engine: 'simulated',
    rates: [20, 40, 60, 79],
    servicePerS: 80,
    step: { gatewayCpuSPerTurn: 0.004 },
    runId: 'run-after-tuning',
  });
  const diff = diffOf(
    planOf({ results: [llamaResult(), faster], interactionsPerDay: 1_000_000, modes: [MODES.onprem] }),
    planOf({ interactionsPerDay: 1_000_000, modes: [MODES.onprem] }),
  );

  test('is named with its run, and with what one replica carries now', () => {
    const measurement = diff.inputs.find(
      ({ kind, name }) => kind === 'measurement' && name.includes('simulated'),
    );
    expect(Number(measurement?.after)).toBeGreaterThan(Number(measurement?.before) * 1.5);
    expect(measurement?.rests?.after).toContain('run-after-tuning');
    const inference = compared(diff, 'onprem').tiers.find(({ tier }) => tier === 'inference');
    expect(Number(inference?.replicas.after)).toBeLessThan(Number(inference?.replicas.before));
    expect(inference?.because.some(({ kind }) => kind === 'measurement' || kind === 'capacity')).toBe(true);
  });
});

describe('refusals', () => {
  const tooMany = planOf({ interactionsPerDay: 3_000_000 });

  test('of a mode that was planned, with reason and what lifts it', () => {
    const refused = diffOf(tooMany).modes.find(({ mode }) => mode === 'compose');
    expect(refused).toMatchObject({ kind: 'refused-now' });
    expect(refused?.kind === 'refused-now' && refused.liftedBy.length).toBeGreaterThan(10);
  });

  test('that are gone, and those that stay', () => {
    expect(diffOf(BASE, tooMany).modes.find(({ mode }) => mode === 'compose')).toMatchObject({
      kind: 'planned-now',
    });
    expect(diffOf(tooMany, tooMany).modes.find(({ mode }) => mode === 'compose')).toMatchObject({
      kind: 'still-refused',
      changed: false,
    });
  });
});

describe('what moved the month', () => {
  const line = fc.record({
    line: fc.constantFrom('a', 'b over 5 years', 'b over 6 years', 'c', 'd'),
    category: fc.constantFrom('compute' as const, 'llm' as const, 'people' as const),
    quantity: fc.double({ min: 0, max: 1e6, noNaN: true }),
    unitPriceUsd: fc.double({ min: 0, max: 1e4, noNaN: true }),
  });
  const lines = fc.array(line, { maxLength: 8 }).map((all): CostLine[] =>
    all.map((each) => ({
      ...each,
      unit: 'units',
      usdPerMonth: each.quantity * each.unitPriceUsd,
      basis: 'catalogue',
      source: 'x: y',
    })),
  );
  const planWith = (costLines: CostLine[]): PlanFile => {
    const mode = plannedMode(BASE, 'kubernetes');
    const usdPerMonth = costLines.reduce((sum, each) => sum + each.usdPerMonth, 0);
    return { ...BASE, modes: [{ ...mode, costLines, usdPerMonth }] };
  };
  const total = (each: Record<string, number>): number =>
    Object.values(each).reduce((sum, value) => sum + value, 0);

  test('adds up to its change, whatever the lines are, and turns its sign when the plans change places', () => {
    fc.assert(
      fc.property(lines, lines, (old, now) => {
        const there = compared(diffOf(planWith(now), planWith(old)), 'kubernetes').money;
        const back = compared(diffOf(planWith(old), planWith(now)), 'kubernetes').money;
        const sum = (all: readonly CostLine[]): number => all.reduce((s, each) => s + each.usdPerMonth, 0);
        const delta = sum(now) - sum(old);
        const tolerance = 1e-9 * (sum(now) + sum(old) + 1);
        expect(Math.abs(total(there.effects) - delta)).toBeLessThan(tolerance);
        expect(Math.abs(there.effects.priceUsd + back.effects.priceUsd)).toBeLessThan(tolerance);
        expect(Math.abs(there.effects.addedUsd + back.effects.removedUsd)).toBeLessThan(tolerance);
      }),
      { numRuns: 300 },
    );
  });

  test('by hand: 10 at 2 USD to 14 at 3 USD is 4 × 2.5 by quantity and 1 × 12 by price', () => {
    const one = (quantity: number, unitPriceUsd: number): CostLine[] => [
      {
        line: 'x',
        category: 'compute',
        quantity,
        unit: 'units',
        unitPriceUsd,
        usdPerMonth: quantity * unitPriceUsd,
        basis: 'catalogue',
        source: 'x: y',
      },
    ];
    const { effects } = compared(diffOf(planWith(one(14, 3)), planWith(one(10, 2))), 'kubernetes').money;
    expect(effects).toMatchObject({ quantityUsd: 10, priceUsd: 12, addedUsd: 0, removedUsd: 0 });
  });
});

describe('a range that grows', () => {
  const given = planOf({ modes: [MODES.kubernetes], overrides: { escalationRatio: 0.2 } });
  const ranged = planOf({ modes: [MODES.kubernetes] });

  test('is an input that changed, although its value did not', () => {
    const escalation = ranged.modes.flatMap((mode) =>
      mode.kind === 'planned' ? (mode.uncertainty?.inputs ?? []) : [],
    );
    expect(escalation.length).toBeGreaterThan(3);
    const wider: PlanFile = {
      ...ranged,
      modes: ranged.modes.map((mode) =>
        mode.kind === 'refused' || mode.uncertainty === undefined
          ? mode
          : {
              ...mode,
              uncertainty: {
                ...mode.uncertainty,
                inputs: mode.uncertainty.inputs.map((each, index) =>
                  index === 0 ? { ...each, high: each.high * 2 } : each,
                ),
              },
            },
      ),
    };
    const ranges = diffOf(wider, ranged).inputs;
    expect(ranges.map(({ kind }) => kind)).toEqual(['range']);
    expect(ranges[0]?.name).toBe(escalation[0]?.label);
  });

  test('that is no longer drawn, since the value was given, is told by what it rests on', () => {
    const diff = diffOf(given, ranged);
    expect(diff.inputs.find(({ name }) => name === 'escalationRatio')?.rests?.after).toContain('given');
  });
});

describe('break-even volumes', () => {
  const crossingAt = (interactionsPerDay: number): NonNullable<PlanFile['breakEven']> => ({
    plannedInteractionsPerDay: 25_000,
    modes: {
      curves: [],
      crossings: [
        {
          cheaperBelow: 'a',
          cheaperAbove: 'b',
          interactionsPerDay,
          usdPerInteraction: 0.01,
          lasting: true,
          onEnvelope: true,
          sentence: 'x',
        },
      ],
      cheapest: [],
    },
    inference: { curves: [], crossings: [], cheapest: [] },
    utilisation: [],
    commitments: [],
    assumptions: [],
    diagnostics: [],
  });
  const withCrossing = (perDay: number): PlanFile => ({ ...BASE, breakEven: crossingAt(perDay) });

  test('that moved are told with both ends, those that stayed are not', () => {
    expect(diffOf(withCrossing(30_000), withCrossing(40_000)).crossings).toEqual([
      {
        among: 'modes',
        cheaperBelow: 'a',
        cheaperAbove: 'b',
        interactionsPerDay: { before: 40_000, after: 30_000 },
      },
    ]);
    expect(diffOf(withCrossing(30_000), withCrossing(30_000))).toMatchObject({
      crossings: [],
      changed: false,
    });
  });

  test('of a plan that has none are no change', () => {
    const { breakEven: _, ...without } = BASE;
    expect(diffOf(withCrossing(30_000), without as PlanFile).crossings).toEqual([]);
  });
});
