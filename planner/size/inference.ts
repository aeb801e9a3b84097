import type { ModeTier } from '../../scenarios/mode.ts';
import { createDiagnostic, type Diagnostic } from '../../vocabulary/diagnostics.ts';
import type { Sourced } from '../../vocabulary/plan-file.ts';
import { percentFromRatio } from '../../vocabulary/units.ts';
import { shownRate, soundPoints } from '../calibrate/capacity.ts';
import { CAPACITY_DERATE, diagnoseThinHeadroom, isThinHeadroom, keptFreeOf } from '../calibrate/derate.ts';
import { basisOf, type Measurement, selectMeasurement } from '../calibrate/measurements.ts';
import { offeredTurnsPerS } from '../calibrate/points.ts';
import { type Planned, planned, refuse } from '../refusal.ts';
import { sourced } from '../sourced.ts';
import type { ModelledTier, SizingContext } from './context.ts';
import type { LoadLimit } from './limits.ts';
import { scaleToUnit, type UnitScale } from './unit-scale.ts';

type CurveSizing = Extract<ModeTier['sizing'], { kind: 'capacity-curve' }>;

interface Sized {
  readonly tier: ModeTier;
  readonly sizing: CurveSizing;
  readonly measurement: Measurement;
  readonly scale: UnitScale;
  /** Turns/s at the objectives of one measured replica. */
  readonly replicaTurnsPerS: number;
}

function loadLimit(sized: Sized, context: SizingContext): LoadLimit {
  const { replicaTurnsPerS, scale, sizing } = sized;
  const free = keptFreeOf(sizing.headroomRatio);
  const perReplica = replicaTurnsPerS * scale.replicasPerUnit * (1 - free);
  const freeWords = `${shownRate(percentFromRatio(free))} % ${isThinHeadroom(sizing.headroomRatio) ? 'derate' : 'headroom'}`;
  const demand = context.demand.sizingTurnsPerS;
  return {
    name: 'load',
    demand,
    perReplica,
    explanation: `${shownRate(demand)} turns/s ÷ ${shownRate(perReplica)} turns/s per unit at the objectives with ${freeWords}`,
    measuredAs: 'capacity',
  };
}

/** KV tokens in residence per turn/s at the highest met load, where the engine reported them. */
function kvLimit(sized: Sized, context: SizingContext): LoadLimit[] {
  const steps = sized.measurement.results.flatMap(({ steps: own }) => own);
  const met = new Set(
    soundPoints(sized.measurement.curve)
      .filter(({ withinLimits }) => withinLimits)
      .flatMap(({ names }) => names),
  );
  const reported = steps
    .filter((step) => met.has(step.name) && step.server?.gauges['engine.kvCapacityTokens'] !== undefined)
    .sort((a, b) => offeredTurnsPerS(b) - offeredTurnsPerS(a))[0];
  const capacityTokens = reported?.server?.gauges['engine.kvCapacityTokens']?.mean;
  const heldTokens = reported?.server?.gauges['engine.kvTokens']?.max;
  if (reported === undefined || !capacityTokens || !heldTokens) return [];
  const replicas = sized.measurement.result.target.replicas;
  const tokensPerTurnPerS = heldTokens / (offeredTurnsPerS(reported) / replicas);
  const demand = context.demand.sizingTurnsPerS * tokensPerTurnPerS;
  const perReplica = capacityTokens * sized.sizing.maxKvRatio * sized.scale.replicasPerUnit;
  return [
    {
      name: 'kv',
      demand,
      perReplica,
      explanation: `${shownRate(demand)} KV tokens in residence ÷ ${shownRate(perReplica)} per unit at ${shownRate(percentFromRatio(sized.sizing.maxKvRatio))} % of capacity`,
      measuredAs: 'none',
    },
  ];
}

/** What sizes a tier whose mode keeps less free. */
const DERATE_FIGURE = sourced('derateRatio', CAPACITY_DERATE.ratio, 'ratio of the predicted capacity', {
  basis: 'derived',
  source:
    'one-sided split-conformal at 95 % over published configurations that no fit saw; more than the headroom of the mode',
});

function capacityFigures(sized: Sized): Sourced[] {
  const { measurement, replicaTurnsPerS, scale, sizing } = sized;
  const { result, curve } = measurement;
  const explanation = curve.capacity.kind === 'refused' ? '' : curve.capacity.explanation;
  return [
    sourced('capacityTurnsPerS', replicaTurnsPerS, 'turns per second per measured replica', {
      basis: basisOf(measurement),
      source: `run ${result.runId} on ${result.target.hardware ?? result.target.name}: ${explanation}`,
    }),
    scale.figure,
    sourced('headroomRatio', sizing.headroomRatio, 'ratio', {
      basis: 'assumed',
      source: 'kept free by the mode',
    }),
    ...(isThinHeadroom(sizing.headroomRatio) ? [DERATE_FIGURE] : []),
  ];
}

function diagnosticsOf(sized: Sized): Diagnostic[] {
  const { tier, measurement, scale } = sized;
  const { target } = measurement.result;
  return [
    ...measurement.curve.diagnostics,
    ...diagnoseThinHeadroom(sized.sizing.headroomRatio, tier.id),
    ...(target.simulated
      ? [
          createDiagnostic(
            'SIMULATED_TARGET',
            `tier ${tier.id} is sized from a simulated engine: ${target.hardware ?? target.name} was not measured`,
            tier.id,
          ),
        ]
      : []),
    ...(scale.assumption === undefined ? [] : [createDiagnostic('ASSUMED_INPUT', scale.assumption, tier.id)]),
  ];
}

/** A tier of whole measured replicas: load at the objectives and KV residence. */
export function modelInference(
  tier: ModeTier,
  sizing: CurveSizing,
  context: SizingContext,
): Planned<ModelledTier> {
  const selected = selectMeasurement(context.measurements, sizing.measuredEngine);
  if (selected.kind === 'refused') return selected;
  const measurement = selected.value;
  const { capacity } = measurement.curve;
  if (capacity.kind === 'refused') return refuse(`tier ${tier.id}: ${capacity.reason}`, capacity.liftedBy);
  const scale = scaleToUnit(tier, measurement.result);
  if (scale.kind === 'refused') return scale;
  const replicaTurnsPerS = capacity.turnsPerS / measurement.result.target.replicas;
  const { replicasPerUnit, unitsPerReplica } = scale.value;
  const sized: Sized = { tier, sizing, measurement, scale: scale.value, replicaTurnsPerS };
  return planned({
    model: {
      tier,
      unit: tier.unit.name,
      limits: [loadLimit(sized, context), ...kvLimit(sized, context)],
      minReplicas: tier.minReplicas,
      capacity: capacityFigures(sized),
      headroomRatio: keptFreeOf(sizing.headroomRatio),
      ...(unitsPerReplica > 1 ? { group: { kind: 'spanning' as const, units: unitsPerReplica } } : {}),
    },
    diagnostics: diagnosticsOf(sized),
    measurement,
    measuredReplicasPerUnit: replicasPerUnit / unitsPerReplica,
  });
}
