import type { TierScaling } from '../../scenarios/modes/scaling.ts';
import type { Sourced } from '../../vocabulary/plan-file.ts';
import { figureOf, type SizingContext } from '../size/context.ts';
import { sourced, sourcedFromFigure } from '../sourced.ts';
import type { StartLags } from './fleet.ts';

/** Where each setting that a mode leaves out lies in the catalogue. */
const DEFAULTS = {
  toleranceRatio: ['default/hpa', 'toleranceRatio'],
  syncS: ['default/hpa', 'syncS'],
  scaleUpRatio: ['default/hpa', 'scaleUpRatio'],
  scaleUpReplicas: ['default/hpa', 'scaleUpReplicas'],
  scaleUpPeriodS: ['default/hpa', 'scaleUpPeriodS'],
  scaleDownWindowS: ['default/hpa', 'scaleDownWindowS'],
  hpaMetricWindowS: ['default/hpa', 'metricWindowS'],
  hpaMetricLagS: ['default/hpa', 'metricLagS'],
  kedaMetricWindowS: ['default/keda', 'metricWindowS'],
  kedaMetricLagS: ['default/keda', 'metricLagS'],
  pollS: ['default/keda', 'pollS'],
  cooldownS: ['default/keda', 'cooldownS'],
  nodeStartS: ['default/replica-start', 'nodeStartS'],
  containerStartS: ['default/replica-start', 'containerStartS'],
  idleNodeS: ['default/node-idle', 'idleNodeS'],
  maxWaitS: ['default/queue-limit', 'maxWaitS'],
} as const;

/** What loads a model: nothing, a small one on a CPU, a large one on GPUs. */
export type ModelStart = 'none' | 'cpu' | 'gpu';

const MODEL_STARTS = {
  cpu: ['default/replica-start', 'cpuModelStartS'],
  gpu: ['k8s/vllm-pod-start', 'startS'],
} as const;

export type SettingName = keyof typeof DEFAULTS | 'modelStartS';
export type ScalingSettings = Readonly<Record<SettingName, Sourced>>;

function modelStart(context: SizingContext, kind: ModelStart): Sourced {
  if (kind === 'none') {
    return sourced('modelStartS', 0, 's', { basis: 'derived', source: 'no model in this tier' });
  }
  const [id, field] = MODEL_STARTS[kind];
  return sourcedFromFigure('modelStartS', figureOf(context, id, field));
}

/** Settings of a tier: the mode's own, else the catalogue's. */
export function scalingSettings(
  context: SizingContext,
  own: TierScaling | undefined,
  model: ModelStart,
): ScalingSettings {
  const defaults = Object.entries(DEFAULTS).map(
    ([name, [id, field]]) => [name, sourcedFromFigure(name, figureOf(context, id, field))] as const,
  );
  const stated = Object.entries(own ?? {}).flatMap(([name, value]) =>
    typeof value === 'number' && name.endsWith('S')
      ? [[name, sourced(name, value, 's', { basis: 'assumed', source: 'set by the mode' })] as const]
      : [],
  );
  return Object.fromEntries([
    ...defaults,
    ['modelStartS', modelStart(context, model)],
    ...stated,
  ]) as ScalingSettings;
}

/** Lags at the slow end of what the catalogue says; a value of the mode has no range. */
export function slowStartLags(
  context: SizingContext,
  own: TierScaling | undefined,
  model: ModelStart,
): StartLags {
  const highOf = ([id, field]: readonly [string, string]): number => {
    const figure = figureOf(context, id, field);
    return figure.range?.high ?? figure.value;
  };
  const modelS = model === 'none' ? 0 : highOf(MODEL_STARTS[model]);
  return {
    nodeS: own?.nodeStartS ?? highOf(DEFAULTS.nodeStartS),
    replicaS: (own?.containerStartS ?? highOf(DEFAULTS.containerStartS)) + (own?.modelStartS ?? modelS),
    idleNodeS: highOf(DEFAULTS.idleNodeS),
  };
}

export const startLags = (settings: ScalingSettings): StartLags => ({
  nodeS: settings.nodeStartS.value,
  replicaS: settings.containerStartS.value + settings.modelStartS.value,
  idleNodeS: settings.idleNodeS.value,
});

/** From the decision to the first answer of a replica on a new machine. */
export const startLagS = (settings: ScalingSettings): number =>
  settings.nodeStartS.value + settings.containerStartS.value + settings.modelStartS.value;
