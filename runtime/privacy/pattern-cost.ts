import { failed, ok, type Result } from '../../vocabulary/errors.ts';

/** What one try of a pattern at one place may cost at most, and how long what it matches is. */
export interface PatternCost {
  /** Ways through the pattern: an upper bound of what backtracking tries. */
  readonly paths: number;
  readonly minChars: number;
  readonly maxChars: number;
}

const ATOM: PatternCost = { paths: 1, minChars: 1, maxChars: 1 };
const NOTHING: PatternCost = { paths: 1, minChars: 0, maxChars: 0 };

const inSequence = (left: PatternCost, right: PatternCost): PatternCost => ({
  paths: left.paths * right.paths,
  minChars: left.minChars + right.minChars,
  maxChars: left.maxChars + right.maxChars,
});

const either = (left: PatternCost, right: PatternCost): PatternCost => ({
  paths: left.paths + right.paths,
  minChars: Math.min(left.minChars, right.minChars),
  maxChars: Math.max(left.maxChars, right.maxChars),
});

/** More would not fit the limits anyway, and must not be counted up to. */
const MAX_REPEATS = 64;

function repeated(cost: PatternCost, least: number, most: number): PatternCost {
  let paths = 0;
  for (let times = least; times <= most; times++) paths += cost.paths ** times;
  return { paths, minChars: cost.minChars * least, maxChars: cost.maxChars * most };
}

class PatternError extends Error {}

const REPEAT = /^\{(\d{1,3})(?:,(\d{1,3}))?\}/;
const CLASS = /^\[\^?(?:\\.|[^\]\\])+\]/u;
const ESCAPE = /^\\(?:[dDwWsS]|[-.^$*+?()[\]{}|\\/])/;

/** Reads a pattern of fixed and bounded repeats; throws PatternError with what is not taken. */
class PatternReader {
  #rest: string;

  constructor(pattern: string) {
    this.#rest = pattern;
  }

  read(): PatternCost {
    const cost = this.#alternatives();
    if (this.#rest !== '') throw new PatternError(`a ) without its (: ${this.#rest}`);
    return cost;
  }

  #alternatives(): PatternCost {
    let cost = this.#sequence();
    while (this.#take('|')) cost = either(cost, this.#sequence());
    return cost;
  }

  #sequence(): PatternCost {
    let cost = NOTHING;
    while (this.#rest !== '' && !/^[|)]/.test(this.#rest)) cost = inSequence(cost, this.#quantified());
    return cost;
  }

  #quantified(): PatternCost {
    const cost = this.#atom();
    if (this.#take('?')) return repeated(cost, 0, 1);
    const repeat = REPEAT.exec(this.#rest);
    if (repeat === null) return cost;
    this.#rest = this.#rest.slice(repeat[0].length);
    const least = Number(repeat[1]);
    const most = Number(repeat[2] ?? least);
    if (most < least || most > MAX_REPEATS)
      throw new PatternError(`${repeat[0]}: at most ${MAX_REPEATS} repeats`);
    return repeated(cost, least, most);
  }

  #atom(): PatternCost {
    if (this.#take('(?:') || this.#take('(')) return this.#group();
    if (this.#take('\\b')) return NOTHING;
    for (const kind of [CLASS, ESCAPE]) {
      const token = kind.exec(this.#rest)?.[0];
      if (token === undefined) continue;
      this.#rest = this.#rest.slice(token.length);
      return ATOM;
    }
    return this.#literal();
  }

  #group(): PatternCost {
    if (this.#rest.startsWith('?'))
      throw new PatternError(`no lookaround and no named groups: (${this.#rest}`);
    const cost = this.#alternatives();
    if (!this.#take(')')) throw new PatternError('a ( without its )');
    return cost;
  }

  #literal(): PatternCost {
    const character = String.fromCodePoint(this.#rest.codePointAt(0) ?? 0);
    if ('*+?{}[]^$\\'.includes(character)) {
      throw new PatternError(
        `only bounded repeats such as {2,8}, classes, groups, \\d \\w \\s \\b, and not ${this.#rest}`,
      );
    }
    this.#rest = this.#rest.slice(character.length);
    return { ...ATOM, maxChars: 2 };
  }

  #take(token: string): boolean {
    if (!this.#rest.startsWith(token)) return false;
    this.#rest = this.#rest.slice(token.length);
    return true;
  }
}

/** What a pattern may cost; the message of the failure says which part of it has no bound. */
export function computePatternCost(pattern: string): Result<PatternCost> {
  try {
    return ok(new PatternReader(pattern).read());
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    return failed('INVALID_CONFIG', error.message);
  }
}
