import { type DemandFile, type DemandSpec, statedFigure } from '../../scenarios/demand.ts';
import { assertNever } from '../../vocabulary/errors.ts';
import type { Sourced } from '../../vocabulary/plan-file.ts';
import type { TraceSummary } from '../../vocabulary/result-file.ts';
import { MONTHS_PER_YEAR, S_PER_HOUR } from '../../vocabulary/units.ts';
import { sourced } from '../sourced.ts';
import { busyHourRowsPerS, traceHasDays } from './week.ts';

/** Interactions of an average day and in a second of the busy hour. */
export interface Volume {
  readonly interactionsPerDay: number;
  readonly busyHourInteractionsPerS: number;
  /** The busy hour is that of a trace, not a share of a day. */
  readonly fromTrace: boolean;
  readonly figures: readonly Sourced[];
}

/** What volume is multiplied with: growth to the month that is planned for, and the busiest day of the year. */
export interface Outlook {
  readonly growthFactor: number;
  readonly peakFactor: number;
  readonly figures: readonly Sourced[];
}

/** What a volume is multiplied with after so many months of growth by this share a year. */
export const computeGrowthFactor = (ratioPerYear: number, months: number): number =>
  (1 + ratioPerYear) ** (months / MONTHS_PER_YEAR);

/** Neither growth nor a peak beyond the average week. */
const TODAY: Outlook = { growthFactor: 1, peakFactor: 1, figures: [] };

const fromFile = (spec: DemandSpec, source: string | undefined) => ({
  basis: 'assumed' as const,
  source: `demand ${spec.name}: ${source ?? spec.source}`,
});

export function outlookOf(file: DemandFile | undefined): Outlook {
  if (file === undefined) return TODAY;
  const { growth, peakFactor } = file.spec;
  const figures: Sourced[] = [];
  let growthFactor = 1;
  if (growth !== undefined) {
    const perYear = statedFigure(growth.ratioPerYear);
    growthFactor = computeGrowthFactor(perYear.value, growth.months);
    figures.push(
      sourced('growthFactor', growthFactor, 'ratio', {
        basis: 'derived',
        source: `(1 + ${perYear.value} a year) over ${growth.months} months: ${perYear.source ?? file.spec.source}`,
      }),
    );
  }
  if (peakFactor === undefined) return { growthFactor, peakFactor: 1, figures };
  const peak = statedFigure(peakFactor);
  figures.push(sourced('peakFactor', peak.value, 'ratio', fromFile(file.spec, peak.source)));
  return { growthFactor, peakFactor: peak.value, figures };
}

export interface VolumeInput {
  /** Wins over the file. */
  readonly interactionsPerDay: number | undefined;
  readonly file: DemandFile | undefined;
  /** Of a result that replays one; used where neither of the two says anything. */
  readonly resultTrace: TraceSummary | undefined;
  readonly turnsPerInteraction: number;
  /** Busiest hour ÷ volume of the average day. */
  readonly busyHourShareRatio: number;
  readonly outlook: Outlook;
}

function fromDay(perDay: number, figure: Sourced, input: VolumeInput): Volume {
  const { busyHourShareRatio, outlook } = input;
  const interactionsPerDay = perDay * outlook.growthFactor;
  return {
    interactionsPerDay,
    busyHourInteractionsPerS: (interactionsPerDay * busyHourShareRatio * outlook.peakFactor) / S_PER_HOUR,
    fromTrace: false,
    figures: [figure],
  };
}

function fromBusyHour(attempts: number, figure: Sourced, input: VolumeInput): Volume {
  const { busyHourShareRatio, outlook } = input;
  const perHour = attempts * outlook.growthFactor;
  const interactionsPerDay = perHour / (busyHourShareRatio * outlook.peakFactor);
  return {
    interactionsPerDay,
    busyHourInteractionsPerS: perHour / S_PER_HOUR,
    fromTrace: false,
    figures: [
      figure,
      sourced('interactionsPerDay', interactionsPerDay, 'interactions per day', {
        basis: 'derived',
        source: 'busy-hour attempts ÷ (busy-hour share × peak factor)',
      }),
    ],
  };
}

/** Under a day the trace's mean rate is the busy hour; from a day on its busiest whole hour is. */
function fromTrace(trace: TraceSummary, hourly: readonly number[], rows: number, input: VolumeInput): Volume {
  const { busyHourShareRatio, outlook } = input;
  const rowsPerS = busyHourRowsPerS(trace, hourly);
  const busyPerS = (rowsPerS / rows) * outlook.growthFactor * outlook.peakFactor;
  const interactionsPerDay = (busyPerS * S_PER_HOUR) / (busyHourShareRatio * outlook.peakFactor);
  const what = traceHasDays(hourly) ? 'its busiest whole hour' : 'taken as the busy hour';
  return {
    interactionsPerDay,
    busyHourInteractionsPerS: busyPerS,
    fromTrace: true,
    figures: [
      sourced('traceRequestsPerS', rowsPerS, 'requests per second', {
        basis: 'measured',
        source: `arrivals of ${trace.source}, ${what}`,
      }),
      sourced('interactionsPerDay', interactionsPerDay, 'interactions per day', {
        basis: 'derived',
        source: 'trace rate × 3600 ÷ (turns per interaction × busy-hour share)',
      }),
    ],
  };
}

const GIVEN = { basis: 'assumed' as const, source: 'given with the plan' };
const perDayFigure = (value: number, parts: typeof GIVEN): Sourced =>
  sourced('interactionsPerDay', value, 'interactions per day', parts);

function fromSpec(file: DemandFile, input: VolumeInput): Volume | undefined {
  const { spec, arrivals } = file;
  const { volume } = spec;
  switch (volume.kind) {
    case 'per-day': {
      const { value, source } = statedFigure(volume.interactionsPerDay);
      return fromDay(value, perDayFigure(value, fromFile(spec, source)), input);
    }
    case 'busy-hour': {
      const { value, source } = statedFigure(volume.busyHourCallAttempts);
      const figure = sourced('busyHourCallAttempts', value, 'attempts per hour', fromFile(spec, source));
      return fromBusyHour(value, figure, input);
    }
    case 'trace': {
      if (arrivals === undefined) return undefined;
      const rows = volume.rows === 'turns' ? input.turnsPerInteraction : 1;
      return fromTrace(arrivals.summary, arrivals.hourly, rows, input);
    }
    default:
      return assertNever(volume);
  }
}

/** The volume given with the plan, else that of the demand file, else that of a result's trace; else undefined. */
export function computeVolume(input: VolumeInput): Volume | undefined {
  const { interactionsPerDay, file, resultTrace } = input;
  if (interactionsPerDay !== undefined) {
    return fromDay(interactionsPerDay, perDayFigure(interactionsPerDay, GIVEN), input);
  }
  if (file !== undefined) return fromSpec(file, input);
  return resultTrace && fromTrace(resultTrace, [], input.turnsPerInteraction, input);
}
