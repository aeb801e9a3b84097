import { BASES, type Basis, type PlanFile } from '../vocabulary/plan-file.ts';
import { type Block, basisBadge, type Cell, cell, column, numeric, type Section } from './blocks.ts';
import { ABSENT, formatNumber } from './numbers.ts';
import type { ResultReading } from './step-reading.ts';
import { mergeFigures, type UsedFigure, usedFigures } from './used-figures.ts';

const MEANING = {
  measured: 'Measured: from a run of a real engine.',
  simulated: 'SIMULATED: from a run of a simulated engine; no such hardware was measured.',
  assumed: 'Assumed: nobody measured it; change it with the option or file named.',
  catalogue: 'Catalogue: a published price, with its date.',
  derived: 'Derived: follows from the others by the equation named.',
} as const satisfies Record<Basis, string>;

const shapeFigures = (readings: readonly ResultReading[]): UsedFigure[] =>
  readings.flatMap(({ result }) => {
    const common = {
      basis: 'assumed' as const,
      source: result.shape.basis,
      usedFor: `load on ${result.target.name}`,
    };
    return [
      {
        ...common,
        name: 'turns per interaction',
        value: result.shape.meanTurnsPerInteraction,
        unit: 'turns',
      },
      { ...common, name: 'think time, mean', value: result.shape.meanThinkTimeMs, unit: 'ms' },
    ];
  });

/** Entries of the price list that were past their shelf life when the plan was made. */
const staleEntries = (plan: PlanFile | undefined): ReadonlySet<string> =>
  new Set(
    [
      ...(plan?.diagnostics ?? []),
      ...(plan?.modes ?? []).flatMap(({ diagnostics }) => diagnostics),
      ...(plan?.breakEven?.diagnostics ?? []),
    ].flatMap(({ code, subject }) => (code === 'STALE_PRICE' && subject !== undefined ? [subject] : [])),
  );

/** A source begins with the id of its entry; others that a figure rests on follow after semicolons. */
const entriesOf = (source: string): string[] => source.split('; ').map((part) => part.split(': ')[0] ?? part);

function dateCell({ date, source }: UsedFigure, stale: ReadonlySet<string>): Cell {
  if (date === undefined) return { text: ABSENT, muted: true };
  return entriesOf(source).some((id) => stale.has(id))
    ? { text: date, badge: { kind: 'unsure', text: 'stale' } }
    : cell(date);
}

function basisTable(basis: Basis, figures: readonly UsedFigure[], stale: ReadonlySet<string>): Block {
  return {
    kind: 'table',
    caption: MEANING[basis],
    badge: basisBadge(basis),
    columns: [
      column('figure'),
      numeric('value'),
      column('unit'),
      column('source'),
      column('date'),
      column('used for'),
    ],
    rows: figures.map((figure): Cell[] => [
      cell(figure.name),
      cell(formatNumber(figure.value)),
      cell(figure.unit),
      cell(figure.source),
      dateCell(figure, stale),
      cell(figure.usedFor),
    ]),
  };
}

/** Each figure with what it rests on, its source and its date, grouped by basis. */
export function basisSection(readings: readonly ResultReading[], plan: PlanFile | undefined): Section {
  const figures = mergeFigures([...shapeFigures(readings), ...(plan === undefined ? [] : usedFigures(plan))]);
  const stale = staleEntries(plan);
  const tables = BASES.flatMap((basis) => {
    const rows = figures.filter((figure) => figure.basis === basis);
    return rows.length === 0 ? [] : [basisTable(basis, rows, stale)];
  });
  return { id: 'basis', title: 'Measured, simulated, assumed', blocks: tables };
}
