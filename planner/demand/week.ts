import {
  type DemandFile,
  type DemandProfile,
  type DemandSpec,
  type ProfileShape,
  profileShape,
} from '../../scenarios/demand.ts';
import { meanOf } from '../../vocabulary/mean.ts';
import type { Basis } from '../../vocabulary/plan-file.ts';
import type { TraceSummary } from '../../vocabulary/result-file.ts';
import {
  DAYS_PER_WEEK,
  HOURS_PER_DAY,
  HOURS_PER_WEEK,
  percentFromRatio,
  S_PER_DAY,
  S_PER_HOUR,
} from '../../vocabulary/units.ts';

/** When in an average week interactions arrive. */
export interface WeekProfile {
  /** Level of each hour from Monday midnight; their mean is 1. */
  readonly levels: readonly number[];
  /** Hours that the profile's clock is ahead of UTC. */
  readonly utcOffsetHours: number;
  readonly basis: Basis;
  readonly source: string;
}

const DEFAULT_SHAPE: ProfileShape = 'call-centre';
const MEASURED_SHAPE: ProfileShape = 'llm-api';

/** Divided by their mean. */
const normalised = (values: readonly number[]): number[] => {
  const mean = meanOf(values);
  return values.map((value) => value / mean);
};

/** Hours of a day repeated over days of different weight. */
function weekOf(hours: readonly number[], weekdays: readonly number[]): number[] {
  return Array.from({ length: HOURS_PER_WEEK }, (_, hour) => {
    const day = Math.floor(hour / HOURS_PER_DAY);
    return (hours[hour % HOURS_PER_DAY] ?? 0) * (weekdays[day] ?? 0);
  });
}

const EVEN_DAYS: readonly number[] = Array.from({ length: DAYS_PER_WEEK }, () => 1);

const raised = (shape: readonly number[], exponent: number): number[] =>
  shape.map((level) => (level <= 0 ? 0 : Math.exp(exponent * Math.log(level))));

/** Largest ÷ mean. */
const peakToMean = (levels: readonly number[]): number => Math.max(...levels) / meanOf(levels);

const MAX_EXPONENT = 4096;
const HALVINGS = 60;

/**
 * A shape sharpened or flattened until its busiest hour stands `target` times above the mean: every level to the same
 * power, which keeps the order of the hours. A target below 1 or beyond what powers reach gives the nearest there is.
 */
export function sharpen(shape: readonly number[], target: number): number[] {
  const largest = Math.max(...shape);
  const levels = shape.map((level) => level / largest);
  let low = 0;
  let high = MAX_EXPONENT;
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (peakToMean(raised(levels, middle)) < target) low = middle;
    else high = middle;
  }
  return normalised(raised(levels, (low + high) / 2));
}

/** Whole hours of a trace as a week: averaged by hour of the week from a week on, else its last whole days repeated. */
function weekOfTrace(hourly: readonly number[]): number[] {
  const period = hourly.length >= HOURS_PER_WEEK ? HOURS_PER_WEEK : HOURS_PER_DAY;
  const sums = new Array<number>(period).fill(0);
  const counts = new Array<number>(period).fill(0);
  hourly.forEach((arrivals, hour) => {
    sums[hour % period] = (sums[hour % period] ?? 0) + arrivals;
    counts[hour % period] = (counts[hour % period] ?? 0) + 1;
  });
  const means = sums.map((sum, hour) => sum / (counts[hour] ?? 1));
  return Array.from({ length: HOURS_PER_WEEK }, (_, hour) => means[hour % period] ?? 0);
}

/** A trace brings its own hours from a whole day on. */
export const traceHasDays = (hourly: readonly number[]): boolean => hourly.length >= HOURS_PER_DAY;

/** Rows per second of a trace's busy hour: its busiest whole hour from a day on, else all of it. */
export const busyHourRowsPerS = (trace: TraceSummary, hourly: readonly number[]): number =>
  traceHasDays(hourly) ? Math.max(...hourly) / S_PER_HOUR : trace.meanRequestsPerS;

/** Busiest hour ÷ volume of the average day. */
export const busyHourShareOf = ({ levels }: WeekProfile): number => Math.max(...levels) / HOURS_PER_DAY;

/** A built-in shape as it is. */
function weekOfShape(name: ProfileShape, profile: DemandProfile | undefined): WeekProfile {
  const shape = profileShape(name);
  return {
    levels: normalised(weekOf(shape.hours, profile?.weekdays ?? shape.weekdays)),
    utcOffsetHours: profile?.utcOffsetHours ?? 0,
    basis: name === MEASURED_SHAPE ? 'measured' : 'assumed',
    source: `shape ${name}: ${shape.source}`,
  };
}

function weekOfLevels(profile: DemandProfile, spec: DemandSpec): WeekProfile {
  const { week, hours = [], weekdays = EVEN_DAYS, utcOffsetHours } = profile;
  return {
    levels: normalised(week ?? weekOf(hours, weekdays)),
    utcOffsetHours,
    basis: 'assumed',
    source: `levels of demand ${spec.name}: ${profile.source ?? spec.source}`,
  };
}

/** The week as a file states it: by its own levels, by a shape that it names, or by its trace; else undefined. */
export function statedWeek(file: DemandFile | undefined): WeekProfile | undefined {
  if (file === undefined) return undefined;
  const { spec, arrivals } = file;
  const { profile } = spec;
  if (profile?.week !== undefined || profile?.hours !== undefined) return weekOfLevels(profile, spec);
  if (profile?.shape !== undefined) return weekOfShape(profile.shape, profile);
  const hourly = arrivals?.hourly ?? [];
  if (!traceHasDays(hourly)) return undefined;
  return {
    levels: normalised(weekOfTrace(hourly)),
    utcOffsetHours: profile?.utcOffsetHours ?? 0,
    basis: 'measured',
    source: `hours of ${arrivals?.summary.source}, counted from its first arrival`,
  };
}

const SAME_SHARE = 1e-9;

/**
 * The week of a plan, with so much of the average day in its busiest hour: what the file states, else the shape of a
 * service line, sharpened or flattened where its own busiest hour is another.
 */
export function weekOfPlan(file: DemandFile | undefined, busyHourShareRatio: number): WeekProfile {
  const week = statedWeek(file) ?? weekOfShape(DEFAULT_SHAPE, file?.spec.profile);
  if (Math.abs(busyHourShareOf(week) - busyHourShareRatio) < SAME_SHARE) return week;
  const shown = Number(percentFromRatio(busyHourShareRatio).toPrecision(3));
  return {
    ...week,
    levels: sharpen(week.levels, busyHourShareRatio * HOURS_PER_DAY),
    basis: 'assumed',
    source: `${week.source}; its busiest hour set to ${shown} % of an average day`,
  };
}

/** Interactions/s of each hour of an average week. */
export const weekRatesPerS = (week: WeekProfile, interactionsPerDay: number): number[] =>
  week.levels.map((level) => (level * interactionsPerDay) / S_PER_DAY);
