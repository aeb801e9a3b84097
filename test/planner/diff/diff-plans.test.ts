import { describe, expect, test } from 'vitest';
import type { DeploymentMode } from '../../../scenarios/mode.ts';
import { planDiffSchema } from '../../../vocabulary/plan-diff.ts';
import type { PlanFile } from '../../../vocabulary/plan-file.ts';
import { buildResult, llamaResult, SLOS } from '../fixtures/result.ts';
import { MODES, scaledCatalogue } from '../fixtures/sized.ts';
import { BASE, compared, diffOf, inputNames, machineUsd, NOW, plannedMode, planOf } from './two-plans.ts';

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
