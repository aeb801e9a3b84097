import type { PlanFile } from '../../vocabulary/plan-file.ts';
import { writeCsv } from '../csv.ts';
import { usedFigures } from '../used-figures.ts';

const COLUMNS = ['figure', 'value', 'unit', 'basis', 'source', 'date', 'usedFor'] as const;

/** Every figure that the plan rests on: measured, simulated, assumed, catalogue with date, derived. */
export const figuresCsv = (plan: PlanFile): string =>
  writeCsv(
    COLUMNS,
    usedFigures(plan).map(({ name, ...figure }) => ({ figure: name, ...figure })),
  );
