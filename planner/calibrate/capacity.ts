import { createDiagnostic, type Diagnostic, type DiagnosticCode } from '../../vocabulary/diagnostics.ts';
import { createLogPchip, findCrossing } from '../../vocabulary/monotone-curve.ts';
import type { ResultFile } from '../../vocabulary/result-file.ts';
import { formatSlo, type Slo } from '../../vocabulary/slo.ts';
import { type MeasuredPoint, measuredPoints, type SloReading } from './points.ts';

/** Steps needed before a crossing between two of them is believed. */
export const MIN_STEPS_FOR_CROSSING = 3;
/** A rise of load may lower goodput by this much and still be noise. */
const GOODPUT_NOISE_RATIO = 0.05;

/** Largest turns/s at the objectives of one measured replica, or why there is none. */
export type Capacity =
  | {
      readonly kind: 'bracketed' | 'lower-bound';
      readonly turnsPerS: number;
      /** Highest load seen to meet and lowest seen to miss the objectives; equal for a lower bound. */
      readonly lowTurnsPerS: number;
      readonly highTurnsPerS: number;
      readonly explanation: string;
    }
  | { readonly kind: 'refused'; readonly reason: string; readonly liftedBy: string };

export interface CapacityCurve {
  readonly points: readonly MeasuredPoint[];
  readonly capacity: Capacity;
  readonly diagnostics: readonly Diagnostic[];
}

type Refusal = Extract<Capacity, { kind: 'refused' }>;
const refused = (reason: string, liftedBy: string): Refusal => ({ kind: 'refused', reason, liftedBy });

/** A figure in a message: four significant digits. */
export const shownRate = (value: number): string => String(Number(value.toPrecision(4)));

const targetKey = (result: ResultFile): string => {
  const { name, protocol, engine, model, hardware, replicas } = result.target;
  return JSON.stringify({ name, protocol, engine, model, hardware, replicas });
};

function inputRefusal(results: readonly ResultFile[]): Refusal | undefined {
  const targets = new Set(results.map(targetKey));
  if (targets.size > 1) {
    const names = results.map(({ target, runId }) => `${target.name} (${runId})`).join(', ');
    return refused(
      `measurements of different targets cannot make one curve: ${names}`,
      'plan from the results of one target: same name, engine, model, hardware and replicas',
    );
  }
  const kinds = new Set(results.flatMap(({ steps }) => steps.map(({ load }) => load.kind === 'closed')));
  if (kinds.size > 1) {
    return refused(
      'closed-loop and open-loop steps measure different things and cannot make one curve',
      'plan from a run with one kind of load',
    );
  }
  return undefined;
}

/** Steps that carry one of these say nothing about the target, so they are left out of its curve. */
const DISQUALIFYING: readonly (readonly [DiagnosticCode, string, string])[] = [
  [
    'GENERATOR_SATURATED',
    'the generator could not keep its schedule',
    'run the generator on its own machine, or shard the load, and measure again',
  ],
  [
    'LITTLES_LAW_VIOLATED',
    "requests in flight, throughput and latency contradict each other (Little's law)",
    'measure again with longer steps',
  ],
];

const isSound = (point: MeasuredPoint): boolean =>
  !DISQUALIFYING.some(([code]) => point.flags.includes(code));

/** Points of a curve that say something about the target. */
export const soundPoints = (curve: CapacityCurve): readonly MeasuredPoint[] => curve.points.filter(isSound);

/** When no step is left: why, and what to do about it. */
function unsoundRefusal(points: readonly MeasuredPoint[]): Refusal | undefined {
  for (const [code, reason, liftedBy] of DISQUALIFYING) {
    const flagged = points.filter(({ flags }) => flags.includes(code));
    if (flagged.length === 0) continue;
    const rates = flagged.map(({ turnsPerS }) => shownRate(turnsPerS)).join(', ');
    return refused(`at ${rates} turns/s ${reason}, and no other step is left`, liftedBy);
  }
  return undefined;
}

/** Points up to and with the first that misses: what lies above adds nothing to the capacity. */
function decidingPoints(points: readonly MeasuredPoint[]): readonly MeasuredPoint[] {
  const firstMissed = points.findIndex(({ withinLimits }) => !withinLimits);
  return firstMissed < 0 ? points : points.slice(0, firstMissed + 1);
}

function noiseRefusal(points: readonly MeasuredPoint[]): Refusal | undefined {
  const deciding = decidingPoints(points);
  const missed = deciding.find(({ withinLimits }) => !withinLimits);
  const metAbove = missed && points.find((point) => point.load > missed.load && point.withinLimits);
  if (missed && metAbove) {
    return refused(
      `the measurement is noisy: ${shownRate(missed.turnsPerS)} turns/s missed the objectives and ${shownRate(metAbove.turnsPerS)} turns/s met them`,
      'repeat those steps, longer',
    );
  }
  for (let i = 1; i < deciding.length; i++) {
    const before = deciding[i - 1];
    const after = deciding[i];
    if (!before || !after?.withinLimits) continue;
    if (after.goodputPerS < before.goodputPerS * (1 - GOODPUT_NOISE_RATIO)) {
      return refused(
        `the measurement is noisy: goodput fell from ${shownRate(before.goodputPerS)}/s to ${shownRate(after.goodputPerS)}/s while both steps met the objectives`,
        'repeat those steps, longer',
      );
    }
  }
  return undefined;
}

const limitOf = (reading: SloReading): number =>
  reading.slo.kind === 'latency' ? reading.slo.limitMs : reading.slo.limitRatio;

/** Load at which one objective is crossed between two points, on the monotone log–log curve where it has one. */
function crossingOf(
  points: readonly MeasuredPoint[],
  index: number,
  low: MeasuredPoint,
  high: MeasuredPoint,
): number {
  const [at, above] = [low.readings[index], high.readings[index]];
  if (!at || !above || above.withinLimit) return high.load;
  const curvePoints = points.flatMap((point) => {
    const value = point.readings[index]?.value;
    return value === undefined || value <= 0 ? [] : [{ x: point.load, y: value }];
  });
  const onCurve = (point: MeasuredPoint): boolean => curvePoints.some(({ x }) => x === point.load);
  if (at.slo.kind === 'latency' && onCurve(low) && onCurve(high)) {
    return findCrossing(createLogPchip(curvePoints), limitOf(at), low.load, high.load);
  }
  // Without a finite percentile at the upper end: linear in the share of requests past the limit.
  const share = (at.allowedRatio - at.exceedRatio) / (above.exceedRatio - at.exceedRatio);
  return low.load + (high.load - low.load) * Math.min(1, Math.max(0, share));
}

/** Turns/s at a load inside the measured range: the load itself, or on the monotone log–log curve of a closed loop. */
function rateAt(points: readonly MeasuredPoint[], load: number): number {
  const rates = points.flatMap(({ load: x, turnsPerS: y }) => (y > 0 ? [{ x, y }] : []));
  // A point that completed nothing has no place on it: towards such a one the rate below counts.
  const last = rates.findLast(({ x }) => x <= load);
  const above = rates.some(({ x }) => x >= load);
  return rates.length > 1 && above ? createLogPchip(rates).at(load) : (last?.y ?? 0);
}

function bracketedCapacity(
  points: readonly MeasuredPoint[],
  low: MeasuredPoint,
  high: MeasuredPoint,
): Capacity {
  if (points.length < MIN_STEPS_FOR_CROSSING) {
    return refused(
      `${points.length} steps are too few to place the crossing between ${shownRate(low.turnsPerS)} and ${shownRate(high.turnsPerS)} turns/s`,
      `measure at least ${MIN_STEPS_FOR_CROSSING} rates, one of them between those two`,
    );
  }
  const crossings = low.readings.map((_, index) => crossingOf(points, index, low, high));
  const load = Math.min(...crossings);
  const deciding = low.readings[crossings.indexOf(load)]?.slo;
  const high0 = Math.max(low.turnsPerS, high.turnsPerS);
  return {
    kind: 'bracketed',
    turnsPerS: Math.min(high0, rateAt(points, load)),
    lowTurnsPerS: low.turnsPerS,
    highTurnsPerS: high0,
    explanation: `${deciding ? formatSlo(deciding) : 'the objectives'} crossed between ${shownRate(low.turnsPerS)} (met) and ${shownRate(high.turnsPerS)} (missed) turns/s`,
  };
}

/** Within the limits and likely to stay there. */
const lasts = ({ withinLimits, steady, contradictory }: MeasuredPoint): boolean =>
  withinLimits && steady && !contradictory;

/**
 * Index of the first point that cannot be relied on: it misses the objectives, or is within them while its queue grows
 * or its replicates contradict each other, and no point above surely meets them. −1 when all can.
 */
function firstUnsustained(points: readonly MeasuredPoint[]): number {
  const lastSure = points.findLastIndex(lasts);
  return points.findIndex((point, index) => !point.withinLimits || (!lasts(point) && index > lastSure));
}

function unsustainedWords({ withinLimits, steady }: MeasuredPoint): string {
  if (!withinLimits) return 'misses the objectives';
  return steady ? 'was measured twice with contrary verdicts' : 'has no steady state: its queue kept growing';
}

/** Towards a point that is within the limits and not to be relied on nothing is interpolated: the sure one counts. */
const capacityBelowGrowth = (low: MeasuredPoint, high: MeasuredPoint): Capacity => ({
  kind: 'bracketed',
  turnsPerS: low.turnsPerS,
  lowTurnsPerS: low.turnsPerS,
  highTurnsPerS: high.turnsPerS,
  explanation: `${shownRate(low.turnsPerS)} turns/s met the objectives; ${shownRate(high.turnsPerS)} turns/s ${unsustainedWords(high)}`,
});

/** Capacity from points in order of load, whose `withinLimits` says of which objectives. */
export function capacityOf(measured: readonly MeasuredPoint[]): Capacity {
  const points = measured.filter(isSound);
  const lowest = points[0];
  if (lowest === undefined) {
    const empty = refused('no step offered any request', 'run the bench with at least three rates');
    return unsoundRefusal(measured) ?? empty;
  }
  const noisy = noiseRefusal(points);
  if (noisy) return noisy;
  const endIndex = firstUnsustained(points);
  const [low, high] = [points[endIndex - 1], points[endIndex]];
  if (endIndex === 0) {
    return refused(
      `the lowest rate measured, ${shownRate(lowest.turnsPerS)} turns/s, already ${unsustainedWords(lowest)}`,
      `measure below ${shownRate(lowest.turnsPerS)} turns/s, or loosen the objectives`,
    );
  }
  if (low && high?.withinLimits) return capacityBelowGrowth(low, high);
  if (low && high) return bracketedCapacity(points, low, high);
  const top = points[points.length - 1] ?? lowest;
  return {
    kind: 'lower-bound',
    turnsPerS: top.turnsPerS,
    lowTurnsPerS: top.turnsPerS,
    highTurnsPerS: top.turnsPerS,
    explanation: `the highest rate measured, ${shownRate(top.turnsPerS)} turns/s, still meets the objectives: a lower bound`,
  };
}

function diagnosticsOf(points: readonly MeasuredPoint[], capacity: Capacity, subject: string): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  if (capacity.kind === 'lower-bound') {
    diagnostics.push(createDiagnostic('CAPACITY_NOT_BRACKETED', capacity.explanation, subject));
  }
  const contradictory = points.filter((point) => isSound(point) && point.contradictory);
  if (contradictory.length > 0) {
    const rates = contradictory.map(({ turnsPerS }) => shownRate(turnsPerS)).join(', ');
    diagnostics.push(
      createDiagnostic('POOR_FIT', `replicates contradict each other at ${rates} turns/s`, subject),
    );
  }
  for (const [code, reason] of DISQUALIFYING) {
    const left = points
      .filter(({ flags }) => flags.includes(code))
      .map(({ turnsPerS }) => shownRate(turnsPerS));
    if (left.length === 0) continue;
    diagnostics.push(
      createDiagnostic(code, `left out of the curve: ${left.join(', ')} turns/s; ${reason}`, subject),
    );
  }
  const unsure = decidingPoints(points.filter(isSound)).filter(
    ({ verdict }) => verdict === 'not-enough-evidence',
  );
  if (capacity.kind !== 'refused' && unsure.length > 0) {
    const rates = unsure.map(({ turnsPerS, requests }) => `${shownRate(turnsPerS)}/s (${requests} requests)`);
    diagnostics.push(
      createDiagnostic(
        'TOO_FEW_SAMPLES',
        `verdicts without 95 % confidence, taken by their point estimate: ${rates.join(', ')}`,
        subject,
      ),
    );
  }
  return diagnostics;
}

/**
 * Capacity at the objectives from the steps of one target under one workload: the largest turns/s at which every
 * objective holds, interpolated between the last step that meets and the first that misses on the monotone log–log
 * curve of the objective's percentile. Never above the highest measured rate.
 */
export function estimateCapacity(results: readonly ResultFile[], slos: readonly Slo[]): CapacityCurve {
  const mixed = inputRefusal(results);
  if (mixed) return { points: [], capacity: mixed, diagnostics: [] };
  const points = measuredPoints(results, slos);
  const capacity = capacityOf(points);
  const subject = results[0]?.target.name ?? 'measurement';
  return { points, capacity, diagnostics: diagnosticsOf(points, capacity, subject) };
}
