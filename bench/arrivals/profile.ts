import type { ArrivalsOf } from '../../scenarios/arrivals.ts';
import { MS_PER_S, S_PER_HOUR } from '../../vocabulary/units.ts';
import type { ArrivalModel } from './arrival-process.ts';
import { createPeriodicShape, type RateSegment } from './rate-shape.ts';
import { shapedModel } from './shaped.ts';

type Profile = ArrivalsOf<'diurnal'> | ArrivalsOf<'weekly'>;

/** The multipliers as they are used. */
export function scaledMultipliers({ multipliers, scale }: Pick<Profile, 'multipliers' | 'scale'>): number[] {
  const mean = multipliers.reduce((sum, level) => sum + level, 0) / multipliers.length;
  const divisor = { 'as-given': 1, 'mean-1': mean, 'peak-1': Math.max(...multipliers) }[scale];
  return multipliers.map((level) => level / divisor);
}

/** Two halves for each hour, so that a line runs from middle to middle and the last one to the first. */
function linearSegments(levels: readonly number[], hourMs: number): RateSegment[] {
  const at = (hour: number): number => levels[(hour + levels.length) % levels.length] ?? 0;
  return levels.flatMap((level, hour) => [
    { durationMs: hourMs / 2, fromMultiplier: (at(hour - 1) + level) / 2, toMultiplier: level },
    { durationMs: hourMs / 2, fromMultiplier: level, toMultiplier: (level + at(hour + 1)) / 2 },
  ]);
}

/** A day of 24 or a week of 168 hourly multipliers, over and over, its time compressed. */
export function profileModel(profile: Profile): ArrivalModel {
  const hourMs = (S_PER_HOUR * MS_PER_S) / profile.timeCompression;
  const levels = scaledMultipliers(profile);
  const segments =
    profile.interpolation === 'linear'
      ? linearSegments(levels, hourMs)
      : levels.map((level) => ({ durationMs: hourMs, fromMultiplier: level, toMultiplier: level }));
  return shapedModel(createPeriodicShape(segments, profile.startHour * hourMs), profile.process);
}
