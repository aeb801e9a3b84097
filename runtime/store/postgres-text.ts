/**
 * PostgreSQL's text holds every character but NUL, which a customer may well send. SUB marks it, and itself. Both are
 * looked for first: nearly every text has neither.
 */
const NUL = '\0';
const SUB = '\u001a';

/** The form in which a text is stored. */
export const storedText = (text: string): string =>
  text.includes(NUL) || text.includes(SUB)
    ? text.replaceAll(SUB, `${SUB}1`).replaceAll(NUL, `${SUB}0`)
    : text;

/** What was stored: marks never overlap, so the two replacements cannot meet. */
export const textFromStored = (text: string): string =>
  text.includes(SUB) ? text.replaceAll(`${SUB}0`, NUL).replaceAll(`${SUB}1`, SUB) : text;

/** Every text of a list of parameters in its stored form. */
export const storedValues = <T>(values: readonly T[]): (T | string)[] =>
  values.map((value) => (typeof value === 'string' ? storedText(value) : value));

/** A row with its texts as they were written. */
export function rowFromStored(row: Record<string, unknown>): Record<string, unknown> {
  for (const key in row) {
    const value = row[key];
    if (typeof value === 'string') row[key] = textFromStored(value);
  }
  return row;
}

/** Rows as JSON for json_populate_recordset: one parameter whatever their number. */
export const recordSet = (
  columns: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
): string =>
  JSON.stringify(
    rows.map((values) =>
      Object.fromEntries(
        columns.map((column, index) => {
          const value = values[index] ?? null;
          return [column, typeof value === 'string' ? storedText(value) : value];
        }),
      ),
    ),
  );
