import type { ModeTier } from '../../scenarios/mode.ts';
import type { CostLine } from '../../vocabulary/plan-file.ts';
import {
  HOURS_PER_MONTH,
  HOURS_PER_YEAR,
  MONTHS_PER_YEAR,
  percentFromRatio,
} from '../../vocabulary/units.ts';
import { figureOf, type SizingContext } from '../size/context.ts';
import { type InputFactor, relativeRange } from '../uncertainty/ranges.ts';
import { costLine, type PricedLine, priceSource, rangeFactors } from './cost-line.ts';

type OwnedNode = Extract<ModeTier['unit'], { kind: 'owned-gpu-node' }>;

/** USD per month of owning `capexUsd` for `lifeYears`, straight line, without interest. */
export const computeCapexUsdPerMonth = (capexUsd: number, lifeYears: number): number =>
  capexUsd / (lifeYears * MONTHS_PER_YEAR);

/** USD per month of `kw` drawn all the time: kW · PUE · 730 h · USD/kWh. */
export const computeEnergyUsdPerMonth = (kw: number, pueRatio: number, usdPerKwh: number): number =>
  kw * pueRatio * HOURS_PER_MONTH * usdPerKwh;

/**
 * USD of an hour of useful work on an own machine: capital ÷ (years · 8760 · utilisation) + kW · PUE · USD/kWh, and
 * maintenance, space and staff by the same utilisation. Energy is that of the useful hour; what idle hours draw is left
 * to the plan's cost lines, which count every hour in full.
 */
export function computeUsefulHourUsd(input: {
  readonly capexUsd: number;
  readonly lifeYears: number;
  readonly utilisationRatio: number;
  readonly kw: number;
  readonly pueRatio: number;
  readonly usdPerKwh: number;
  /** Maintenance, space and staff. */
  readonly otherUsdPerMonth: number;
}): number {
  const { capexUsd, lifeYears, utilisationRatio, kw, pueRatio, usdPerKwh, otherUsdPerMonth } = input;
  if (!(utilisationRatio > 0 && utilisationRatio <= 1)) {
    throw new RangeError(`utilisation must be in (0, 1], got ${utilisationRatio}`);
  }
  const capexUsdPerHour = capexUsd / (lifeYears * HOURS_PER_YEAR);
  const otherUsdPerHour = otherUsdPerMonth / HOURS_PER_MONTH;
  return (capexUsdPerHour + otherUsdPerHour) / utilisationRatio + kw * pueRatio * usdPerKwh;
}

/** The purchase price's own range, else the relative range of the estimate that the mode names. */
function capexFactors(unit: OwnedNode, context: SizingContext): InputFactor[] {
  const own = rangeFactors(figureOf(context, unit.capex.id, unit.capex.field));
  const { capexSpread } = unit;
  if (own.length > 0 || capexSpread === undefined) return own;
  const low = figureOf(context, capexSpread.id, capexSpread.lowField).value;
  const high = figureOf(context, capexSpread.id, capexSpread.highField).value;
  return [{ key: capexSpread.id, range: relativeRange((low + high) / 2, { low, high }), power: 1 }];
}

/** Capital, maintenance, energy and space of own nodes. Idle nodes cost the same: they are owned. */
export function ownGpuLines(unit: OwnedNode, nodes: number, context: SizingContext): PricedLine[] {
  const read = (key: 'capex' | 'life' | 'power' | 'pue' | 'electricity' | 'colocation') =>
    figureOf(context, unit[key].id, unit[key].field);
  const [capex, life, power] = [read('capex'), read('life'), read('power')];
  const [pue, electricity, colocation] = [read('pue'), read('electricity'), read('colocation')];
  const purchase = capexFactors(unit, context);
  const line = (parts: Omit<Parameters<typeof costLine>[0], 'category' | 'quantity' | 'unit'>): CostLine =>
    costLine({ ...parts, category: 'gpu', quantity: nodes, unit: 'nodes' });
  return [
    {
      line: line({
        line: `${unit.name} purchase over ${life.value} years`,
        unitPriceUsd: computeCapexUsdPerMonth(capex.value, life.value),
        ...priceSource(capex, life),
      }),
      factors: [...purchase, ...rangeFactors(life, -1)],
    },
    {
      line: line({
        line: `${unit.name} maintenance`,
        unitPriceUsd: computeCapexUsdPerMonth(capex.value, 1) * unit.supportRatioPerYear,
        basis: 'assumed',
        source: `${Number(percentFromRatio(unit.supportRatioPerYear).toPrecision(3))} % of the price per year, set by the mode; ${capex.id}`,
      }),
      factors: purchase,
    },
    {
      line: line({
        line: `electricity at ${power.value} kW and PUE ${pue.value}`,
        unitPriceUsd: computeEnergyUsdPerMonth(power.value, pue.value, electricity.value),
        ...priceSource(electricity, power, pue),
      }),
      factors: [...rangeFactors(power), ...rangeFactors(pue), ...rangeFactors(electricity)],
    },
    {
      line: line({
        // Space is rented by the power that could be drawn, so what is drawn does not move it.
        line: 'rack space and power capacity',
        unitPriceUsd: power.value * colocation.value,
        ...priceSource(colocation, power),
      }),
      factors: rangeFactors(colocation),
    },
  ];
}
