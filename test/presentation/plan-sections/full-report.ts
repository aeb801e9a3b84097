import { parse } from 'csv-parse/sync';
import type { Block, Table } from '../../../presentation/blocks.ts';
import { plannedModes } from '../../../presentation/plan-reading.ts';
import { buildReport } from '../../../presentation/report.ts';
import { fullPlan } from '../plan-fixtures.ts';
import { type Element, parseElements } from '../well-formed.ts';

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the fixture is empty');
  return value;
}

export const plan = fullPlan();
export const report = buildReport([], plan);
export const compose = present(plannedModes(plan)[0]);
export const kubernetes = present(plannedModes(plan)[1]);
export const drawn = present(kubernetes.uncertainty);
export const scaled = present(kubernetes.autoscaling);
export const breakEven = present(plan.breakEven);

export const blocksOf = (id: string): readonly Block[] => {
  const section = report.sections.find((each) => each.id === id);
  if (section === undefined) throw new Error(`no section ${id}`);
  return section.blocks;
};
export const tablesOf = (id: string): Table[] =>
  blocksOf(id).filter((block): block is Table => block.kind === 'table');

export const ofClass = (svg: string, name: string, className: string): Element[] =>
  parseElements(svg).filter(
    (element) => element.name === name && (element.attributes.class ?? '').split(' ').includes(className),
  );
export const numberOf = (element: Element | undefined, name: string): number =>
  Number(element?.attributes[name]);
export const rowsOf = (text: string | undefined): Record<string, string>[] =>
  parse(text ?? '', { columns: true, skip_empty_lines: true });
