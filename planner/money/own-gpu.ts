import type { ModeTier } from '../../scenarios/mode.ts';
import type { CostLine } from '../../vocabulary/plan-file.ts';
import { HOURS_PER_MONTH, HOURS_PER_YEAR } from '../../vocabulary/units.ts';
import { figureOf, type SizingContext } from '../size/context.ts';
import { costLine, priceSource } from './cost-line.ts';

type OwnedNode = Extract<ModeTier['unit'], { kind: 'owned-gpu-node' }>;

const MONTHS_PER_YEAR = HOURS_PER_YEAR / HOURS_PER_MONTH;

/** USD per month of owning `capexUsd` for `lifeYears`, straight line, without interest. */
export const computeCapexUsdPerMonth = (capexUsd: number, lifeYears: number): number =>
  capexUsd / (lifeYears * MONTHS_PER_YEAR);

/** USD per month of `kw` drawn all the time: kW · PUE · 730 h · USD/kWh. */
export const computeEnergyUsdPerMonth = (kw: number, pueRatio: number, usdPerKwh: number): number =>
  kw * pueRatio * HOURS_PER_MONTH * usdPerKwh;

/** Capital, maintenance, energy and space of own nodes. Idle nodes cost the same: they are owned. */
export function ownGpuLines(unit: OwnedNode, nodes: number, context: SizingContext): CostLine[] {
  const read = (key: 'capex' | 'life' | 'power' | 'pue' | 'electricity' | 'colocation') =>
    figureOf(context, unit[key].id, unit[key].field);
  const [capex, life, power] = [read('capex'), read('life'), read('power')];
  const [pue, electricity, colocation] = [read('pue'), read('electricity'), read('colocation')];
  const common = { category: 'gpu' as const, quantity: nodes, unit: 'nodes' };
  return [
    costLine({
      ...common,
      line: `${unit.name} purchase over ${life.value} years`,
      unitPriceUsd: computeCapexUsdPerMonth(capex.value, life.value),
      ...priceSource(capex),
    }),
    costLine({
      ...common,
      line: `${unit.name} maintenance`,
      unitPriceUsd: computeCapexUsdPerMonth(capex.value, 1) * unit.supportRatioPerYear,
      basis: 'assumed',
      source: `${unit.supportRatioPerYear * 100} % of the price per year, set by the mode`,
    }),
    costLine({
      ...common,
      line: `electricity at ${power.value} kW and PUE ${pue.value}`,
      unitPriceUsd: computeEnergyUsdPerMonth(power.value, pue.value, electricity.value),
      ...priceSource(electricity),
    }),
    costLine({
      ...common,
      line: 'rack space and power capacity',
      unitPriceUsd: power.value * colocation.value,
      ...priceSource(colocation),
    }),
  ];
}
