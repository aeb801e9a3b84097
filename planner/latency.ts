import type { DeploymentMode } from '../scenarios/mode.ts';
import type { HistogramMetricId } from '../vocabulary/metrics.ts';
import type { PlannedMode, TierPlan } from '../vocabulary/plan-file.ts';
import type { Slo } from '../vocabulary/slo.ts';
import { soundPoints } from './calibrate/capacity.ts';
import { predictLatency } from './calibrate/latency-curve.ts';
import { basisOf, type Measurement } from './calibrate/measurements.ts';
import { type Planned, planned, refuse } from './refusal.ts';
import type { ModelledTier, SizingContext } from './size/context.ts';

type Latency = PlannedMode['latency'];

/** Round trips that a turn passes through once, in ms. */
export const roundTripMs = (mode: DeploymentMode): number =>
  mode.links.reduce((sum, link) => sum + link.roundTripMs, 0);

/** Spans that a link lengthens. Gaps between the tokens of one answer travel together, so no link adds to them. */
const CROSSES_LINKS: ReadonlySet<HistogramMetricId> = new Set([
  'latencyMs',
  'wireLatencyMs',
  'timeToFirstTokenMs',
  'wireTimeToFirstTokenMs',
]);

type LatencySlo = Extract<Slo, { kind: 'latency' }>;

const crossesLinks = (slo: Slo): slo is LatencySlo => slo.kind === 'latency' && CROSSES_LINKS.has(slo.metric);

/** Objectives left for the servers once the links took their time; a link longer than a limit is refused. */
export function slosBehindLinks(slos: readonly Slo[], mode: DeploymentMode): Planned<Slo[]> {
  const tripMs = roundTripMs(mode);
  const tooTight = slos.filter(crossesLinks).find(({ limitMs }) => limitMs <= tripMs);
  if (tooTight !== undefined) {
    return refuse(
      `the links of ${mode.id} take ${tripMs} ms and the objective allows ${tooTight.limitMs} ms`,
      'loosen the objective, or bring the tiers closer to the client',
    );
  }
  return planned(slos.map((slo) => (crossesLinks(slo) ? { ...slo, limitMs: slo.limitMs - tripMs } : slo)));
}

/** Mean time in the gateway itself, where the measurement has it. */
function gatewayMeanMs(measurement: Measurement): number {
  const totals = measurement.results
    .flatMap(({ steps }) => steps)
    .flatMap((step) => step.server?.stages['gateway.overhead'] ?? [])
    .reduce((sum, stage) => ({ count: sum.count + stage.count, sumMs: sum.sumMs + stage.sumMs }), {
      count: 0,
      sumMs: 0,
    });
  return totals.count === 0 ? 0 : totals.sumMs / totals.count;
}

function vendorLatency(context: SizingContext, slos: readonly Slo[]): Planned<Latency> | undefined {
  const vendor = context.mode.tiers.find(({ sizing }) => sizing.kind === 'vendor')?.sizing;
  if (vendor?.kind !== 'vendor') return undefined;
  const addedMs = roundTripMs(context.mode) + gatewayMeanMs(context.reference);
  const turnP95Ms = vendor.assumedTurnP95Ms + addedMs;
  const limit = slos.find(
    (slo) => slo.kind === 'latency' && slo.metric === 'latencyMs' && slo.percentile <= 95,
  );
  if (limit?.kind === 'latency' && turnP95Ms > limit.limitMs) {
    return refuse(
      `the p95 assumed of the vendor with links and gateway is ${Math.round(turnP95Ms)} ms, over the objective of ${limit.limitMs} ms`,
      'measure the vendor with bench and put its latency in the mode, or choose a faster model',
    );
  }
  return planned({
    turnP50Ms: vendor.assumedTurnP50Ms + addedMs,
    turnP95Ms,
    basis: 'assumed',
    explanation: `${vendor.assumption}; plus ${addedMs.toFixed(1)} ms of links and gateway`,
  });
}

function curveLatency(
  tier: ModelledTier,
  plan: TierPlan,
  context: SizingContext,
): Planned<Latency> | undefined {
  const { measurement, measuredReplicasPerUnit } = tier;
  if (measurement === undefined || measuredReplicasPerUnit === undefined) return undefined;
  const units = plan.replicas * measuredReplicasPerUnit;
  const perReplica = context.demand.sizingTurnsPerS / units;
  const onCurve = perReplica * measurement.result.target.replicas;
  const predicted = predictLatency(soundPoints(measurement.curve), onCurve);
  if (predicted === undefined) {
    return refuse(
      `latency at ${onCurve.toPrecision(3)} turns/s per replica lies above the highest rate measured`,
      'measure up to that rate',
    );
  }
  const tripMs = roundTripMs(context.mode);
  const bound =
    predicted.kind === 'at-most' ? 'at most that at the lowest rate measured' : 'on the measured curve';
  return planned({
    ...(predicted.p50Ms === undefined ? {} : { turnP50Ms: predicted.p50Ms + tripMs }),
    ...(predicted.p95Ms === undefined ? {} : { turnP95Ms: predicted.p95Ms + tripMs }),
    basis: basisOf(measurement),
    explanation: `${bound}, at ${onCurve.toPrecision(3)} turns/s per measured replica; plus ${tripMs} ms of links`,
  });
}

/** Latency of a turn as the client sees it in the busy hour, with nothing lost. */
export function predictModeLatency(
  tiers: readonly ModelledTier[],
  plans: readonly TierPlan[],
  context: SizingContext,
  slos: readonly Slo[],
): Planned<Latency> {
  for (const [index, tier] of tiers.entries()) {
    const plan = plans[index];
    const latency = plan && curveLatency(tier, plan, context);
    if (latency) return latency;
  }
  return (
    vendorLatency(context, slos) ??
    refuse(`no tier of ${context.mode.id} says how long an answer takes`, 'add an inference or a vendor tier')
  );
}
