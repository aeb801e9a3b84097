import { runBench } from '../../bench/run/run-bench.ts';
import { tuneV8 } from '../../cli/v8-tuning.ts';
import { type CapacityCurve, estimateCapacity, soundPoints } from '../../planner/calibrate/capacity.ts';
import { measuredTokensPerTurn } from '../../planner/demand/tokens.ts';
import { computeCallUsd } from '../../planner/money/token-cost.ts';
import { predictPooledCapacity } from '../../planner/simulate/pooled-capacity.ts';
import { resolveScenario } from '../../scenarios/scenario.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import type { ResultFile } from '../../vocabulary/result-file.ts';
import type { Slo } from '../../vocabulary/slo.ts';
import { PERCENT } from '../../vocabulary/units.ts';
import { PLACES, PRICE, type ReplicaStack, startReplicas } from './replica-stack.ts';

const REPLICAS = 3;
const PERCENTILE = 95;
/** An answer alone takes about 180 ms, in full company 260 ms. */
const LIMIT_MS = 350;
const SLO: Slo = { kind: 'latency', metric: 'latencyMs', percentile: PERCENTILE, limitMs: LIMIT_MS };
const WARM_UP_MS = 2_000;
/** Two thousand answers near the limit, that a 95th percentile is worth something. */
const WINDOW_MS = 20_000;
/** Where the capacity of one replica is looked for, turns/s: 32 at once in steps of 13 ms, 20 steps each, end 123/s. */
const RATES_OF_ONE = [40, 70, 90, 102, 112, 122];
/** Where that of several is looked for, against the prediction. */
const RATES_AROUND = [0.8, 0.92, 1, 1.08, 1.18];
/** Every answer is as long as every other. */
const WORK_SCV = 0;

const say = (text: string): void => void process.stderr.write(`${text}\n`);

const alike = (value: number) => ({ distribution: { kind: 'constant' as const, value }, source: 'set here' });

const scenarioOf = (ratesPerS: readonly number[]) =>
  unwrap(
    resolveScenario({
      name: 'replicas',
      description: 'Answers of one length, at rising rates.',
      workload: { kind: 'requests', inputTokens: alike(60), outputTokens: alike(20) },
      load: {
        kind: 'steps',
        steps: ratesPerS.map((turnsPerS) => ({
          turnsPerS,
          warmUpMs: WARM_UP_MS,
          windowMs: WINDOW_MS,
        })),
      },
      slos: [SLO],
      drainMs: 4_000,
    }),
  );

interface Measured {
  readonly result: ResultFile;
  readonly curve: CapacityCurve;
  readonly turnsPerS: number;
}

async function measure(stack: ReplicaStack, ratesPerS: readonly number[], seed: number): Promise<Measured> {
  const result = unwrap(
    await runBench({ scenario: scenarioOf(ratesPerS), target: { url: stack.url, name: 'replicas' }, seed }),
  );
  const curve = estimateCapacity([result], [SLO]);
  if (curve.capacity.kind === 'refused') throw new Error(`no capacity was found: ${curve.capacity.reason}`);
  for (const point of curve.points)
    say(`  ${point.turnsPerS.toFixed(1)} turns/s: p95 ${point.p95Ms?.toFixed(0)} ms`);
  say(`  capacity ${curve.capacity.turnsPerS.toFixed(1)} turns/s, ${curve.capacity.kind}`);
  return { result, curve, turnsPerS: curve.capacity.turnsPerS };
}

const errorPct = (predicted: number, measured: number): number =>
  (Math.abs(predicted - measured) / measured) * PERCENT;

function predict(one: Measured, replicas: number) {
  const points = soundPoints(one.curve).flatMap(({ turnsPerS, meanLatencyMs }) =>
    meanLatencyMs === undefined ? [] : [{ turnsPerS, meanLatencyMs }],
  );
  return predictPooledCapacity({
    points,
    capacityTurnsPerS: one.turnsPerS,
    replicas,
    places: PLACES,
    percentile: PERCENTILE,
    limitMs: LIMIT_MS,
    workScv: WORK_SCV,
    seed: 1,
  });
}

/** What the tokens of one replica's run say that a turn costs, US dollars. */
function predictedUsdPerTurn(result: ResultFile): number {
  const tokens = measuredTokensPerTurn(result);
  if (tokens === undefined) throw new Error('the gateway reported no tokens');
  return computeCallUsd(tokens, {
    inputUsdPerMTokens: PRICE.inputUsdPerMTok,
    cachedInputUsdPerMTokens: PRICE.cachedInputUsdPerMTok,
    cacheWriteUsdPerMTokens: PRICE.inputUsdPerMTok,
    outputUsdPerMTokens: PRICE.outputUsdPerMTok,
  });
}

async function withReplicas<T>(replicas: number, work: (stack: ReplicaStack) => Promise<T>): Promise<T> {
  const stack = await startReplicas(replicas);
  try {
    return await work(stack);
  } finally {
    await stack.stop();
  }
}

const around = (turnsPerS: number): number[] => RATES_AROUND.map((share) => share * turnsPerS);

/**
 * Our own runtime: one replica is calibrated, three behind the gateway and two of three are predicted from it, and both are
 * then measured. The engines are *simulated*; gateway, network, balancing and the death of a replica are real.
 */
export async function measureReplicas() {
  tuneV8();
  say('one replica (simulated engine)');
  const one = await withReplicas(1, (stack) => measure(stack, RATES_OF_ONE, 1));
  const [all, left] = [predict(one, REPLICAS), predict(one, REPLICAS - 1)];
  return withReplicas(REPLICAS, async (stack) => {
    say(`${REPLICAS} replicas, predicted ${all.turnsPerS.toFixed(1)} turns/s`);
    const before = await stack.metered();
    const three = await measure(stack, around(all.turnsPerS), 2);
    const after = await stack.metered();
    const meteredUsd = after.usd - before.usd;
    say(`one of them killed, predicted ${left.turnsPerS.toFixed(1)} turns/s`);
    await stack.engines[0]?.stop(0);
    const two = await measure(stack, around(left.turnsPerS), 3);
    const predictedUsd = predictedUsdPerTurn(one.result) * (after.answers - before.answers);
    const lossPerS = { predicted: all.turnsPerS - left.turnsPerS, measured: three.turnsPerS - two.turnsPerS };
    return {
      threeReplicasErrorPct: errorPct(all.turnsPerS, three.turnsPerS),
      killedReplicaErrorPct: errorPct(lossPerS.predicted, lossPerS.measured),
      costVsMeteredPct: errorPct(predictedUsd, meteredUsd),
      replicas: {
        simulatedEngine: true,
        oneTurnsPerS: one.turnsPerS,
        threePredictedTurnsPerS: all.turnsPerS,
        threeMeasuredTurnsPerS: three.turnsPerS,
        threeTimesOneErrorPct: errorPct(REPLICAS * one.turnsPerS, three.turnsPerS),
        poolingRatio: all.poolingRatio,
        afterKillPredictedTurnsPerS: left.turnsPerS,
        afterKillMeasuredTurnsPerS: two.turnsPerS,
        predictedUsd,
        meteredUsd,
      },
    };
  });
}
