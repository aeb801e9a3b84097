import type { CatalogueFigure } from '../../scenarios/catalogue.ts';
import type { Basis, CostLine } from '../../vocabulary/plan-file.ts';
import type { Uncertain } from '../demand/assumptions.ts';
import { basisOfFigure } from '../sourced.ts';
import { type InputFactor, relativeRange } from '../uncertainty/ranges.ts';

/** What a line grows with: replicas of its tier, interactions, contacts that people take, or nothing. */
export type LineDriver = 'replicas' | 'volume' | 'people' | 'fixed';

/** An uncertain input of a line. */
export type LineFactor = InputFactor;

/** A cost line with the inputs whose range moves it. */
export interface PricedLine {
  readonly line: CostLine;
  readonly factors: readonly LineFactor[];
}

/** A priced line with the tier that causes it and what it grows with: all that a draw needs to price it again. */
export interface DrivenLine extends PricedLine {
  readonly tier: string | undefined;
  readonly driver: LineDriver;
}

interface LineParts {
  readonly line: string;
  readonly category: CostLine['category'];
  readonly quantity: number;
  readonly unit: string;
  readonly unitPriceUsd: number;
  readonly basis: Basis;
  readonly source: string;
  readonly date?: string | undefined;
  readonly skuId?: string | undefined;
}

/** quantity × unit price is the monthly cost; a line that is not finite is a bug and throws. */
export function costLine(parts: LineParts): CostLine {
  const { date, skuId, ...rest } = parts;
  const usdPerMonth = parts.quantity * parts.unitPriceUsd;
  if (!Number.isFinite(usdPerMonth)) throw new RangeError(`${parts.line} costs ${usdPerMonth} USD per month`);
  return {
    ...rest,
    usdPerMonth,
    ...(date === undefined ? {} : { date }),
    ...(skuId === undefined ? {} : { skuId }),
  };
}

/** Where a catalogue price comes from, with its entry and the other figures that the line rests on. */
export const priceSource = (
  figure: CatalogueFigure,
  ...others: readonly CatalogueFigure[]
): { source: string; date: string; basis: Basis; skuId: string } => ({
  source: [`${figure.id}: ${figure.source}`, ...others.map(({ id }) => id)].join('; '),
  date: figure.date,
  basis: basisOfFigure(figure),
  skuId: figure.id,
});

/** The range of an assumption as a factor; none when it was given. */
export const uncertainFactors = ({ value, low, high, figure }: Uncertain): InputFactor[] =>
  low === high ? [] : [{ key: figure.name, range: relativeRange(value, { low, high }), power: 1 }];

/** The range that the catalogue states for a figure, as a factor; none when it states one value. */
export const rangeFactors = (figure: CatalogueFigure, power: 1 | -1 = 1): InputFactor[] =>
  figure.range === undefined
    ? []
    : [{ key: `${figure.id}/${figure.field}`, range: relativeRange(figure.value, figure.range), power }];
