import { nearNames } from '../../scenarios/catalogue/near-names.ts';
import { type Catalogue, findLlmPrice, type LlmPrice, readCatalogue } from '../../scenarios/catalogue.ts';
import { failed, type Issue, ok, type Result } from '../../vocabulary/errors.ts';
import type { PriceConfig, ProviderConfig } from '../config/llm.ts';
import type { TokenPrice } from './spent.ts';

type Explicit = Exclude<PriceConfig, { catalogue: string }>;
type Rates = Pick<LlmPrice, 'inputUsdPerMTokens' | 'outputUsdPerMTokens'> &
  Partial<Pick<LlmPrice, 'cachedInputUsdPerMTokens' | 'cacheWriteUsdPerMTokens'>>;

/** Vendors without a price for cached input bill it as input. */
const priceFromConfig = (price: Explicit): TokenPrice => ({
  inputUsdPerMTok: price.inputUsdPerMTok,
  cachedInputUsdPerMTok: price.cachedInputUsdPerMTok ?? price.inputUsdPerMTok,
  outputUsdPerMTok: price.outputUsdPerMTok,
  ...(price.cacheWriteUsdPerMTok === undefined ? {} : { cacheWriteUsdPerMTok: price.cacheWriteUsdPerMTok }),
});

const priceFromRates = (rates: Rates): TokenPrice => ({
  inputUsdPerMTok: rates.inputUsdPerMTokens,
  cachedInputUsdPerMTok: rates.cachedInputUsdPerMTokens ?? rates.inputUsdPerMTokens,
  outputUsdPerMTok: rates.outputUsdPerMTokens,
  ...(rates.cacheWriteUsdPerMTokens === undefined
    ? {}
    : { cacheWriteUsdPerMTok: rates.cacheWriteUsdPerMTokens }),
});

/** An entry of the catalogue, with its prices for long prompts; a tier that names no rate keeps the entry's. */
function priceFromEntry(entry: LlmPrice): TokenPrice {
  const tiers = entry.longContextTiers?.map((tier) => ({
    aboveInputTokens: tier.aboveInputTokens,
    ...priceFromRates({
      inputUsdPerMTokens: tier.inputUsdPerMTokens ?? entry.inputUsdPerMTokens,
      outputUsdPerMTokens: tier.outputUsdPerMTokens ?? entry.outputUsdPerMTokens,
      cachedInputUsdPerMTokens: tier.cachedInputUsdPerMTokens ?? entry.cachedInputUsdPerMTokens,
      cacheWriteUsdPerMTokens: tier.cacheWriteUsdPerMTokens ?? entry.cacheWriteUsdPerMTokens,
    }),
  }));
  return { ...priceFromRates(entry), ...(tiers === undefined ? {} : { longContextTiers: tiers }) };
}

function llmIds(catalogue: Catalogue): string[] {
  return [...catalogue.entries.values()]
    .filter((entry) => entry.group === 'llm-prices')
    .map(({ entry }) => entry.id);
}

/**
 * Token prices by provider name. The catalogue is read only when a provider names an entry of it; INVALID_CONFIG lists
 * every unknown entry with the names nearest to it.
 */
export function readPrices(providers: readonly ProviderConfig[]): Result<ReadonlyMap<string, TokenPrice>> {
  const prices = new Map<string, TokenPrice>();
  const issues: Issue[] = [];
  let catalogue: Catalogue | undefined;
  for (const [index, provider] of providers.entries()) {
    if (provider.kind === 'keyword' || provider.price === undefined) continue;
    if (!('catalogue' in provider.price)) {
      prices.set(provider.name, priceFromConfig(provider.price));
      continue;
    }
    if (catalogue === undefined) {
      const read = readCatalogue();
      if (read.kind === 'failed') return read;
      catalogue = read.value;
    }
    const id = provider.price.catalogue;
    const found = findLlmPrice(catalogue, id);
    if (found.kind === 'ok') prices.set(provider.name, priceFromEntry(found.value));
    else issues.push(unknownEntry(`providers[${index}].price.catalogue`, id, llmIds(catalogue)));
  }
  if (issues.length === 0) return ok(prices);
  return failed('INVALID_CONFIG', 'the gateway configuration names prices that the catalogue lacks', {
    issues,
  });
}

const unknownEntry = (path: string, id: string, ids: readonly string[]): Issue => ({
  path,
  expected: 'the id of token prices in the catalogue',
  got: id,
  fix: `use one of ${nearNames(id, ids).join(', ')}, or name the prices themselves`,
});
