import type { Sourced } from '../../vocabulary/plan-file.ts';
import type { ServerlessComparison } from '../../vocabulary/plan-sections/autoscaling.ts';
import { DAYS_PER_MONTH, HOURS_PER_MONTH, MS_PER_S, S_PER_HOUR } from '../../vocabulary/units.ts';
import type { Demand } from '../demand/demand.ts';
import { weekRatesPerS } from '../demand/week.ts';
import type { PriceStep } from '../money/graduated.ts';
import { computeServerlessUsd, type ServerlessPrice } from '../money/serverless.ts';
import { figureOf, type SizingContext } from '../size/context.ts';
import { computeReplicas, type TierModel } from '../size/tier.ts';
import { sourced, sourcedFromFigure } from '../sourced.ts';
import { computeColdStartRatio } from './cold-starts.ts';

/** The offer that containers are compared with. */
const OFFER = 'AWS Lambda, x86';
const GB_SECOND = 'aws/lambda/gb-second/x86';
const REQUEST = 'aws/lambda/request';
const FUNCTION = 'default/serverless-function';

/** GB-s of a month at the first price, and at the first two. */
const FIRST_GB_S = 6e9;
const SECOND_GB_S = 15e9;

interface Functions {
  readonly price: ServerlessPrice;
  readonly memoryGib: Sourced;
  readonly keepAliveS: Sourced;
  readonly coldStartS: Sourced;
  readonly callS: Sourced;
  readonly prices: readonly Sourced[];
}

/** How long a function works on a turn: it waits for the model all that time, and is paid for it. */
function callTime(context: SizingContext): Sourced {
  const vendor = context.mode.tiers.find(({ sizing }) => sizing.kind === 'vendor')?.sizing;
  if (vendor?.kind === 'vendor') {
    return sourced('callS', vendor.assumedTurnP50Ms / MS_PER_S, 's', {
      basis: 'assumed',
      source: vendor.assumption,
    });
  }
  const latency = context.demand.figures.find(({ name }) => name === 'meanTurnLatency');
  return sourced('callS', (latency?.value ?? MS_PER_S) / MS_PER_S, 's', {
    basis: latency?.basis ?? 'assumed',
    source: latency?.source ?? 'a second, since nobody measured a turn',
  });
}

function functionsOf(context: SizingContext): Functions {
  const gbS = (field: string): number => figureOf(context, GB_SECOND, field).value;
  const gbSteps: PriceStep[] = [
    { upTo: FIRST_GB_S, unitPriceUsd: gbS('usdPerGbS') },
    { upTo: SECOND_GB_S, unitPriceUsd: gbS('next9BUsdPerGbS') },
    { upTo: Number.POSITIVE_INFINITY, unitPriceUsd: gbS('over15BUsdPerGbS') },
  ];
  const request = figureOf(context, REQUEST, 'usdPerMRequests');
  const ofFunction = (field: string): Sourced => sourcedFromFigure(field, figureOf(context, FUNCTION, field));
  return {
    price: { usdPerMRequests: request.value, gbSteps },
    memoryGib: ofFunction('memoryGib'),
    keepAliveS: ofFunction('keepAliveS'),
    coldStartS: ofFunction('coldStartS'),
    callS: callTime(context),
    prices: [
      sourcedFromFigure('usdPerGbS', figureOf(context, GB_SECOND, 'usdPerGbS')),
      sourcedFromFigure('usdPerMRequests', request),
    ],
  };
}

interface ColdStarts {
  readonly week: number;
  readonly quietest: number;
  readonly busiest: number;
}

/**
 * Cold starts hour by hour of the week, each taken as steady, and those of the instances by which an hour has more than
 * the one before.
 */
export function coldStartsOfWeek(
  callsPerSByHour: readonly number[],
  instance: { readonly meanCallS: number; readonly keepAliveS: number },
): ColdStarts {
  const hours = callsPerSByHour.length;
  const known = new Map<number, number>();
  const steady = (callsPerS: number): number => {
    const found = known.get(callsPerS) ?? computeColdStartRatio({ callsPerS, ...instance });
    known.set(callsPerS, found);
    return found;
  };
  const ratios = callsPerSByHour.map((callsPerS, hour) => {
    const before = callsPerSByHour[(hour + hours - 1) % hours] ?? 0;
    const grown = Math.max(0, callsPerS - before) * instance.meanCallS;
    const perCall = callsPerS === 0 ? 0 : grown / (callsPerS * S_PER_HOUR);
    return Math.min(1, steady(callsPerS) + perCall);
  });
  const calls = callsPerSByHour.reduce((sum, perS) => sum + perS, 0);
  const cold = ratios.reduce((sum, ratio, hour) => sum + ratio * (callsPerSByHour[hour] ?? 0), 0);
  const at = (extreme: number): number => ratios[callsPerSByHour.indexOf(extreme)] ?? 0;
  return {
    week: calls === 0 ? 0 : cold / calls,
    quietest: at(Math.min(...callsPerSByHour)),
    busiest: at(Math.max(...callsPerSByHour)),
  };
}

const coldStarts = new WeakMap<Demand, Map<string, ColdStarts>>();

/** Modes share their demand, and most of them the time of a call. */
function coldStartsOf(demand: Demand, instance: Parameters<typeof coldStartsOfWeek>[1]): ColdStarts {
  const known = coldStarts.get(demand) ?? new Map<string, ColdStarts>();
  coldStarts.set(demand, known);
  const key = JSON.stringify(instance);
  const turns = demand.turnsPerInteraction;
  const callsPerS = (): number[] =>
    weekRatesPerS(demand.week, demand.interactionsPerDay).map((perS) => perS * turns);
  const found = known.get(key) ?? coldStartsOfWeek(callsPerS(), instance);
  known.set(key, found);
  return found;
}

/** Volumes looked at, as multiples of the plan's: a millionth to a million times. */
const DECADES = 6;
const STEPS_PER_DECADE = 40;

/**
 * The largest multiple of the volume at which functions cost less than containers; undefined when they do at none or at
 * all that were looked at. Replicas are whole, so the costs can cross more than once.
 */
export function largestCheaper(
  functionsUsd: (scale: number) => number,
  containersUsd: (scale: number) => number,
) {
  const isCheaper = (step: number): boolean => {
    const scale = 10 ** (step / STEPS_PER_DECADE);
    return functionsUsd(scale) < containersUsd(scale);
  };
  const last = DECADES * STEPS_PER_DECADE;
  if (isCheaper(last)) return undefined;
  let step = last;
  while (step > -last && !isCheaper(step)) step--;
  if (!isCheaper(step)) return undefined;
  let low = step;
  let high = step + 1;
  while (high - low > 1e-6) {
    const middle = (low + high) / 2;
    if (isCheaper(middle)) low = middle;
    else high = middle;
  }
  return 10 ** (low / STEPS_PER_DECADE);
}

const rounded = (perDay: number): string => Number(perDay.toPrecision(3)).toLocaleString('en-GB');

function sentenceOf(cheaper: ServerlessComparison['cheaper'], breakEven: number | undefined): string {
  if (breakEven === undefined) return `${cheaper} are cheaper at every volume looked at`;
  return `functions are cheaper below ${rounded(breakEven)} interactions a day, containers above`;
}

/** Containers of the tier at a multiple of the volume, always on. */
const containersUsd =
  (model: TierModel, usdPerHour: number) =>
  (scale: number): number =>
    computeReplicas(model, { demand: scale, capacity: 1, gatewayCpu: 1 }).replicas *
    usdPerHour *
    HOURS_PER_MONTH;

/** Functions at a multiple of the volume. */
function functionsUsd(functions: Functions, turnsPerMonth: number, coldStartRatio: number) {
  const { callS, coldStartS, memoryGib, price } = functions;
  const billedS = callS.value + coldStartRatio * coldStartS.value;
  return (scale: number): number =>
    computeServerlessUsd({ requests: turnsPerMonth * scale, billedS, memoryGb: memoryGib.value }, price)
      .usdPerMonth;
}

/** Functions instead of the containers of a gateway tier: cold starts, cost and the volume at which neither is cheaper. */
export function compareServerless(
  model: TierModel,
  usdPerHour: number,
  context: SizingContext,
): ServerlessComparison {
  const { demand } = context;
  const functions = functionsOf(context);
  const { callS, keepAliveS, coldStartS, memoryGib, prices } = functions;
  const cold = coldStartsOf(demand, { meanCallS: callS.value, keepAliveS: keepAliveS.value });
  const interactionsPerMonth = demand.interactionsPerDay * DAYS_PER_MONTH;
  const byUse = functionsUsd(functions, interactionsPerMonth * demand.turnsPerInteraction, cold.week);
  const always = containersUsd(model, usdPerHour);
  const scale = largestCheaper(byUse, always);
  const breakEven = scale === undefined ? undefined : scale * demand.interactionsPerDay;
  const cheaper = byUse(1) < always(1) ? 'serverless' : 'containers';
  return {
    tier: model.tier.id,
    offer: OFFER,
    figures: [callS, memoryGib, keepAliveS, coldStartS, ...prices],
    coldStartRatio: cold.week,
    quietestHourColdStartRatio: cold.quietest,
    busiestHourColdStartRatio: cold.busiest,
    usdPerMonth: byUse(1),
    usdPerInteraction: byUse(1) / interactionsPerMonth,
    containersUsdPerMonth: always(1),
    ...(breakEven === undefined ? {} : { breakEvenInteractionsPerDay: breakEven }),
    cheaper,
    sentence: sentenceOf(cheaper, breakEven),
  };
}
