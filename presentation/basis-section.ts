import { BASES, type Basis, type PlanFile, type Sourced } from '../vocabulary/plan-file.ts';
import { type Block, basisBadge, type Cell, cell, column, numeric, type Section } from './blocks.ts';
import { ABSENT, formatNumber } from './numbers.ts';
import { plannedModes } from './plan-reading.ts';
import type { ResultReading } from './step-reading.ts';

interface Used extends Sourced {
  readonly usedFor: string;
}

const MEANING = {
  measured: 'Measured: from a run of a real engine.',
  simulated: 'SIMULATED: from a run of a simulated engine; no such hardware was measured.',
  assumed: 'Assumed: nobody measured it; change it with the option or file named.',
  catalogue: 'Catalogue: a published price, with its date.',
  derived: 'Derived: follows from the others by the equation named.',
} as const satisfies Record<Basis, string>;

function planFigures(plan: PlanFile): Used[] {
  return [
    ...plan.demand.figures.map((figure) => ({ ...figure, usedFor: 'demand' })),
    ...plannedModes(plan).flatMap((mode) => [
      ...mode.tiers.flatMap((tier) =>
        tier.capacity.map((figure) => ({ ...figure, usedFor: `${mode.mode}, ${tier.tier}` })),
      ),
      ...mode.costLines.map((cost) => ({
        name: `price of ${cost.line}`,
        value: cost.unitPriceUsd,
        unit: `USD per ${cost.unit}`,
        basis: cost.basis,
        source: cost.source,
        ...(cost.date === undefined ? {} : { date: cost.date }),
        usedFor: mode.mode,
      })),
    ]),
  ];
}

const shapeFigures = (readings: readonly ResultReading[]): Used[] =>
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

/** One row per figure, with everything it is used for. */
function merged(figures: readonly Used[]): Used[] {
  const byKey = Map.groupBy(figures, ({ name, value, unit, basis, source, date }) =>
    JSON.stringify([name, value, unit, basis, source, date]),
  );
  return [...byKey.values()].flatMap(([first, ...rest]) => {
    if (first === undefined) return [];
    const uses = new Set([first, ...rest].map((figure) => figure.usedFor));
    return [{ ...first, usedFor: [...uses].join('; ') }];
  });
}

function basisTable(basis: Basis, figures: readonly Used[]): Block {
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
      figure.date === undefined ? { text: ABSENT, muted: true } : cell(figure.date),
      cell(figure.usedFor),
    ]),
  };
}

/** Each figure with what it rests on, its source and its date, grouped by basis. */
export function basisSection(readings: readonly ResultReading[], plan: PlanFile | undefined): Section {
  const figures = merged([...shapeFigures(readings), ...(plan === undefined ? [] : planFigures(plan))]);
  const tables = BASES.flatMap((basis) => {
    const rows = figures.filter((figure) => figure.basis === basis);
    return rows.length === 0 ? [] : [basisTable(basis, rows)];
  });
  return { id: 'basis', title: 'Measured, simulated, assumed', blocks: tables };
}
