import type { Catalogue } from '../../../scenarios/catalogue.ts';
import { optionalFigure } from '../../size/context.ts';
import { computeProvisionedUsdPerMonth, type ProvisionedTerms, sizeProvisioned } from '../provisioned.ts';
import { type BoughtTier, busyTokenRate } from './bought-tier.ts';
import type { CostOption } from './option.ts';

const SERIES = 'azure-ptu';

/** The terms of provisioned throughput for a model of this name, where the catalogue has them. */
function termsFor(catalogue: Catalogue, model: string): ProvisionedTerms | undefined {
  const perUnit = optionalFigure(catalogue, `${SERIES}/${model}`, 'inputTokensPerMinPerPtu');
  const weight = optionalFigure(catalogue, `${SERIES}/${model}`, 'outputTokenWeightRatio');
  const least = optionalFigure(catalogue, `${SERIES}/min-and-increment`, 'minPtus');
  const step = optionalFigure(catalogue, `${SERIES}/min-and-increment`, 'incrementPtus');
  if (perUnit === undefined || weight === undefined || least === undefined || step === undefined) {
    return undefined;
  }
  return {
    inputTokensPerMinPerUnit: perUnit.value,
    outputTokenWeightRatio: weight.value,
    minUnits: least.value,
    incrementUnits: step.value,
  };
}

const PLANS = [
  { field: 'usdPerPtuHour', key: 'usdPerUnitHour', words: 'by the hour' },
  { field: 'annualReservationUsdPerPtuMonth', key: 'usdPerUnitMonth', words: 'reserved for a year' },
] as const;

/** Provisioned throughput for the model that a mode buys, sized for the busy hour: by the hour and by the year. */
export function provisionedOptions(bought: BoughtTier): CostOption[] {
  const { catalogue } = bought.context;
  const model = bought.sizing.priceId.split('/').slice(1).join('/');
  const terms = termsFor(catalogue, model);
  if (terms === undefined) return [];
  return PLANS.flatMap(({ field, key, words }) => {
    const price = optionalFigure(catalogue, `${SERIES}/price`, field);
    if (price === undefined) return [];
    const option: CostOption = {
      id: `provisioned ${model} ${words}`,
      title: `${model} with provisioned throughput, ${words}`,
      basis: 'catalogue',
      source: `${price.id}: ${price.source}; ${SERIES}/${model}`,
      date: price.date,
      entryIds: [price.id, `${SERIES}/${model}`],
      priceAt: (perDay) => {
        const rate = busyTokenRate(bought, perDay);
        if (rate === undefined) return { kind: 'refused', reason: 'no result counts tokens' };
        const { units } = sizeProvisioned(rate, terms);
        const unitPrice =
          key === 'usdPerUnitHour' ? { usdPerUnitHour: price.value } : { usdPerUnitMonth: price.value };
        return { kind: 'priced', usdPerMonth: computeProvisionedUsdPerMonth(units, unitPrice), units };
      },
    };
    return [option];
  });
}
