import type { CatalogueFigure } from '../../scenarios/catalogue.ts';
import type { Basis, CostLine } from '../../vocabulary/plan-file.ts';

/** What a line grows with when an input changes: decides how a draw re-prices it. */
export type LineDriver = 'replicas' | 'llm' | 'people' | 'fixed';

/** A cost line with the tier that causes it and what it grows with. */
export interface DrivenLine {
  readonly line: CostLine;
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
}

/** quantity × unit price is the monthly cost; a line that is not finite is a bug and throws. */
export function costLine(parts: LineParts): CostLine {
  const { date, ...rest } = parts;
  const usdPerMonth = parts.quantity * parts.unitPriceUsd;
  if (!Number.isFinite(usdPerMonth)) throw new RangeError(`${parts.line} costs ${usdPerMonth} USD per month`);
  return { ...rest, usdPerMonth, ...(date === undefined ? {} : { date }) };
}

/** Where a catalogue price comes from. */
export const priceSource = (figure: CatalogueFigure): { source: string; date: string; basis: Basis } => ({
  source: `${figure.id}: ${figure.source}`,
  date: figure.date,
  basis: figure.group === 'planning-defaults' ? 'assumed' : 'catalogue',
});
