import { describe, expect, it } from 'vitest';
import { autoscalingCsv, breakEvenCsv, peopleCsv } from '../../../presentation/plan-csv/hours-csv.ts';
import { rangesCsv, tornadoCsv } from '../../../presentation/plan-csv/uncertainty-csv.ts';
import { waitingCsv } from '../../../presentation/plan-csv/waiting-csv.ts';
import { plannedModes } from '../../../presentation/plan-reading.ts';
import { fixture } from '../fixtures.ts';
import { breakEven, kubernetes, plan, rowsOf, scaled } from './full-report.ts';

describe('tables as CSV', () => {
  it('have every hour of the week for each policy that scales', () => {
    const rows = rowsOf(autoscalingCsv(plan));
    const policies = scaled.tiers.flatMap((tier) =>
      tier.kind === 'scaled' ? tier.policies.filter(({ hours }) => hours !== undefined) : [],
    );
    expect(rows.length).toBe(168 * policies.length);
    const hpa = rows.filter(({ policy }) => policy === 'HPA on CPU at 60 %');
    expect(hpa.reduce((sum, row) => sum + Number(row.meanReplicas), 0)).toBeCloseTo(
      policies[0]?.outcome.replicaHours ?? 0,
      6,
    );
    for (const row of rows) expect(row.basis).toBe('simulated');
  });

  it('have a row for each interval of each staffed mode', () => {
    expect(rowsOf(peopleCsv(plan)).length).toBe(48 * plannedModes(plan).length);
  });

  it('have the points of each curve, month and interaction agreeing', () => {
    const rows = rowsOf(breakEvenCsv(plan));
    expect(rows.length).toBe(breakEven.modes.curves.reduce((sum, { points }) => sum + points.length, 0));
    for (const row of rows) {
      const perMonth = Number(row.usdPerInteraction) * Number(row.interactionsPerDay) * (365 / 12);
      expect(perMonth / Number(row.usdPerMonth)).toBeCloseTo(1, 9);
    }
  });

  it('have the tornado and the ranges of every mode that was drawn', () => {
    expect(rowsOf(tornadoCsv(plan)).length).toBe(6 * plannedModes(plan).length);
    const ranges = rowsOf(rangesCsv(plan));
    for (const row of ranges.filter(({ kind }) => kind !== 'missProbability')) {
      expect(Number(row.p10)).toBeLessThanOrEqual(Number(row.p50));
      expect(Number(row.p50)).toBeLessThanOrEqual(Number(row.p90));
    }
    const total = ranges.find(({ mode, item }) => mode === kubernetes.mode && item === 'total');
    expect(Number(total?.planned)).toBeCloseTo(kubernetes.usdPerMonth, 6);
  });

  it('have the waits of every modelled tier, an overloaded one without a wait', () => {
    const rows = rowsOf(waitingCsv(plan));
    expect(rows.length).toBe(2 * plannedModes(plan).length);
    expect(rows[0]).toMatchObject({ state: 'all up', method: 'simulation', meanWaitMs: '84' });
    expect(rows[1]).toMatchObject({ state: 'after losses', method: 'overloaded', meanWaitMs: '' });
  });

  it('are absent where the plan has no such section', () => {
    const bare = fixture().plan;
    for (const table of [waitingCsv, autoscalingCsv, peopleCsv, breakEvenCsv, tornadoCsv, rangesCsv])
      expect(table(bare)).toBeUndefined();
  });
});
