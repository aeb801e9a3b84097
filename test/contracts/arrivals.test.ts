import { describe, expect, it } from 'vitest';
import { ARRIVAL_KINDS } from '../../scenarios/arrivals.ts';
import { type ArrivalCase, describeArrivals } from './arrivals.ts';

const steady = (): number => 1;
const HOUR_MS = 3_600_000;

/** A day whose hour h has the level h + 1. */
const DAY = Array.from({ length: 24 }, (_, hour) => hour + 1);
const WEEK = Array.from({ length: 168 }, (_, hour) => 1 + (hour % 24 < 12 ? 0 : 2) + (hour >= 120 ? 1 : 0));

/** The level of an hour, over and over. */
const hourOf = (levels: readonly number[], hour: number): number =>
  levels[((Math.floor(hour) % levels.length) + levels.length) % levels.length] ?? 0;

const CASES: readonly ArrivalCase[] = [
  { name: 'poisson', arrivals: { kind: 'poisson' }, multiplierAt: steady, dispersion: 1, gapCv: 1 },
  { name: 'constant', arrivals: { kind: 'constant' }, multiplierAt: steady, dispersion: 0, gapCv: 0 },
  ...[0.3, 1, 2].map((gapCv) => ({
    name: `gamma ${gapCv}`,
    arrivals: { kind: 'gamma', gapCv },
    multiplierAt: steady,
    dispersion: gapCv ** 2,
    gapCv,
  })),
  {
    name: 'ramp',
    arrivals: { kind: 'ramp', startAtMs: 1_000, durationMs: 10_000, fromMultiplier: 0.2, toMultiplier: 2 },
    multiplierAt: (atMs) => 0.2 + 1.8 * Math.min(1, Math.max(0, (atMs - 1_000) / 10_000)),
    dispersion: 1,
  },
  {
    name: 'ramp down to nothing, evenly spaced',
    arrivals: {
      kind: 'ramp',
      durationMs: 8_000,
      fromMultiplier: 1,
      toMultiplier: 0,
      process: { kind: 'constant' },
    },
    multiplierAt: (atMs) => Math.min(1, Math.max(0, 1 - atMs / 8_000)),
    dispersion: 0,
  },
  {
    name: 'steps',
    arrivals: {
      kind: 'steps',
      levels: [
        { multiplier: 0.5, durationMs: 3_000 },
        { multiplier: 0, durationMs: 2_000 },
        { multiplier: 2, durationMs: 4_000 },
      ],
    },
    multiplierAt: (atMs) => (atMs < 3_000 ? 0.5 : atMs < 5_000 ? 0 : 2),
    dispersion: 1,
  },
  {
    name: 'steps over and over, of gamma gaps',
    arrivals: {
      kind: 'steps',
      repeat: true,
      process: { kind: 'gamma', gapCv: 0.5 },
      levels: [
        { multiplier: 1.5, durationMs: 1_000 },
        { multiplier: 0.5, durationMs: 3_000 },
      ],
    },
    multiplierAt: (atMs) => ((atMs + 4_000) % 4_000 < 1_000 ? 1.5 : 0.5),
    dispersion: 1,
  },
  {
    name: 'spike',
    arrivals: {
      kind: 'spike',
      peakMultiplier: 4,
      startAtMs: 5_000,
      riseMs: 1_000,
      holdMs: 2_000,
      fallMs: 500,
    },
    multiplierAt: (atMs) => 1 + 3 * Math.max(0, Math.min(1, (atMs - 5_000) / 1_000, (8_500 - atMs) / 500)),
    dispersion: 1,
  },
  {
    name: 'spike again and again',
    arrivals: { kind: 'spike', peakMultiplier: 3, startAtMs: 1_500, holdMs: 500, everyMs: 4_000 },
    multiplierAt: (atMs) => ((atMs - 1_500 + 8_000) % 4_000 < 500 ? 3 : 1),
    dispersion: 1,
  },
  {
    name: 'soak',
    arrivals: { kind: 'soak', rampUpMs: 4_000, holdMs: 8_000, rampDownMs: 2_000 },
    multiplierAt: (atMs) => Math.max(0, Math.min(1, atMs / 4_000, (14_000 - atMs) / 2_000)),
    dispersion: 1,
  },
  {
    name: 'diurnal in steps, an hour a second, from ten',
    arrivals: {
      kind: 'diurnal',
      multipliers: DAY,
      scale: 'mean-1',
      timeCompression: 3_600,
      interpolation: 'step',
      startHour: 10,
    },
    multiplierAt: (atMs) => hourOf(DAY, 10 + (atMs * 3_600) / HOUR_MS) / 12.5,
    dispersion: 1,
  },
  {
    name: 'diurnal in lines between the middles of hours',
    arrivals: { kind: 'diurnal', multipliers: DAY, scale: 'peak-1', timeCompression: 3_600 },
    multiplierAt: (atMs) => {
      const place = (atMs * 3_600) / HOUR_MS - 0.5;
      const into = place - Math.floor(place);
      return (hourOf(DAY, place) * (1 - into) + hourOf(DAY, Math.floor(place) + 1) * into) / 24;
    },
    dispersion: 1,
  },
  {
    name: 'weekly from Saturday',
    arrivals: {
      kind: 'weekly',
      multipliers: WEEK,
      timeCompression: 3_600,
      interpolation: 'step',
      startHour: 125,
    },
    multiplierAt: (atMs) => hourOf(WEEK, 125 + (atMs * 3_600) / HOUR_MS),
    dispersion: 1,
  },
  ...(['gamma', 'mmpp2'] as const).map((model) => ({
    name: `modulated ${model}`,
    arrivals: { kind: 'modulated', model, indexOfDispersion: 5, windowMs: 1_000 },
    multiplierAt: steady,
    dispersion: 10,
  })),
];

for (const each of CASES) describeArrivals(each);

describe('the suite above', () => {
  it('has a case of every kind but traces, which have instants of their own', () => {
    const covered = new Set(CASES.map(({ arrivals }) => (arrivals as { kind: string }).kind));
    expect(ARRIVAL_KINDS.filter((kind) => !covered.has(kind))).toEqual(['trace']);
  });
});
