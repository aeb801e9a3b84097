import type { Basis } from '../../vocabulary/plan-file.ts';
import type { ResultFile, ResultTarget } from '../../vocabulary/result-file.ts';
import type { Slo } from '../../vocabulary/slo.ts';
import { type Planned, planned, refuse } from '../refusal.ts';
import { type CapacityCurve, estimateCapacity } from './capacity.ts';

/** The results of one target under one workload, with the curve they make. */
export interface Measurement {
  readonly results: readonly ResultFile[];
  /** The newest of them: names, tokens and hardware are read from it. */
  readonly result: ResultFile;
  readonly curve: CapacityCurve;
}

export const basisOf = (measurement: Measurement): Basis =>
  measurement.result.target.simulated ? 'simulated' : 'measured';

const workloadOf = (result: ResultFile): string =>
  result.trace === undefined ? JSON.stringify(result.shape) : result.trace.sha256;

const newest = (results: readonly ResultFile[]): ResultFile | undefined =>
  [...results].sort((a, b) => b.finishedAtUnixMs - a.finishedAtUnixMs)[0];

/** Results by target and workload, in the order given. Runs of one target under one workload make one curve. */
export function groupMeasurements(results: readonly ResultFile[], slos: readonly Slo[]): Measurement[] {
  const groups = new Map<string, ResultFile[]>();
  for (const result of results) {
    const { name, engine, model, hardware, replicas } = result.target;
    const key = JSON.stringify([name, engine, model, hardware, replicas, workloadOf(result)]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [result]);
    else group.push(result);
  }
  return [...groups.values()].flatMap((group) => {
    const result = newest(group);
    return result === undefined ? [] : [{ results: group, result, curve: estimateCapacity(group, slos) }];
  });
}

/** The measurements at some objectives. */
export type Measure = (slos: readonly Slo[]) => readonly Measurement[];

/** Modes with the same links have the same objectives left, and with them the same measurements. */
export function createMeasure(results: readonly ResultFile[]): Measure {
  const known = new Map<string, readonly Measurement[]>();
  return (slos) => {
    const key = JSON.stringify(slos);
    const measurements = known.get(key) ?? groupMeasurements(results, slos);
    known.set(key, measurements);
    return measurements;
  };
}

const RANK = { bracketed: 2, 'lower-bound': 1, refused: 0 } as const;

/** Traces come first (their arrivals and tokens are real), then the surest capacity, then the newest. */
function preferred(measurements: readonly Measurement[]): Measurement | undefined {
  const traced = measurements.filter(
    ({ result, curve }) => result.trace && curve.capacity.kind !== 'refused',
  );
  return [...(traced.length > 0 ? traced : measurements)].sort(
    (a, b) =>
      RANK[b.curve.capacity.kind] - RANK[a.curve.capacity.kind] ||
      b.result.finishedAtUnixMs - a.result.finishedAtUnixMs,
  )[0];
}

/**
 * The workload that the plan is made for: a trace's if there is one, else that of a real engine whose capacity is
 * known, else of a simulated one.
 */
export function referenceMeasurement(measurements: readonly Measurement[]): Measurement | undefined {
  const known = measurements.filter(({ curve }) => curve.capacity.kind !== 'refused');
  const traced = known.filter(({ result }) => result.trace !== undefined);
  const real = known.filter(({ result }) => !result.target.simulated);
  return preferred([traced, real, known, measurements].find((some) => some.length > 0) ?? []);
}

/** The measurement of an engine kind; two different targets of it are refused, since either could be meant. */
export function selectMeasurement(
  measurements: readonly Measurement[],
  engine: ResultTarget['engine'],
): Planned<Measurement> {
  const ofEngine = measurements.filter(({ result }) => result.target.engine === engine);
  const targets = new Set(
    ofEngine.map(({ result: { target } }) => `${target.name}, ${target.hardware ?? 'no hardware named'}`),
  );
  if (targets.size > 1) {
    return refuse(
      `results of different targets with the ${engine} engine were given: ${[...targets].join('; ')}`,
      'give the results of the one target that this mode deploys',
    );
  }
  const best = preferred(ofEngine);
  if (best === undefined) {
    return refuse(
      `no result of a target with the ${engine} engine was given`,
      `bench a target whose engine is ${engine}, and give its result`,
    );
  }
  return planned(best);
}
