import { createDiagnostic, type Diagnostic } from '../../vocabulary/diagnostics.ts';
import { failed, ok, type Result } from '../../vocabulary/errors.ts';
import type { Basis, Sourced } from '../../vocabulary/plan-file.ts';
import type { ResultFile, TraceSummary } from '../../vocabulary/result-file.ts';
import { MS_PER_S, S_PER_HOUR } from '../../vocabulary/units.ts';
import { type CapacityCurve, soundPoints } from '../calibrate/capacity.ts';
import { computeInteractivePopulation, computePopulation } from '../queueing/little.ts';
import { sourced } from '../sourced.ts';
import type { Assumptions } from './assumptions.ts';
import { measuredTokensPerTurn } from './tokens.ts';

/** Counts over 60 s with variance ÷ mean above this are burstier than a closed form may treat as Poisson. */
export const BURSTY_INDEX = 2;
const BURST_WINDOW_S = '60';

/** What arrives in the busy hour, and what that means in turns. */
export interface Demand {
  readonly interactionsPerDay: number;
  readonly busyHourInteractionsPerS: number;
  readonly busyHourTurnsPerS: number;
  /** The rate that tiers are sized for: the busy hour's mean, or its busiest minute when arrivals are bursty. */
  readonly sizingTurnsPerS: number;
  readonly turnsPerInteraction: number;
  readonly turnsInFlight: number;
  readonly openInteractions: number;
  /** The rate is that of a trace, not a share of a day. */
  readonly fromTrace: boolean;
  readonly figures: readonly Sourced[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface DemandInput {
  /** Absent: the rate of the trace is the busy hour. */
  readonly interactionsPerDay: number | undefined;
  /** The result whose workload is planned for. */
  readonly reference: ResultFile;
  readonly curve: CapacityCurve;
  readonly assumptions: Assumptions;
}

interface HeldLatency {
  readonly ms: number;
  readonly source: string;
}

/** Mean latency of a turn at the highest rate that met the objectives, else at the lowest rate measured. */
function heldLatency(curve: CapacityCurve, runId: string): HeldLatency | undefined {
  const sound = soundPoints(curve);
  const usable = sound.length > 0 ? sound : curve.points;
  const known = usable.filter((point) => point.meanLatencyMs !== undefined);
  const met = known.filter((point) => point.withinLimits);
  const ms = (met[met.length - 1] ?? known[0])?.meanLatencyMs;
  const where =
    met.length > 0 ? 'highest rate that met the objectives' : 'lowest rate, which missed the objectives,';
  return ms === undefined ? undefined : { ms, source: `${where} in run ${runId}` };
}

interface Rate {
  readonly interactionsPerDay: number;
  readonly interactionsPerS: number;
  readonly figures: readonly Sourced[];
}

function rateFromDay(interactionsPerDay: number, assumptions: Assumptions): Rate {
  const share = assumptions.busyHourShare;
  return {
    interactionsPerDay,
    interactionsPerS: (interactionsPerDay * share.value) / S_PER_HOUR,
    figures: [
      sourced('interactionsPerDay', interactionsPerDay, 'interactions per day', {
        basis: 'assumed',
        source: 'given with the plan',
      }),
      share.figure,
    ],
  };
}

function rateFromTrace(trace: TraceSummary, turns: number, assumptions: Assumptions): Rate {
  const share = assumptions.busyHourShare;
  const interactionsPerS = trace.meanRequestsPerS / turns;
  const interactionsPerDay = (interactionsPerS * S_PER_HOUR) / share.value;
  return {
    interactionsPerDay,
    interactionsPerS,
    figures: [
      sourced('traceRequestsPerS', trace.meanRequestsPerS, 'requests per second', {
        basis: 'measured',
        source: `arrivals of ${trace.source}, taken as the busy hour`,
      }),
      share.figure,
      sourced('interactionsPerDay', interactionsPerDay, 'interactions per day', {
        basis: 'derived',
        source: 'trace rate × 3600 ÷ (turns per interaction × busy-hour share)',
      }),
    ],
  };
}

interface Burst {
  readonly ratio: number;
  readonly figures: readonly Sourced[];
  readonly diagnostics: readonly Diagnostic[];
}

const CALM: Burst = { ratio: 1, figures: [], diagnostics: [] };

/** How far the busiest minute of measured arrivals stands above their mean; 1 when counts are near Poisson. */
function burstOf(trace: TraceSummary | undefined): Burst {
  const index = trace?.indexOfDispersion[BURST_WINDOW_S];
  if (trace === undefined || index === undefined) return CALM;
  const figures = [
    sourced('indexOfDispersion60S', index, 'ratio', {
      basis: 'measured',
      source: `arrivals of ${trace.source}`,
    }),
    sourced('gapCv', trace.gapCv, 'ratio', { basis: 'measured', source: `arrivals of ${trace.source}` }),
  ];
  if (index <= BURSTY_INDEX) return { ...CALM, figures };
  const ratio = Math.max(1, trace.busiest60SRequestsPerS / trace.meanRequestsPerS);
  const message = `counts per minute vary ${index.toPrecision(3)} times as much as Poisson arrivals (closed forms hold up to ${BURSTY_INDEX}); tiers are sized for the busiest minute, ${ratio.toPrecision(3)} times the mean`;
  return {
    ratio,
    figures: [
      ...figures,
      sourced('busiestMinuteToMean', ratio, 'ratio', {
        basis: 'measured',
        source: `busiest 60 s of ${trace.source} ÷ its mean rate; the sizing rate`,
      }),
    ],
    diagnostics: [createDiagnostic('BURSTY_DEMAND', message, 'demand')],
  };
}

const DERIVED = { basis: 'derived' as const };

function shapeFigures(reference: ResultFile): Sourced[] {
  const { shape, runId } = reference;
  const basis: Basis = reference.trace === undefined ? 'assumed' : 'measured';
  const source = `${shape.basis} (run ${runId})`;
  return [
    sourced('turnsPerInteraction', shape.meanTurnsPerInteraction, 'turns', { basis, source }),
    sourced('thinkTime', shape.meanThinkTimeMs / MS_PER_S, 's', { basis, source }),
  ];
}

/** What a turn carries, by the trace or the server's usage; none when neither says. */
function tokenFigures(reference: ResultFile): Sourced[] {
  const tokens = measuredTokensPerTurn(reference);
  if (tokens === undefined) return [];
  const simulated = reference.trace === undefined && reference.target.simulated;
  const parts = { basis: simulated ? ('simulated' as const) : ('measured' as const), source: tokens.source };
  return [
    sourced('inputTokensPerTurn', tokens.input, 'tokens', parts),
    sourced('outputTokensPerTurn', tokens.output, 'tokens', parts),
  ];
}

/**
 * Busy-hour rates and populations. Turns in flight by Little's law, open conversations by the interactive law, with
 * the mean latency measured at the highest rate that met the objectives.
 */
export function computeDemand(input: DemandInput): Result<Demand> {
  const { reference, assumptions, curve, interactionsPerDay } = input;
  const turns = reference.shape.meanTurnsPerInteraction;
  const { trace } = reference;
  if (interactionsPerDay === undefined && trace === undefined) {
    return failed('INVALID_DEMAND', 'neither interactions per day nor a result with a trace was given');
  }
  const rate =
    interactionsPerDay === undefined && trace !== undefined
      ? rateFromTrace(trace, turns, assumptions)
      : rateFromDay(interactionsPerDay ?? 0, assumptions);
  const busyHourTurnsPerS = rate.interactionsPerS * turns;
  const burst = burstOf(trace);
  const latency = heldLatency(curve, reference.runId);
  if (latency === undefined) {
    return failed('INVALID_DEMAND', `run ${reference.runId} completed no request, so no latency is known`);
  }
  const turnsInFlight = computePopulation(busyHourTurnsPerS, latency.ms);
  const thinkTimeMs = reference.shape.meanThinkTimeMs;
  const openInteractions = computeInteractivePopulation(busyHourTurnsPerS, latency.ms, thinkTimeMs);
  const sizingTurnsPerS = busyHourTurnsPerS * burst.ratio;
  return ok({
    interactionsPerDay: rate.interactionsPerDay,
    busyHourInteractionsPerS: rate.interactionsPerS,
    busyHourTurnsPerS,
    sizingTurnsPerS,
    turnsPerInteraction: turns,
    turnsInFlight,
    openInteractions,
    fromTrace: interactionsPerDay === undefined,
    figures: [
      ...rate.figures,
      ...shapeFigures(reference),
      ...tokenFigures(reference),
      ...burst.figures,
      sourced('sizingTurnsPerS', sizingTurnsPerS, 'turns per second', {
        ...DERIVED,
        source: burst.ratio > 1 ? 'busy-hour turns/s × busiest minute ÷ mean' : 'busy-hour turns/s',
      }),
      sourced('meanTurnLatency', latency.ms, 'ms', {
        basis: reference.target.simulated ? 'simulated' : 'measured',
        source: latency.source,
      }),
      sourced('turnsInFlight', turnsInFlight, 'turns', { ...DERIVED, source: "Little's law N = X·R" }),
      sourced('openInteractions', openInteractions, 'interactions', {
        ...DERIVED,
        source: 'interactive law N = X·(R + Z)',
      }),
    ],
    diagnostics: burst.diagnostics,
  });
}
