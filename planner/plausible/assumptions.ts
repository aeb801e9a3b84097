import type { Issue } from '../../vocabulary/errors.ts';
import { S_PER_DAY } from '../../vocabulary/units.ts';
import type { Assumptions } from '../demand/assumptions.ts';
import { type Bounds, boundsWords, isWithin, RATIO, SHARE_ABOVE_ZERO, SHARE_BELOW_ONE } from './bounds.ts';

const INSIDE: Bounds = { min: 0, max: 1, minExcluded: true, maxExcluded: true };
const USD: Bounds = { min: 0, max: 1_000_000 };
const SPAN_S: Bounds = { min: 0.001, max: S_PER_DAY };
const BYTES: Bounds = { min: 0, max: 1e12 };

/** What each assumption can be at all, whoever states it: the catalogue, a user's file, a flag. */
const BOUNDS: Readonly<Record<Exclude<keyof Assumptions, 'entryIds' | 'averageHandleTimeS'>, Bounds>> = {
  busyHourShare: { min: 0.0001, max: 1 },
  escalation: RATIO,
  directToHuman: { min: 0, max: 0.999 },
  repeat: SHARE_BELOW_ONE,
  humanContactUsd: USD,
  retry: SHARE_BELOW_ONE,
  handleTime: SPAN_S,
  answeredRatio: { ...INSIDE, max: 0.99999 },
  targetWaitS: { min: 0, max: S_PER_DAY },
  patienceS: SPAN_S,
  maxOccupancy: { ...SHARE_ABOVE_ZERO, min: 0.001 },
  shrinkage: { min: 0, max: 0.999 },
  operatorUsdPerHour: USD,
  historyBytesPerTurn: BYTES,
  logBytesPerTurn: BYTES,
  egressBytesPerTurn: BYTES,
  vendorEgressBytesPerTurn: BYTES,
  retentionMonths: { min: 0, max: 1200 },
  contextBytesPerInteraction: BYTES,
};

/** The value and the ends of its range where it has them. */
const valuesOf = (assumption: Assumptions[keyof typeof BOUNDS]): readonly number[] =>
  'low' in assumption ? [assumption.value, assumption.low, assumption.high] : [assumption.value];

/** Assumptions that cannot be meant, wherever they came from. Empty when all can. */
export function assumptionIssues(assumptions: Assumptions): Issue[] {
  return (Object.keys(BOUNDS) as (keyof typeof BOUNDS)[]).flatMap((key) => {
    const assumption = assumptions[key];
    const absurd = valuesOf(assumption).find((value) => !isWithin(value, BOUNDS[key]));
    if (absurd === undefined) return [];
    const figure = 'figure' in assumption ? assumption.figure : assumption;
    return [
      {
        path: figure.name,
        expected: `${figure.unit} ${boundsWords(BOUNDS[key])}`,
        got: `${absurd} (${figure.source})`,
        fix: 'correct the figure where it is stated: a share of 30 % is 0.3',
      },
    ];
  });
}
