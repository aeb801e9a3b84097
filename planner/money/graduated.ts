/** A price that holds for the next `quantity` units; the last step has no end. */
export interface PriceStep {
  readonly upTo: number;
  readonly unitPriceUsd: number;
}

/** What one step of a graduated price bills. */
export interface BilledStep extends PriceStep {
  readonly quantity: number;
  readonly usd: number;
}

/**
 * Each unit at the price of the step that it falls in, as providers bill traffic: the first 10 TB at one price, the next
 * 40 TB at another. Steps in rising order of `upTo`, a bound from 0; what lies past the last bound is billed at the last
 * step's price.
 */
export function billGraduated(quantity: number, steps: readonly PriceStep[]): BilledStep[] {
  let from = 0;
  return steps.flatMap((step, index) => {
    const upTo = index === steps.length - 1 ? Number.POSITIVE_INFINITY : step.upTo;
    const inStep = Math.max(0, Math.min(quantity, upTo) - from);
    from = upTo;
    return inStep === 0 ? [] : [{ ...step, quantity: inStep, usd: inStep * step.unitPriceUsd }];
  });
}

/** Sum over the steps. */
export const computeGraduatedUsd = (quantity: number, steps: readonly PriceStep[]): number =>
  billGraduated(quantity, steps).reduce((sum, { usd }) => sum + usd, 0);

/** Decimal, as traffic is billed. */
const GB_PER_TB = 1000;

/** The steps of a traffic price whose entry names the fields: 10 TB, the next 40, the next 100 and all beyond. */
export function trafficSteps(prices: {
  readonly usdPerGb: number;
  readonly next40TbUsdPerGb?: number | undefined;
  readonly next100TbUsdPerGb?: number | undefined;
}): PriceStep[] {
  const { usdPerGb, next40TbUsdPerGb = usdPerGb, next100TbUsdPerGb = next40TbUsdPerGb } = prices;
  return [
    { upTo: 10 * GB_PER_TB, unitPriceUsd: usdPerGb },
    { upTo: 50 * GB_PER_TB, unitPriceUsd: next40TbUsdPerGb },
    { upTo: 150 * GB_PER_TB, unitPriceUsd: next100TbUsdPerGb },
  ];
}
