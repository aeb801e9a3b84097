import { meanOf } from '../../vocabulary/mean.ts';
import { sortSamples } from '../../vocabulary/percentiles.ts';
import { createRandom } from '../../vocabulary/random.ts';
import type { ResultFile } from '../../vocabulary/result-file.ts';
import { bootstrapReplicates } from '../calibrate/bootstrap.ts';
import { estimateCapacity } from '../calibrate/capacity.ts';
import { basisOf, type Measurement } from '../calibrate/measurements.ts';
import type { ModelledTier } from '../size/context.ts';
import type { Uncertainty } from './distribution.ts';
import type { UncertainInput } from './inputs.ts';
import { CERTAIN, MIN_FACTOR, type Range } from './ranges.ts';

/** Relative interval of measured capacity: from the highest rate that met to the lowest that missed. */
export function capacityRange({ curve: { capacity } }: Measurement): Range {
  if (capacity.kind === 'refused') return CERTAIN;
  const { turnsPerS, lowTurnsPerS, highTurnsPerS } = capacity;
  return {
    low: Math.min(1, lowTurnsPerS / turnsPerS),
    value: 1,
    high: Math.max(1, highTurnsPerS / turnsPerS),
  };
}

/** Runs from which a spread is believed: two tell a difference, not a spread. */
const MIN_REPLICATES = 3;
/** Bootstrap means: their tenths move by less than a hundredth of their width from one seed to another. */
const RESAMPLES = 4_000;

/** The repetitions of a plan of loads, each as a run of its own; the run itself where it repeats nothing. */
function repetitionsOf(result: ResultFile): ResultFile[] {
  const blocks = Map.groupBy(result.steps, ({ block }) => block);
  return blocks.size < 2 ? [result] : [...blocks.values()].map((steps) => ({ ...result, steps }));
}

/** Modes with the same objectives left share a measurement, and each of its runs is judged once. */
const judged = new WeakMap<Measurement, number[]>();

/** Capacities that replicate runs give one by one. */
function replicateCapacities(measurement: Measurement): number[] {
  const known = judged.get(measurement);
  if (known !== undefined) return known;
  const runs = measurement.results.flatMap(repetitionsOf);
  const capacities =
    runs.length < MIN_REPLICATES ? [] : runs.flatMap((run) => capacityOfRun(run, measurement));
  judged.set(measurement, capacities);
  return capacities;
}

/**
 * A run that still met the objectives at its highest rate counts with that rate, if it went as far as the others; one that
 * did not repeats none of them.
 */
function capacityOfRun(run: ResultFile, { curve }: Measurement): number[] {
  const slos = curve.points[0]?.readings.map(({ slo }) => slo) ?? [];
  const { capacity } = estimateCapacity([run], slos);
  if (capacity.kind === 'refused' || curve.capacity.kind === 'refused') return [];
  const wentAsFar = capacity.kind === 'bracketed' || capacity.turnsPerS >= curve.capacity.lowTurnsPerS;
  return wentAsFar ? [capacity.turnsPerS] : [];
}

/**
 * The mean of replicate runs against itself, by bootstrap (Efron 1979): what it would have been had the runs been made
 * again. Deviations are widened by √(k ÷ (k − 1)), since a resample of k runs varies by that much less than k runs do.
 * Undefined below three runs.
 */
export function estimateReplicateSpread(
  capacities: readonly number[],
  seed: number,
): Uncertainty | undefined {
  const runs = capacities.length;
  if (runs < MIN_REPLICATES) return undefined;
  const mean = meanOf(capacities);
  const means = bootstrapReplicates([capacities], ([resampled = []]) => meanOf(resampled), {
    random: createRandom(seed).fork('replicate runs'),
    draws: RESAMPLES,
  });
  const widening = Math.sqrt(runs / (runs - 1));
  return {
    kind: 'empirical',
    samples: sortSamples(means.map((value) => Math.max(MIN_FACTOR, 1 + widening * (value / mean - 1)))),
  };
}

/** What is not known of a measured capacity: where between two rates it lies, and what another run would have given. */
export function capacityInputs(measurement: Measurement, seed: number): UncertainInput[] {
  const { result, curve } = measurement;
  if (curve.capacity.kind === 'refused') return [];
  const { engine } = result.target;
  const common = {
    unit: 'turns per second',
    central: 1,
    scale: curve.capacity.turnsPerS,
    basis: basisOf(measurement),
  };
  const bracket: UncertainInput = {
    ...common,
    key: `capacity:${engine}`,
    label: `measured capacity (${engine})`,
    uncertainty: { kind: 'triangular', range: capacityRange(measurement) },
    source: `run ${result.runId}: from the highest rate that met the objectives to the lowest that missed them`,
  };
  const capacities = replicateCapacities(measurement);
  const spread = estimateReplicateSpread(capacities, seed);
  if (spread === undefined) return [bracket];
  return [
    bracket,
    {
      ...common,
      key: `replicates:${engine}`,
      label: `capacity from run to run (${engine})`,
      uncertainty: spread,
      source: `bootstrap over ${capacities.length} replicate runs, ${result.runId} the newest`,
    },
  ];
}

/** CPU per turn of the gateway that a tier is sized from. */
export function gatewayCpuInput({ gatewayCpuRange, model }: ModelledTier): UncertainInput[] {
  if (gatewayCpuRange === undefined) return [];
  const figure = model.capacity.find(({ name }) => name === 'gatewayCpuSPerTurn');
  return [
    {
      key: 'gateway-cpu',
      label: 'gateway CPU per turn',
      unit: figure?.unit ?? "ratio to the plan's",
      uncertainty: { kind: 'triangular', range: gatewayCpuRange },
      central: 1,
      scale: figure?.value ?? 1,
      basis: figure?.basis ?? 'measured',
      source: `standard error between the steps; ${figure?.source ?? 'server.resources'}`,
    },
  ];
}
