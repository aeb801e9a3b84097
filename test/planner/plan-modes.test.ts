import { describe, expect, test } from 'vitest';
import { type PlanInput, planCsvRows, planModes } from '../../planner/index.ts';
import { readCatalogue } from '../../scenarios/catalogue.ts';
import { readAllModes } from '../../scenarios/mode.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import { type PlannedMode, planFileSchema } from '../../vocabulary/plan-file.ts';
import { buildResult, exactCapacityPerS, llamaResult, simulatedResult } from './fixtures/result.ts';

const catalogue = unwrap(readCatalogue());
const modes = unwrap(readAllModes(catalogue));
const NOW = Date.UTC(2026, 10, 21);

const input = (changes: Partial<PlanInput> = {}): PlanInput => ({
  results: [llamaResult(), simulatedResult()],
  interactionsPerDay: 25_000,
  modes,
  catalogue,
  seed: 1,
  nowUnixMs: NOW,
  ...changes,
});

const plannedOf = (changes: Partial<PlanInput> = {}): Map<string, PlannedMode> => {
  const plan = unwrap(planModes(input(changes)));
  return new Map(plan.modes.flatMap((mode) => (mode.kind === 'planned' ? [[mode.mode, mode] as const] : [])));
};

describe('planModes', () => {
  test('plans three modes from two measurements, valid by the plan schema', () => {
    const plan = unwrap(planModes(input()));
    expect(planFileSchema.safeParse(plan).success).toBe(true);
    expect(plan.modes.map(({ mode, kind }) => `${mode} ${kind}`)).toEqual([
      'compose planned',
      'kubernetes planned',
      'onprem planned',
    ]);
  });
  test('debug', () => {
    const plan = unwrap(planModes(input()));
    for (const m of plan.modes)
      if (m.kind === 'planned')
        console.log(
          m.mode,
          m.usdPerMonth,
          JSON.stringify(m.usdPerInteraction),
          m.availabilityRatio,
          JSON.stringify(m.latency),
          m.bindingConstraint,
          m.tiers.map((t) =>
            [
              t.tier,
              t.replicas,
              t.replicasForLoad,
              t.slackRatio.toFixed(2),
              t.utilisation.toFixed(3),
              t.bindingConstraint,
            ].join(' | '),
          ),
          m.costLines.map(
            (l) => `${l.line} ${l.quantity.toFixed(2)} x ${l.unitPriceUsd} = ${l.usdPerMonth.toFixed(2)}`,
          ),
          m.diagnostics.map((d) => d.code + ' ' + d.message),
        );
      else console.log(m);
    console.log(
      plan.demand,
      plan.diagnostics,
      plan.measurements.map((m) => m.capacityTurnsPerS ?? m.refusal),
    );
  });
});
