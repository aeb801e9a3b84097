import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { createHourlyRate } from '../../../planner/autoscale/arrivals.ts';
import type { HpaPolicy } from '../../../planner/autoscale/controllers.ts';
import { type FleetRun, simulateFleet } from '../../../planner/autoscale/simulate-fleet.ts';
import { judgeRun } from '../../../planner/autoscale/verdict.ts';
import { profileShape } from '../../../scenarios/demand.ts';
import { dataPath } from '../../theory/published-vectors.ts';

const path = dataPath('servegen/total_rate_10min.csv.gz');

/** Requests/s of a model in consecutive spans of ten minutes. */
function tenMinuteRates(model: string): number[] {
  if (path === undefined) return [];
  return gunzipSync(readFileSync(path))
    .toString('utf8')
    .split('\n')
    .map((line) => line.split(','))
    .filter(([name]) => name === model)
    .map(([, , rate]) => Number(rate));
}

const STEP_S = 15;
const LAGS = { nodeS: 90, replicaS: 15, idleNodeS: 600 };

/** A hundred replicas at the highest ten minutes. */
function scale(perSAt: (atS: number) => number, hours: number, highestPerS: number): FleetRun {
  const perReplica = highestPerS / 100;
  const policy: HpaPolicy = {
    kind: 'hpa',
    rules: {
      minReplicas: 2,
      maxReplicas: 400,
      scaleUpRatio: 1,
      scaleUpReplicas: 4,
      scaleUpPeriodS: 15,
      scaleDownWindowS: 300,
    },
    toleranceRatio: 0.1,
    syncS: 15,
    metricWindowS: 15,
    metricLagS: 15,
    targetRatio: 0.7,
  };
  const counts = Float64Array.from(
    { length: (hours * 3600) / STEP_S },
    (_, step) => perSAt((step + 0.5) * STEP_S) * STEP_S,
  );
  const replica = {
    turnsPerSAtObjectives: perReplica,
    maxTurnsPerS: perReplica,
    lateRatioAt: () => 0,
    lateWaitS: 2,
    maxWaitS: 10,
  };
  return simulateFleet({
    arrivals: { stepS: STEP_S, counts },
    replica,
    policy,
    lags: LAGS,
    initialReplicas: Math.ceil(perSAt(0) / (0.7 * perReplica)),
  });
}

describe.skipIf(path === undefined)('fourteen measured days (skipped where ../shared/data is absent)', () => {
  test.each(['m-large', 'm-mid', 'm-small'])('%s: hours say what ten minutes say', (model) => {
    const rates = tenMinuteRates(model);
    expect(rates).toHaveLength(2016);
    const hourly = Array.from({ length: 336 }, (_, hour) => {
      const own = rates.slice(hour * 6, hour * 6 + 6);
      return own.reduce((sum, rate) => sum + rate, 0) / 6;
    });
    const highest = Math.max(...rates);
    const measured = scale((atS) => rates[Math.floor(atS / 600)] ?? 0, 336, highest);
    const fromHours = scale(createHourlyRate(hourly), 336, highest);
    // Jumps within an hour keep replicas up for five minutes more, which hourly means do not see.
    const ratio = fromHours.replicaHours / measured.replicaHours;
    expect(ratio).toBeGreaterThan(0.9);
    expect(ratio).toBeLessThan(1.01);
    const late = judgeRun(measured, { lateRatio: 0.05, rejectedRatio: undefined });
    expect(late.lateRatio + late.rejectedRatio).toBeLessThan(0.02);
  });

  test('the shape llm-api is the mean day of m-small', () => {
    const rates = tenMinuteRates('m-small');
    const byHour = Array.from({ length: 24 }, (_, hour) => {
      const own = rates.filter((_rate, span) => Math.floor(span / 6) % 24 === hour);
      return own.reduce((sum, rate) => sum + rate, 0) / own.length;
    });
    const highest = Math.max(...byHour);
    const { hours } = profileShape('llm-api');
    byHour.forEach((rate, hour) => {
      expect(rate / highest).toBeCloseTo(hours[hour] ?? 0, 3);
    });
  });
});
