import { singleLine } from './escape.ts';

/** A column of a text table; widths in characters. */
export interface TextColumn {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Longer cells are wrapped at spaces to this many characters. */
  readonly maxChars: number;
}

/** Splits text into lines of at most `maxChars`, at spaces where there are any. */
export function wrapText(text: string, maxChars: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of singleLine(text).split(' ')) {
    if (line !== '' && line.length + 1 + word.length > maxChars) {
      lines.push(line);
      line = '';
    }
    let rest = line === '' ? word : `${line} ${word}`;
    while (rest.length > maxChars) {
      lines.push(rest.slice(0, maxChars));
      rest = rest.slice(maxChars);
    }
    line = rest;
  }
  return [...lines, line];
}

const GAP = '  ';

/** A plain table without colour: headings, a rule, and rows whose long cells continue on lines of their own. */
export function formatTextTable(
  columns: readonly TextColumn[],
  rows: readonly (readonly string[])[],
): string {
  const wrapped = rows.map((row) =>
    columns.map((column, index) => wrapText(row[index] ?? '', column.maxChars)),
  );
  const widths = columns.map((column, index) =>
    Math.max(column.title.length, ...wrapped.map((row) => Math.max(...(row[index] ?? ['']).map(lengthOf)))),
  );
  const lineOf = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => {
        const width = widths[index] ?? 0;
        return columns[index]?.align === 'right' ? cell.padStart(width) : cell.padEnd(width);
      })
      .join(GAP)
      .trimEnd();
  const body = wrapped.flatMap((row) => {
    const height = Math.max(...row.map((cell) => cell.length));
    return Array.from({ length: height }, (_, at) => lineOf(row.map((cell) => cell[at] ?? '')));
  });
  const rule = widths.map((width) => '─'.repeat(width)).join(GAP);
  return [lineOf(columns.map((column) => column.title)), rule, ...body].join('\n');
}

const lengthOf = (text: string): number => text.length;
