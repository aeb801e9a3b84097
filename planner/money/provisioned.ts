import { HOURS_PER_MONTH } from '../../vocabulary/units.ts';

/** What a unit of provisioned throughput carries, and how many can be bought. */
export interface ProvisionedTerms {
  readonly inputTokensPerMinPerUnit: number;
  /** Input tokens that one output token weighs. */
  readonly outputTokenWeightRatio: number;
  readonly minUnits: number;
  readonly incrementUnits: number;
}

/** Tokens per minute that must be carried at once: those of the busy hour, not of the mean. */
export interface TokenRate {
  readonly inputTokensPerMin: number;
  /** Part of the input; read from the cache it uses no throughput. */
  readonly cachedInputTokensPerMin: number;
  readonly outputTokensPerMin: number;
}

export interface ProvisionedSize {
  readonly units: number;
  /** Share of the bought throughput that the rate uses. */
  readonly utilisation: number;
}

/** 15.0000000001 units are 15. */
const ROUNDING = 1e-9;

/**
 * Units for a rate: (uncached input + weight × output) ÷ input tokens per minute of a unit, rounded up to what is sold.
 * Azure OpenAI counts so, and deducts cached input whole (entries `azure-ptu/…`).
 */
export function sizeProvisioned(rate: TokenRate, terms: ProvisionedTerms): ProvisionedSize {
  const weighted =
    rate.inputTokensPerMin -
    rate.cachedInputTokensPerMin +
    terms.outputTokenWeightRatio * rate.outputTokensPerMin;
  const exact = weighted / terms.inputTokensPerMinPerUnit;
  const steps = Math.max(0, Math.ceil((exact - terms.minUnits) / terms.incrementUnits - ROUNDING));
  const units = terms.minUnits + steps * terms.incrementUnits;
  return { units, utilisation: exact / units };
}

/** USD per month of units by the hour, or by a price per month where one is given. */
export const computeProvisionedUsdPerMonth = (
  units: number,
  price: { readonly usdPerUnitHour: number } | { readonly usdPerUnitMonth: number },
): number =>
  'usdPerUnitMonth' in price ? units * price.usdPerUnitMonth : units * price.usdPerUnitHour * HOURS_PER_MONTH;
