import type { Issue } from '../../vocabulary/errors.ts';
import { lineIssue } from '../tables.ts';

const TOKENS = /^\d{1,9}$/;
const MAX_TOKENS = 999_999_999;

/** A whole number of tokens ≥ 0, as text or as a JSON number; undefined for anything else. */
export function parseTokens(value: unknown): number | undefined {
  if (typeof value === 'number')
    return Number.isInteger(value) && value >= 0 && value <= MAX_TOKENS ? value : undefined;
  return typeof value === 'string' && TOKENS.test(value) ? Number(value) : undefined;
}

/** A field as messages show it. */
export const shownField = (value: unknown): string | undefined =>
  value === undefined || typeof value === 'string' ? value : JSON.stringify(value);

const FIX = 'correct or remove the row';

/** Reads fields of one row and lists what cannot be read. */
export class FieldReader {
  readonly issues: Issue[] = [];

  /** Tokens of a column, or undefined with an issue. */
  tokens(line: number, column: string, value: unknown): number | undefined {
    return this.read(line, `${column} as a whole number ≥ 0`, value, parseTokens);
  }

  /** Whatever `parse` makes of a value; undefined is an issue. */
  read<T, V>(line: number, expected: string, value: V, parse: (value: V) => T | undefined): T | undefined {
    const parsed = parse(value);
    if (parsed === undefined) this.issues.push(lineIssue(line, expected, shownField(value), FIX));
    return parsed;
  }

  /** Whether a row has as many fields as its header. */
  hasFields(line: number, fields: number, got: number): boolean {
    if (got === fields) return true;
    this.issues.push(lineIssue(line, `${fields} fields`, `${got} fields`, FIX));
    return false;
  }
}
