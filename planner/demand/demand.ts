import { type DemandFile, statedFigure } from '../../scenarios/demand.ts';
import type { Diagnostic } from '../../vocabulary/diagnostics.ts';
import { failed, ok, type Result } from '../../vocabulary/errors.ts';
import type { Basis, Sourced } from '../../vocabulary/plan-file.ts';
import type { ResultFile } from '../../vocabulary/result-file.ts';
import { MS_PER_S, msFromS } from '../../vocabulary/units.ts';
import { type CapacityCurve, soundPoints } from '../calibrate/capacity.ts';
import { computeInteractivePopulation, computePopulation } from '../queueing/little.ts';
import { sourced } from '../sourced.ts';
import type { Assumptions } from './assumptions.ts';
import { type Burstiness, burstinessOf } from './burstiness.ts';
import { callsPerTurn, type PlannedTokens, plannedTokensPerTurn } from './tokens.ts';
import { computeVolume, type Outlook, outlookOf, type Volume } from './volume.ts';
import { type WeekProfile, weekOfPlan } from './week.ts';

export { BURSTY_INDEX } from './burstiness.ts';

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
  /** When in an average week interactions arrive; its busiest hour × `peakFactor` is the busy hour. */
  readonly week: WeekProfile;
  /** Busiest day of the year ÷ busiest day of an average week; 1 where nobody states one. */
  readonly peakFactor: number;
  readonly burstiness: Burstiness;
  /** Undefined where neither a result nor the demand file counts tokens. */
  readonly tokensPerTurn: PlannedTokens | undefined;
  /** As the demand file states it; undefined where the mode's own stands. */
  readonly llmCallsPerTurn: number | undefined;
  /** The file that states it, with the ranges of its figures. */
  readonly file?: DemandFile | undefined;
  readonly figures: readonly Sourced[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface DemandInput {
  /** Absent: the volume of the demand file, or the rate of the trace as the busy hour. */
  readonly interactionsPerDay: number | undefined;
  /** The result whose workload is planned for. */
  readonly reference: ResultFile;
  readonly curve: CapacityCurve;
  readonly assumptions: Assumptions;
  readonly file?: DemandFile | undefined;
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

const DERIVED = { basis: 'derived' as const };

/** What customers do: as the demand file states it, since no server can know better; else as the run drew it. */
interface Customers {
  readonly turns: number;
  readonly thinkTimeMs: number;
  readonly figures: readonly Sourced[];
}

function customersOf({ reference, file }: DemandInput): Customers {
  const { shape, runId } = reference;
  const basis: Basis = reference.trace === undefined ? 'assumed' : 'measured';
  const ran = { basis, source: `${shape.basis} (run ${runId})` };
  const { turns, thinkTimeS } = file?.spec.interaction ?? {};
  const stated = (source: string | undefined) => ({
    basis: 'assumed' as const,
    source: `demand ${file?.spec.name}: ${source ?? file?.spec.source}`,
  });
  const ownTurns = turns === undefined ? undefined : statedFigure(turns);
  const ownThink = thinkTimeS === undefined ? undefined : statedFigure(thinkTimeS);
  const turnsValue = ownTurns?.value ?? shape.meanTurnsPerInteraction;
  const thinkMs = ownThink === undefined ? shape.meanThinkTimeMs : msFromS(ownThink.value);
  return {
    turns: turnsValue,
    thinkTimeMs: thinkMs,
    figures: [
      sourced('turnsPerInteraction', turnsValue, 'turns', ownTurns ? stated(ownTurns.source) : ran),
      sourced('thinkTime', thinkMs / MS_PER_S, 's', ownThink ? stated(ownThink.source) : ran),
    ],
  };
}

/** What a turn carries; none when nobody says. */
function tokenFigures(tokens: PlannedTokens | undefined): Sourced[] {
  if (tokens === undefined) return [];
  const { basis, source } = tokens;
  return [
    sourced('inputTokensPerTurn', tokens.input, 'tokens', { basis, source }),
    sourced('outputTokensPerTurn', tokens.output, 'tokens', { basis, source }),
  ];
}

function weekFigures(week: WeekProfile): Sourced[] {
  const { basis, source, utcOffsetHours } = week;
  const figures = [sourced('weekPeakToMean', Math.max(...week.levels), 'ratio', { basis, source })];
  if (utcOffsetHours === 0) return figures;
  return [...figures, sourced('utcOffset', utcOffsetHours, 'hours', { basis, source })];
}

interface Rates {
  readonly volume: Volume;
  readonly customers: Customers;
  readonly burstiness: Burstiness;
  readonly latency: HeldLatency;
}

interface Populations {
  readonly busyHourTurnsPerS: number;
  readonly sizingTurnsPerS: number;
  readonly turnsInFlight: number;
  readonly openInteractions: number;
  readonly figures: readonly Sourced[];
}

function populationsOf(rates: Rates, simulated: boolean): Populations {
  const { volume, customers, burstiness, latency } = rates;
  const busyHourTurnsPerS = volume.busyHourInteractionsPerS * customers.turns;
  const sizingTurnsPerS = busyHourTurnsPerS * burstiness.sizingRatio;
  const turnsInFlight = computePopulation(busyHourTurnsPerS, latency.ms);
  const openInteractions = computeInteractivePopulation(busyHourTurnsPerS, latency.ms, customers.thinkTimeMs);
  const sizing =
    burstiness.sizingRatio > 1 ? 'busy-hour turns/s × busiest minute ÷ mean' : 'busy-hour turns/s';
  return {
    busyHourTurnsPerS,
    sizingTurnsPerS,
    turnsInFlight,
    openInteractions,
    figures: [
      sourced('sizingTurnsPerS', sizingTurnsPerS, 'turns per second', { ...DERIVED, source: sizing }),
      sourced('meanTurnLatency', latency.ms, 'ms', {
        basis: simulated ? 'simulated' : 'measured',
        source: latency.source,
      }),
      sourced('turnsInFlight', turnsInFlight, 'turns', { ...DERIVED, source: "Little's law N = X·R" }),
      sourced('openInteractions', openInteractions, 'interactions', {
        ...DERIVED,
        source: 'interactive law N = X·(R + Z)',
      }),
    ],
  };
}

interface Parts extends Rates {
  readonly outlook: Outlook;
  readonly week: WeekProfile;
  readonly tokensPerTurn: PlannedTokens | undefined;
}

function demandFrom(parts: Parts, input: DemandInput): Demand {
  const { volume, customers, burstiness, outlook, week, tokensPerTurn } = parts;
  const populations = populationsOf(parts, input.reference.target.simulated);
  return {
    ...populations,
    interactionsPerDay: volume.interactionsPerDay,
    busyHourInteractionsPerS: volume.busyHourInteractionsPerS,
    turnsPerInteraction: customers.turns,
    fromTrace: volume.fromTrace,
    week,
    peakFactor: outlook.peakFactor,
    burstiness,
    tokensPerTurn,
    llmCallsPerTurn: callsPerTurn(input.file?.spec.interaction),
    file: input.file,
    figures: [
      ...volume.figures,
      input.assumptions.busyHourShare.figure,
      ...outlook.figures,
      ...weekFigures(week),
      ...customers.figures,
      ...tokenFigures(tokensPerTurn),
      ...burstiness.figures,
      ...populations.figures,
    ],
    diagnostics: [...burstiness.diagnostics, ...(tokensPerTurn?.diagnostics ?? [])],
  };
}

/**
 * Busy-hour rates and populations. Turns in flight by Little's law, open conversations by the interactive law, with
 * the mean latency measured at the highest rate that met the objectives.
 */
export function computeDemand(input: DemandInput): Result<Demand> {
  const { reference, assumptions, curve, interactionsPerDay, file } = input;
  const customers = customersOf(input);
  const outlook = outlookOf(file);
  const busyHourShareRatio = assumptions.busyHourShare.value;
  const volume = computeVolume({
    interactionsPerDay,
    file,
    resultTrace: reference.trace,
    turnsPerInteraction: customers.turns,
    busyHourShareRatio,
    outlook,
  });
  if (volume === undefined) {
    return failed('INVALID_DEMAND', 'neither interactions per day nor a result with a trace was given');
  }
  const latency = heldLatency(curve, reference.runId);
  if (latency === undefined) {
    return failed('INVALID_DEMAND', `run ${reference.runId} completed no request, so no latency is known`);
  }
  const turnsPerS = volume.busyHourInteractionsPerS * customers.turns;
  const parts = {
    volume,
    customers,
    latency,
    outlook,
    burstiness: burstinessOf(file, reference.trace, turnsPerS),
    week: weekOfPlan(file, busyHourShareRatio),
    tokensPerTurn: plannedTokensPerTurn(reference, file, customers.turns),
  };
  return ok(demandFrom(parts, input));
}
