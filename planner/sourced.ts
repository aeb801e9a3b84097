import type { CatalogueFigure } from '../scenarios/catalogue.ts';
import type { Basis, Sourced } from '../vocabulary/plan-file.ts';

interface SourcedParts {
  readonly basis: Basis;
  readonly source: string;
  readonly date?: string | undefined;
}

/** A figure with unit and basis. A value that is not finite is a bug and throws: no plan may carry it. */
export function sourced(name: string, value: number, unit: string, parts: SourcedParts): Sourced {
  if (!Number.isFinite(value)) throw new RangeError(`${name} is not finite: ${value}`);
  const { basis, source, date } = parts;
  return { name, value, unit, basis, source, ...(date === undefined ? {} : { date }) };
}

/** Entries of the tool's own defaults are assumptions; all others are catalogue facts. */
export const basisOfFigure = (figure: CatalogueFigure): Basis =>
  figure.group === 'planning-defaults' ? 'assumed' : 'catalogue';

/** A catalogue figure under a name of the plan. */
export const sourcedFromFigure = (name: string, figure: CatalogueFigure): Sourced =>
  sourced(name, figure.value, figure.unit, {
    basis: basisOfFigure(figure),
    source: `${figure.id}: ${figure.source}`,
    date: figure.date,
  });
