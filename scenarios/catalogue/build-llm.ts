import { commonFields, type Fact, withoutAbsent } from './build-figures.ts';

type Numbers = Readonly<Record<string, number | null | undefined>>;

interface TierStep {
  readonly above_input_tokens: number;
  readonly price: number;
}

const TIER_FIELDS = {
  input_mtok: 'inputUsdPerMTokens',
  cache_read_mtok: 'cachedInputUsdPerMTokens',
  cache_write_mtok: 'cacheWriteUsdPerMTokens',
  output_mtok: 'outputUsdPerMTokens',
} as const;

/** Long-context tiers, one record per bound, whatever of the two shapes the facts use. */
function tiersOf(value: unknown): unknown {
  if (value === undefined) return undefined;
  const flat = value as { above_prompt_tokens?: number; input: number; cached_input: number; output: number };
  if (flat.above_prompt_tokens !== undefined) {
    return [
      {
        aboveInputTokens: flat.above_prompt_tokens,
        inputUsdPerMTokens: flat.input,
        cachedInputUsdPerMTokens: flat.cached_input,
        outputUsdPerMTokens: flat.output,
      },
    ];
  }
  const byBound = new Map<number, Record<string, number>>();
  for (const [key, field] of Object.entries(TIER_FIELDS)) {
    for (const step of (value as Record<string, TierStep[] | undefined>)[key] ?? []) {
      const tier = byBound.get(step.above_input_tokens) ?? { aboveInputTokens: step.above_input_tokens };
      tier[field] = step.price;
      byBound.set(step.above_input_tokens, tier);
    }
  }
  return [...byBound.values()];
}

function crossChecksOf(value: unknown): unknown {
  if (value === undefined) return undefined;
  return Object.entries(value as Record<string, Numbers & { from?: unknown }>).map(([source, prices]) =>
    withoutAbsent({
      source,
      inputUsdPerMTokens: prices.input,
      cachedInputUsdPerMTokens: prices.cached,
      outputUsdPerMTokens: prices.output,
      effectiveFrom: prices.from,
    }),
  );
}

interface FeedRow {
  readonly from: string | null;
  readonly input_mtok?: number;
  readonly cache_read_mtok?: number;
  readonly cache_write_mtok?: number;
  readonly output_mtok?: number;
}

const rowPrices = (prices: FeedRow): Record<string, unknown> => ({
  inputUsdPerMTokens: prices.input_mtok,
  cachedInputUsdPerMTokens: prices.cache_read_mtok,
  cacheWriteUsdPerMTokens: prices.cache_write_mtok,
  outputUsdPerMTokens: prices.output_mtok,
});

interface History {
  /** Prices that held, or hold. */
  readonly past: readonly Record<string, unknown>[];
  /** Rows of a feed whose day came without the price changing. */
  readonly cancelled: readonly Record<string, unknown>[];
}

/**
 * A feed lists what is announced beside what was. Rows after the day that the fact is stated for are no history, and a
 * row whose day has passed while the fact, dated later, states another price was cancelled.
 */
function historyOf(fact: Fact): History {
  const rows = (fact.price_history ?? []) as FeedRow[];
  const checkedOn = String(fact.date);
  const past: Record<string, unknown>[] = [];
  const cancelled: Record<string, unknown>[] = [];
  for (const row of rows) {
    const { from } = row;
    if (from !== null && from > String(fact.effective_on)) continue;
    const contradicted = from !== null && checkedOn > from && row.input_mtok !== fact.input;
    const entry = withoutAbsent({ effectiveFrom: from, ...rowPrices(row) });
    if (contradicted && row === rows[rows.length - 1]) cancelled.push({ ...entry, state: 'cancelled' });
    else past.push(entry);
  }
  return { past, cancelled };
}

function scheduledOf(fact: Fact, cancelled: History['cancelled']): unknown {
  const announced = ((fact.scheduled ?? []) as (Numbers & { from: unknown; status: unknown })[]).map(
    (prices) =>
      withoutAbsent({
        effectiveFrom: prices.from,
        inputUsdPerMTokens: prices.input,
        outputUsdPerMTokens: prices.output,
        state: prices.status,
      }),
  );
  const all = [...cancelled, ...announced];
  return all.length === 0 ? undefined : all;
}

const PROMOTION = /[Pp]romotional rate through (\d{4}-\d{2}-\d{2})/;
const RETIRED = /^retired (\d{4}-\d{2}-\d{2})/;

/** What a fact says in words about how its price stands. */
function standingOf(fact: Fact): Record<string, unknown> {
  const retired = RETIRED.exec(String(fact.status ?? ''))?.[1];
  if (retired !== undefined) return { status: 'retired', statusUntil: retired };
  const until = PROMOTION.exec(String(fact.comment ?? ''))?.[1];
  if (until !== undefined) return { status: 'promotional', statusUntil: until };
  return fact.list_price === undefined ? {} : { status: 'promotional' };
}

function variantOf(value: unknown, extra: Record<string, unknown> = {}): unknown {
  if (value === undefined) return undefined;
  const prices = value as Numbers;
  return withoutAbsent({
    ...extra,
    inputUsdPerMTokens: prices.input,
    cachedInputUsdPerMTokens: prices.cached_input,
    outputUsdPerMTokens: prices.output,
  });
}

/** Texts of a fact that are no figures. */
function notesOf(fact: Fact): string[] | undefined {
  const notes = [fact.comment, fact.status, fact.long_context_rule]
    .filter((text) => text !== undefined)
    .map(String);
  if (fact.long_context_over !== undefined) {
    notes.push(`Another price applies over ${String(fact.long_context_over)} input tokens.`);
  }
  return notes.length === 0 ? undefined : notes;
}

/** Token prices of one model at one vendor. `sourcesAgree` is absent when there was no second source. */
export function llmEntry(fact: Fact): Record<string, unknown> {
  const { past, cancelled } = historyOf(fact);
  return withoutAbsent({
    ...commonFields(fact),
    ...standingOf(fact),
    sourcesAgree: fact.sources_agree,
    cachedInputSourcesAgree: fact.cached_disagrees === undefined ? undefined : false,
    vendor: fact.vendor,
    model: fact.model,
    effectiveOn: fact.effective_on,
    inputUsdPerMTokens: fact.input,
    cachedInputUsdPerMTokens: fact.cached_input,
    outputUsdPerMTokens: fact.output,
    cacheWriteUsdPerMTokens: fact.cache_write,
    cacheWrite1HourUsdPerMTokens: fact.cache_write_1h,
    cacheWrite12HourUsdPerMTokens: fact.cache_write_12h,
    batchInputUsdPerMTokens: fact.batch_input,
    batchOutputUsdPerMTokens: fact.batch_output,
    batchPriceRatio: fact.batch_discount,
    fastPriceRatio: fact.fast_multiplier,
    maxConcurrentRequests: fact.concurrency_limit,
    longContextTiers: tiersOf(fact.long_context_tiers),
    peak: variantOf(fact.peak, { hoursUtc: fact.peak_hours_utc }),
    listPrice: variantOf(fact.list_price),
    scheduled: scheduledOf(fact, cancelled),
    priceHistory: past.length === 0 ? undefined : past,
    crossChecks: crossChecksOf(fact.cross_check),
    notes: notesOf(fact),
  });
}
