import type { Basis } from '../vocabulary/plan-file.ts';

/** A short mark beside a figure: what it rests on, or a verdict or severity. */
export interface Badge {
  readonly kind: Basis | 'good' | 'bad' | 'unsure';
  readonly text: string;
}

/** Simulated is shouted on every surface. */
export const basisBadge = (basis: Basis): Badge => ({
  kind: basis,
  text: basis === 'simulated' ? 'SIMULATED' : basis,
});

/** One cell of a table, before it is HTML or Markdown. */
export interface Cell {
  readonly text: string;
  readonly badge?: Badge;
  /** More, on demand: a tooltip in HTML, left out of Markdown. */
  readonly hint?: string;
  /** Shown with less weight: a withheld percentile, an absence. */
  readonly muted?: true;
}

/** The head of a column; numeric ones stand to the right. */
export interface Column {
  readonly title: string;
  readonly numeric?: true;
}

/** A table with what it is about. */
export interface Table {
  readonly kind: 'table';
  readonly caption: string;
  readonly badge?: Badge;
  /** Figures to compare down a column: scrolls sideways on a narrow page, where other tables turn into cards. */
  readonly dense?: true;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
}

/** A chart as SVG text. Its figures are in a table too, so that Markdown loses none. */
export interface Chart {
  readonly kind: 'chart';
  readonly svg: string;
  readonly width: 'half' | 'full';
}

/** One kind of doubt, printed before any number that it concerns. */
export interface Notice {
  readonly kind: 'notice';
  readonly severity: 'error' | 'warning' | 'info';
  readonly title: string;
  readonly text: string;
  /** What was said under it, each with what it is about. */
  readonly items: readonly string[];
}

/** A part of a section, whatever it is shown as. */
export type Block =
  | Table
  | Chart
  | Notice
  | { readonly kind: 'heading'; readonly text: string; readonly badge?: Badge }
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'command'; readonly text: string };

/** A part of a report with a heading; `id` is its anchor. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** A report, before it is HTML or Markdown. */
export interface Report {
  readonly title: string;
  readonly subtitle: string;
  /** Said at the top where any figure rests on a simulated engine. */
  readonly simulatedNotice: string | undefined;
  readonly sections: readonly Section[];
}

/** A cell of plain words. */
export const cell = (text: string): Cell => ({ text });
/** A column of figures. */
export const numeric = (title: string): Column => ({ title, numeric: true });
/** A column of words. */
export const column = (title: string): Column => ({ title });
/** A paragraph of plain words. */
export const paragraph = (text: string): Block => ({ kind: 'paragraph', text });
