import type { Catalogue, LlmPrice } from './schema.ts';

/** One announced change of a price, with where it stands on a day. */
export type ScheduledPrice = NonNullable<LlmPrice['scheduled']>[number];

/** How the price of an entry stands on a day. */
export type PriceStanding =
  /** The price in force, with nothing announced or in doubt. */
  | 'effective'
  /** Below the list price for a time. */
  | 'promotional'
  /** In force; a change is announced for a later day. */
  | 'scheduled-change'
  /** The day of an announced change has passed and nobody has confirmed it: either price may hold. */
  | 'change-due'
  /** The promotion has ended, so the list price or the announced one holds. */
  | 'promotion-ended'
  /** The vendor serves it no more under this price. */
  | 'retired'
  /** Announced and not yet sold. */
  | 'not-yet-effective';

export interface PriceInForce {
  readonly standing: PriceStanding;
  /** The entry with the prices that hold on the day. */
  readonly price: LlmPrice;
  /** The next change that is announced and not cancelled, or the one that is due. */
  readonly change?: ScheduledPrice;
  /** What a reader must know; absent when the price is plainly in force. */
  readonly sentence?: string;
}

const isoDayOf = (unixMs: number): string => new Date(unixMs).toISOString().slice(0, 10);

/** The entry at other prices; parts that the change does not name move in the proportion of the input price. */
function repriced(entry: LlmPrice, change: Partial<ScheduledPrice>): LlmPrice {
  const inputUsdPerMTokens = change.inputUsdPerMTokens ?? entry.inputUsdPerMTokens;
  const growth = entry.inputUsdPerMTokens === 0 ? 1 : inputUsdPerMTokens / entry.inputUsdPerMTokens;
  const cached = change.cachedInputUsdPerMTokens ?? scaled(entry.cachedInputUsdPerMTokens, growth);
  const write = change.cacheWriteUsdPerMTokens ?? scaled(entry.cacheWriteUsdPerMTokens, growth);
  return {
    ...entry,
    inputUsdPerMTokens,
    outputUsdPerMTokens: change.outputUsdPerMTokens ?? entry.outputUsdPerMTokens,
    ...(cached === undefined ? {} : { cachedInputUsdPerMTokens: cached }),
    ...(write === undefined ? {} : { cacheWriteUsdPerMTokens: write }),
  };
}

const scaled = (price: number | undefined, growth: number): number | undefined =>
  price === undefined ? undefined : price * growth;

const pricePair = (price: Partial<ScheduledPrice>): string =>
  `${price.inputUsdPerMTokens ?? '?'}/${price.outputUsdPerMTokens ?? '?'} USD per million tokens`;

/** Changes that somebody confirmed and whose day has come, the latest of them. */
function confirmedChange(entry: LlmPrice, today: string): ScheduledPrice | undefined {
  return (entry.scheduled ?? [])
    .filter(({ state, effectiveFrom }) => state === 'effective' && effectiveFrom <= today)
    .reduce<ScheduledPrice | undefined>(
      (last, next) => (last === undefined || next.effectiveFrom > last.effectiveFrom ? next : last),
      undefined,
    );
}

/** Announced changes that are neither confirmed nor cancelled, in order of their day. */
const openChanges = (entry: LlmPrice): ScheduledPrice[] =>
  (entry.scheduled ?? [])
    .filter(({ state }) => state === 'scheduled')
    .sort((a, b) => a.effectiveFrom.localeCompare(b.effectiveFrom));

function promotionStanding(entry: LlmPrice, today: string, change: ScheduledPrice | undefined): PriceInForce {
  const until = entry.statusUntil;
  if (until === undefined || today <= until) {
    const end = until === undefined ? 'with no stated end' : `through ${until}`;
    const after = entry.listPrice ?? change;
    const then = after === undefined ? '' : `, then ${pricePair(after)}`;
    const sentence = `${entry.id} is a promotional price ${end}${then}`;
    return { standing: 'promotional', price: entry, sentence, ...(change === undefined ? {} : { change }) };
  }
  const after = change ?? entry.listPrice;
  const price = after === undefined ? entry : repriced(entry, after);
  const sentence = `the promotion of ${entry.id} ended on ${until}; ${after === undefined ? 'no price after it is known' : `${pricePair(after)} is used`}`;
  return { standing: 'promotion-ended', price, sentence, ...(change === undefined ? {} : { change }) };
}

function changeStanding(entry: LlmPrice, today: string, change: ScheduledPrice): PriceInForce {
  const due = change.effectiveFrom <= today;
  const sentence = due
    ? `${entry.id} was announced to become ${pricePair(change)} on ${change.effectiveFrom}, which nobody has confirmed: the range is used`
    : `${entry.id} is announced to become ${pricePair(change)} on ${change.effectiveFrom}`;
  return {
    standing: due ? 'change-due' : 'scheduled-change',
    price: due ? disputedBy(entry, change) : entry,
    change,
    sentence,
  };
}

/** Until somebody looks, a change that is due is a second source that disagrees. */
const disputedBy = (entry: LlmPrice, { state: _, ...change }: ScheduledPrice): LlmPrice => ({
  ...entry,
  sourcesAgree: false,
  crossChecks: [...(entry.crossChecks ?? []), { source: `announced for ${change.effectiveFrom}`, ...change }],
});

/**
 * The price of an entry on a day. A scheduled price is a vendor's intention and may be cancelled (one in this catalogue
 * was), so it replaces the price only when it is confirmed or when it follows a promotion that has ended.
 */
export function priceInForce(entry: LlmPrice, nowUnixMs: number): PriceInForce {
  const today = isoDayOf(nowUnixMs);
  const confirmed = confirmedChange(entry, today);
  const current = confirmed === undefined ? entry : repriced(entry, confirmed);
  const [change] = openChanges(entry);
  if (entry.status === 'retired') {
    const since = entry.statusUntil === undefined ? '' : ` since ${entry.statusUntil}`;
    return {
      standing: 'retired',
      price: current,
      sentence: `${entry.id} is retired${since}: it cannot be bought`,
    };
  }
  if (entry.status === 'scheduled' && (entry.effectiveOn ?? today) > today) {
    const sentence = `${entry.id} is announced for ${entry.effectiveOn} and cannot be bought yet`;
    return { standing: 'not-yet-effective', price: current, sentence };
  }
  if (entry.status === 'promotional' && confirmed === undefined)
    return promotionStanding(entry, today, change);
  if (change !== undefined) return changeStanding(current, today, change);
  return { standing: 'effective', price: current };
}

/** The catalogue with every token price as it holds on the day: what a plan reads. */
export function catalogueOn(catalogue: Catalogue, nowUnixMs: number): Catalogue {
  const entries = new Map(catalogue.entries);
  for (const [id, found] of catalogue.entries) {
    if (found.group !== 'llm-prices') continue;
    const { price } = priceInForce(found.entry, nowUnixMs);
    if (price !== found.entry) entries.set(id, { ...found, entry: price });
  }
  return { entries };
}
