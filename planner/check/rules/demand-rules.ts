import { type Catalogue, findFigure } from '../../../scenarios/catalogue.ts';
import {
  DAYS_PER_MONTH,
  HOURS_PER_DAY,
  MIN_PER_HOUR,
  S_PER_DAY,
  S_PER_HOUR,
} from '../../../vocabulary/units.ts';
import { perDayOf } from '../bill.ts';
import type { CheckContext, Rule } from '../context.ts';
import { broken, type Draft, hold, missing, wrong } from '../finding.ts';
import {
  type Claim,
  claimOf,
  claimsOf,
  constant,
  mapEnds,
  over,
  placeOf,
  plus,
  type Quantity,
  stated,
  sum,
  times,
} from '../quantity.ts';
import { show } from '../text.ts';

const MIN_PER_DAY = HOURS_PER_DAY * MIN_PER_HOUR;

function monthsAndDays({ claims }: CheckContext): Draft[] {
  const pairs = [claims.demand, ...claims.volumes];
  return pairs.flatMap(({ interactionsPerDay, interactionsPerMonth }) =>
    hold(interactionsPerMonth, times(stated(interactionsPerDay), constant(DAYS_PER_MONTH)), {
      unit: 'per month',
      say: ({ claimed, right }) => `so many a day are ${right} interactions a month, not ${claimed}`,
    }),
  );
}

/** Two ranges of volumes that are further apart than this have nothing in common. */
const APART = 1.05;

/** Costs are stated for the volumes that the sizes are for. */
function volumesMeetSizes({ claims }: CheckContext): Draft[] {
  const priced = claims.volumes.flatMap((volume) => perDayOf(volume) ?? []);
  const sized = claims.sizes.flatMap((size) => claimsOf(size.interactionsPerDay));
  const rows = claims.volumes.flatMap((row) => [
    ...claimsOf(row.interactionsPerMonth),
    ...claimsOf(row.interactionsPerDay),
  ]);
  const [first] = rows;
  if (priced.length === 0 || sized.length === 0 || first === undefined) return [];
  const [cheapest, dearest] = [
    Math.min(...priced.map(({ low }) => low)),
    Math.max(...priced.map(({ high }) => high)),
  ];
  const [smallest, largest] = [
    Math.min(...sized.map(({ low }) => low)),
    Math.max(...sized.map(({ high }) => high)),
  ];
  const isBelow = dearest * APART < smallest;
  if (!isBelow && largest * APART >= cheapest) return [];
  const place = rows.reduce(
    (best, next) => ((isBelow ? next.high > best.high : next.low < best.low) ? next : best),
    first,
  );
  const [near, far] = isBelow ? [dearest, smallest] : [cheapest, largest];
  const byMonth = claims.volumes.some((row) => row.interactionsPerMonth !== undefined);
  const slip = byMonth ? ': one table counts months, the other days' : '';
  return [
    broken({
      place,
      against: sized,
      claimed: { low: near, high: near },
      corrected: { low: smallest, high: largest },
      unit: 'per day',
      sentence: `costs ${isBelow ? 'end' : 'begin'} at ${show(near, '')} interactions a day and sizes ${isBelow ? 'begin' : 'end'} at ${show(far, '')}, so no size has a cost${slip}`,
    }),
  ];
}

/** The largest volume that the document promises. */
function largestDay({ claims }: CheckContext): Claim | undefined {
  const all = [
    ...claims.sizes.flatMap((size) => claimsOf(size.interactionsPerDay)),
    ...claimsOf(claims.demand.interactionsPerDay),
  ].filter(({ high }) => Number.isFinite(high));
  return all.length === 0 ? undefined : all.reduce((best, next) => (next.high > best.high ? next : best));
}

const atHigh = (claim: Claim): Quantity => ({ low: claim.high, high: claim.high, from: [placeOf(claim)] });

/** A day's volume says nothing about its busiest hour, which is what instances are for. */
function busyHourStated(context: CheckContext): Draft[] {
  const { claims, catalogue } = context;
  const sized =
    claims.sizes.length > 0 ||
    claims.tiers.some(({ perInstance }) => perInstance.some((row) => row.interactionsPerDay !== undefined));
  const day = largestDay(context);
  const share = findFigure(catalogue, BUSY_HOUR_ENTRY, 'busyHourShareRatio');
  const turns = stated(claims.interaction.turns);
  const isStated = claims.demand.busyHourRatio !== undefined || claims.demand.busyHourTurnsPerS !== undefined;
  if (!sized || day === undefined || turns === undefined || isStated || share.kind === 'failed') return [];
  const perDay = times(atHigh(day), turns);
  const flat = over(perDay, constant(S_PER_DAY));
  const busy = over(times(perDay, constant(share.value.value)), constant(S_PER_HOUR));
  if (flat === undefined || busy === undefined) return [];
  return [
    missing({
      place: day,
      needed: busy,
      unit: 'per s',
      sentence: `no busy hour is stated: ${show(day.high, '')} interactions a day are ${show(flat.high, '')} turns/s on a flat day, and ${show(busy.high, '')} in a busiest hour of ${show(share.value.value, 'ratio')} (${BUSY_HOUR_ENTRY})`,
    }),
  ];
}

const BUSY_HOUR_ENTRY = 'default/busy-hour-share';

interface VendorLoad {
  readonly requestsPerMin: Quantity | undefined;
  readonly tokensPerMin: Quantity | undefined;
}

/** What a day's volume asks of vendors, on the average of its minutes. */
function vendorLoad(perDay: Quantity | undefined, context: CheckContext): VendorLoad {
  const perMin = over(perDay, constant(MIN_PER_DAY));
  return {
    requestsPerMin: times(perMin, context.callsPerInteraction),
    tokensPerMin: times(perMin, plus(context.inputTokens, context.outputTokens)),
  };
}

function statedNeed(context: CheckContext): Draft[] {
  const { quotaNeed } = context.claims;
  const load = vendorLoad(stated(quotaNeed.forInteractionsPerDay), context);
  return [
    ...hold(quotaNeed.requestsPerMin, load.requestsPerMin, {
      unit: 'per min',
      say: ({ claimed, right }) =>
        `that volume makes ${right} model calls a minute on the average of the day, not ${claimed}`,
    }),
    ...hold(quotaNeed.tokensPerMin, load.tokensPerMin, {
      unit: 'per min',
      say: ({ claimed, right }) =>
        `that volume takes ${right} tokens a minute on the average of the day, not ${claimed}`,
    }),
  ];
}

/** The highest limit of requests per minute that the catalogue knows, with its entry. */
function highestQuota({ entries }: Catalogue): { readonly id: string; readonly perMin: number } | undefined {
  let best: { readonly id: string; readonly perMin: number } | undefined;
  for (const { group, entry } of entries.values()) {
    if (group !== 'rate-limits' || !('figures' in entry)) continue;
    const perMin = (entry.figures as Record<string, unknown>).requestsPerMin;
    if (typeof perMin === 'number' && perMin > (best?.perMin ?? 0)) best = { id: entry.id, perMin };
  }
  return best;
}

/** Vendor limits, summed over providers, against the busiest hour (the average of the day where its share is not stated). */
function quotasCarry(context: CheckContext): Draft[] {
  const { claims } = context;
  const day = largestDay(context);
  if (day === undefined) return [];
  const load = vendorLoad(atHigh(day), context);
  const peak =
    mapEnds(stated(claims.demand.busyHourRatio), (share) => Math.max(1, share * HOURS_PER_DAY)) ??
    constant(1);
  const rows = [
    ['requestsPerMin', 'model calls', times(load.requestsPerMin, peak)],
    ['tokensPerMin', 'tokens', times(load.tokensPerMin, peak)],
  ] as const;
  return rows.flatMap(([field, what, needed]) => {
    const limits = claims.quotas.filter((quota) => quota[field] !== undefined);
    const total = limits.length === 0 ? undefined : sum(limits.map((quota) => stated(quota[field])));
    const claim = claimOf(limits[0]?.[field]);
    if (needed === undefined || total === undefined || claim === undefined || total.high >= needed.low * 0.98)
      return [];
    return [
      wrong({ ...claim, low: total.low, high: total.high }, needed, {
        unit: 'per min',
        say: ({ claimed, right }) =>
          `${show(day.high, '')} interactions a day make ${right} ${what} a minute, more than the ${claimed} that all vendors allow`,
      }),
    ];
  });
}

function quotaStated(context: CheckContext): Draft[] {
  const { claims, catalogue } = context;
  if (claims.quotas.length > 0 || claims.quotaNeed.requestsPerMin !== undefined || claims.models.length === 0)
    return [];
  const day = largestDay(context);
  const known = highestQuota(catalogue);
  if (day === undefined || known === undefined) return [];
  const { requestsPerMin, tokensPerMin } = vendorLoad(atHigh(day), context);
  if (requestsPerMin === undefined || requestsPerMin.low <= known.perMin) return [];
  const tokens = tokensPerMin === undefined ? '' : ` and ${show(tokensPerMin.high, '')} tokens`;
  return [
    missing({
      place: day,
      needed: requestsPerMin,
      unit: 'per min',
      sentence: `${show(day.high, '')} interactions a day make ${show(requestsPerMin.high, '')} model calls${tokens} a minute on average, and no quota is stated; the highest in the catalogue is ${show(known.perMin, '')} requests (${known.id})`,
    }),
  ];
}

export const DEMAND_RULES: readonly Rule[] = [
  { id: 'months-and-days', title: 'a month has 30.4 days', check: monthsAndDays },
  {
    id: 'volumes-meet-sizes',
    title: 'costs and sizes are stated for the same volumes in the same unit',
    check: volumesMeetSizes,
  },
  {
    id: 'busy-hour',
    title: 'instances are for the busiest hour, not for the mean of the day',
    check: busyHourStated,
  },
  { id: 'quota-need', title: 'model calls a minute = interactions × calls ÷ minutes', check: statedNeed },
  { id: 'quotas', title: 'what vendors allow, summed, carries the busiest hour', check: quotasCarry },
  { id: 'quota-stated', title: 'a volume beyond any known quota needs one of its own', check: quotaStated },
];
