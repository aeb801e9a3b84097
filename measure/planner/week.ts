import { drawArrivals } from '../../planner/autoscale/arrivals.ts';
import type { ScalingPolicy } from '../../planner/autoscale/controllers.ts';
import { simulateFleet } from '../../planner/autoscale/simulate-fleet.ts';
import { weekOfPlan, weekRatesPerS } from '../../planner/demand/week.ts';
import { createRandom } from '../../vocabulary/random.ts';
import { sFromMs } from '../../vocabulary/units.ts';

const INTERACTIONS_PER_DAY = 10_000_000;
const TURNS = 5;
const BUSY_HOUR_SHARE_RATIO = 0.15;
const STEP_S = 15;

const REPLICA = {
  turnsPerSAtObjectives: 8,
  maxTurnsPerS: 10,
  lateRatioAt: () => 0,
  lateWaitS: 1.5,
  maxWaitS: 10,
};

const TIMING = {
  rules: {
    minReplicas: 2,
    maxReplicas: 1000,
    scaleUpRatio: 1,
    scaleUpReplicas: 4,
    scaleUpPeriodS: 15,
    scaleDownWindowS: 300,
  },
  toleranceRatio: 0.1,
  syncS: 15,
  metricWindowS: 15,
  metricLagS: 15,
};

const POLICIES: readonly ScalingPolicy[] = [
  { kind: 'static', replicas: 300 },
  { kind: 'hpa', ...TIMING, targetRatio: 0.7 },
  { kind: 'keda', ...TIMING, metricWindowS: 60, targetTurnsPerS: 7, pollS: 30, cooldownS: 300 },
];

/** Seconds for a week of 10 M interactions a day under fixed replicas, HPA and KEDA, hour by hour. */
export async function measureWeek(): Promise<Record<string, unknown>> {
  const startedAtMs = performance.now();
  const week = weekOfPlan(undefined, BUSY_HOUR_SHARE_RATIO);
  const perSByHour = weekRatesPerS(week, INTERACTIONS_PER_DAY).map((perS) => perS * TURNS);
  const arrivals = drawArrivals({ perSByHour, burstCv2: 0.01 }, STEP_S, createRandom(1));
  const runs = POLICIES.map((policy) =>
    simulateFleet({
      arrivals,
      replica: REPLICA,
      policy,
      lags: { nodeS: 90, replicaS: 15, idleNodeS: 600 },
      initialReplicas: 20,
    }),
  );
  const weekByHourS = sFromMs(performance.now() - startedAtMs);
  const turns = runs[0]?.hours.reduce((sum, hour) => sum + hour.turns, 0);
  return { weekByHourS, weekPolicies: runs.length, weekTurns: Math.round(turns ?? 0) };
}
