import { BusyhourError, createFailure } from '../vocabulary/errors.ts';

interface NumberRange {
  readonly min?: number;
  readonly max?: number;
  readonly integer?: boolean;
}

function describeRange({ min, max, integer }: NumberRange): string {
  const kind = integer ? 'a whole number' : 'a number';
  const low = min === undefined ? '' : ` from ${min}`;
  const high = max === undefined ? '' : ` to ${max}`;
  return `${kind}${low}${high}`;
}

function usage(message: string): BusyhourError {
  return new BusyhourError(createFailure('USAGE', message));
}

/** A commander parser for a numeric option: a clear usage failure instead of NaN. */
export function numberOption(flag: string, range: NumberRange = {}): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    const inside =
      Number.isFinite(value) &&
      value >= (range.min ?? Number.NEGATIVE_INFINITY) &&
      value <= (range.max ?? Number.POSITIVE_INFINITY) &&
      (!range.integer || Number.isInteger(value));
    if (!inside) throw usage(`${flag}: expected ${describeRange(range)}, got "${text}"`);
    return value;
  };
}

/** A commander parser for one of a closed list. */
export function choiceOption<T extends string>(flag: string, choices: readonly T[]): (text: string) => T {
  return (text) => {
    const choice = choices.find((candidate) => candidate === text);
    if (choice === undefined) throw usage(`${flag}: expected one of ${choices.join(', ')}, got "${text}"`);
    return choice;
  };
}

/** `a,b,c` as a list; empty parts are refused. */
export function listOption(flag: string): (text: string) => string[] {
  return (text) => {
    const parts = text.split(',').map((part) => part.trim());
    if (parts.some((part) => part === ''))
      throw usage(`${flag}: expected names separated by commas, got "${text}"`);
    return parts;
  };
}

/** An http(s) URL without a trailing slash. */
export function urlOption(flag: string): (text: string) => string {
  return (text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol)) {
      throw usage(`${flag}: expected an http or https URL such as http://127.0.0.1:8080, got "${text}"`);
    }
    return text.replace(/\/+$/, '');
  };
}
