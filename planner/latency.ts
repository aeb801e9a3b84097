import type { DeploymentMode } from '../scenarios/mode.ts';
import { createDiagnostic, type Diagnostic } from '../vocabulary/diagnostics.ts';
import type { HistogramMetricId } from '../vocabulary/metrics.ts';
import type { PlannedMode, TierPlan } from '../vocabulary/plan-file.ts';
import { formatSlo, type Slo } from '../vocabulary/slo.ts';
import { soundPoints } from './calibrate/capacity.ts';
import { predictLatency } from './calibrate/latency-curve.ts';
import { basisOf, type Measurement } from './calibrate/measurements.ts';
import { type Planned, planned, type Refusal, refuse } from './refusal.ts';
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

/** A mode assumes two percentiles of its vendor: objectives on whole turns up to the higher one can be held against them. */
const ASSUMED_PERCENTILES = { median: 50, highest: 95 } as const;

const isJudged = (slo: Slo): slo is LatencySlo =>
  slo.kind === 'latency' && slo.metric === 'latencyMs' && slo.percentile <= ASSUMED_PERCENTILES.highest;

function vendorLatency(context: SizingContext, slos: readonly Slo[]): Planned<Latency> | undefined {
  const vendor = context.mode.tiers.find(({ sizing }) => sizing.kind === 'vendor')?.sizing;
  if (vendor?.kind !== 'vendor') return undefined;
  const addedMs = roundTripMs(context.mode) + gatewayMeanMs(context.reference);
  const turnP50Ms = vendor.assumedTurnP50Ms + addedMs;
  const turnP95Ms = vendor.assumedTurnP95Ms + addedMs;
  // Between the two percentiles the higher one bounds what is asked.
  const assumedFor = ({ percentile }: LatencySlo) =>
    percentile <= ASSUMED_PERCENTILES.median
      ? { name: 'p50', ms: turnP50Ms }
      : { name: 'p95', ms: turnP95Ms };
  const missed = slos.filter(isJudged).find((slo) => assumedFor(slo).ms > slo.limitMs);
  if (missed !== undefined) {
    const { name, ms } = assumedFor(missed);
    return refuse(
      `the ${name} assumed of the vendor with links and gateway is ${Math.round(ms)} ms, over the objective of ${missed.limitMs} ms`,
      'measure the vendor with bench and put its latency in the mode, or choose a faster model',
    );
  }
  return planned({
    turnP50Ms,
    turnP95Ms,
    basis: 'assumed',
    explanation: `${vendor.assumption}; plus ${addedMs.toFixed(1)} ms of links and gateway`,
  });
}

/** A tier on its measured curve: turns/s of one measured replica at so many units. */
interface Curved {
  readonly measurement: Measurement;
  readonly replicasPerUnit: number;
  readonly context: SizingContext;
}

interface OnCurve {
  readonly turnP50Ms?: number;
  readonly turnP95Ms?: number;
  readonly explanation: string;
}

/** Undefined above the highest rate measured. */
function onCurve({ measurement, replicasPerUnit, context }: Curved, units: number): OnCurve | undefined {
  const perReplica = context.demand.sizingTurnsPerS / (units * replicasPerUnit);
  const turnsPerS = perReplica * measurement.result.target.replicas;
  const predicted = predictLatency(soundPoints(measurement.curve), turnsPerS);
  if (predicted === undefined) return undefined;
  const tripMs = roundTripMs(context.mode);
  const bound =
    predicted.kind === 'at-most' ? 'at most that at the lowest rate measured' : 'on the measured curve';
  return {
    ...(predicted.p50Ms === undefined ? {} : { turnP50Ms: predicted.p50Ms + tripMs }),
    ...(predicted.p95Ms === undefined ? {} : { turnP95Ms: predicted.p95Ms + tripMs }),
    explanation: `${bound}, at ${turnsPerS.toPrecision(3)} turns/s per measured replica; plus ${tripMs} ms of links`,
  };
}

/** Latency after the planned losses, when the replicas that are left share the whole load. */
function lostLatency(curved: Curved, plan: TierPlan): Planned<Pick<Latency, 'whenLost'>> {
  if (plan.whenLost === undefined) return planned({});
  const { replicas } = plan.whenLost;
  const lost = onCurve(curved, replicas);
  if (lost === undefined) return aboveMeasured(curved, replicas, ' after the planned losses');
  const explanation = `${replicas} of ${plan.replicas} left; ${lost.explanation}`;
  return planned({ whenLost: { ...lost, explanation } });
}

function aboveMeasured({ context, replicasPerUnit }: Curved, units: number, when: string): Refusal {
  const perReplica = context.demand.sizingTurnsPerS / (units * replicasPerUnit);
  return refuse(
    `latency at ${perReplica.toPrecision(3)} turns/s per replica${when} lies above the highest rate measured`,
    'measure up to that rate',
  );
}

function curveLatency(
  tier: ModelledTier,
  plan: TierPlan,
  context: SizingContext,
): Planned<Latency> | undefined {
  const { measurement, measuredReplicasPerUnit: replicasPerUnit } = tier;
  if (measurement === undefined || replicasPerUnit === undefined) return undefined;
  const curved = { measurement, replicasPerUnit, context };
  const now = onCurve(curved, plan.replicas);
  if (now === undefined) return aboveMeasured(curved, plan.replicas, '');
  const lost = lostLatency(curved, plan);
  if (lost.kind === 'refused') return lost;
  return planned({ ...now, basis: basisOf(measurement), ...lost.value });
}

/**
 * Objectives that a mode which buys its model is planned without: of a vendor two percentiles of a whole turn are assumed,
 * nothing else. None where a tier was measured at the objectives.
 */
export function diagnoseUnjudged(
  tiers: readonly ModelledTier[],
  { mode }: SizingContext,
  slos: readonly Slo[],
): Diagnostic[] {
  const vendor = mode.tiers.find(({ sizing }) => sizing.kind === 'vendor');
  const isMeasured = tiers.some(({ measuredReplicasPerUnit }) => measuredReplicasPerUnit !== undefined);
  const unjudged = slos.filter((slo) => !isJudged(slo)).map(formatSlo);
  if (vendor === undefined || isMeasured || unjudged.length === 0) return [];
  const message = `not judged: ${unjudged.join(', ')}; of ${vendor.service} only the median and p95 of a whole turn are assumed: bench it, and read its verdicts on these`;
  return [createDiagnostic('OBJECTIVE_NOT_JUDGED', message, vendor.id)];
}

/** Latency of a turn as the client sees it in the busy hour: with nothing lost, and after the planned losses. */
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
