/** Longer patterns are no keyword patterns. */
const MAX_PATTERN_CHARS = 300;
/** A repetition with a wider range than this can be taken in about as many ways as there are characters. */
const MAX_TIGHT_RANGE = 8;
/** Ways to match at one place, over all alternations and narrow repetitions together. */
const MAX_WAYS = 4096;

const QUANTIFIER = /^(?:[*+?]|\{\d+(?:,\d*)?\})/;

interface Group {
  alternatives: number;
  isChoosing: boolean;
}

interface Scan {
  readonly source: string;
  at: number;
  ways: number;
  loose: number;
  readonly open: Group[];
}

function rangeOf(quantifier: string): number {
  if (quantifier === '?') return 1;
  if (quantifier === '*' || quantifier === '+') return Number.POSITIVE_INFINITY;
  const [from = '0', to] = quantifier.slice(1, -1).split(',');
  if (to === undefined) return 0;
  return to === '' ? Number.POSITIVE_INFINITY : Number(to) - Number(from);
}

/** Reads a quantifier, if one is here; a problem when it repeats something that itself can match in several ways. */
function readQuantifier(scan: Scan, isChoosing: boolean): string | undefined {
  const found = QUANTIFIER.exec(scan.source.slice(scan.at))?.[0];
  if (found === undefined) return undefined;
  scan.at += found.length;
  if (scan.source[scan.at] === '?') scan.at++;
  const range = rangeOf(found);
  if (isChoosing && found !== '?') return 'a repeated group that holds a repetition or alternatives';
  const parent = scan.open.at(-1);
  if (parent !== undefined && range > 0) parent.isChoosing = true;
  if (range > MAX_TIGHT_RANGE) scan.loose++;
  else scan.ways *= range + 1;
  return undefined;
}

function skipClass(scan: Scan): void {
  scan.at++;
  while (scan.at < scan.source.length && scan.source[scan.at] !== ']') {
    scan.at += scan.source[scan.at] === '\\' ? 2 : 1;
  }
  scan.at++;
}

function closeGroup(scan: Scan): boolean {
  scan.at++;
  const group = scan.open.pop();
  scan.ways *= group?.alternatives ?? 1;
  const isChoosing = group !== undefined && (group.isChoosing || group.alternatives > 1);
  const parent = scan.open.at(-1);
  if (parent !== undefined && isChoosing) parent.isChoosing = true;
  return isChoosing;
}

function openGroup(scan: Scan): string | undefined {
  scan.at++;
  scan.open.push({ alternatives: 1, isChoosing: false });
  if (scan.source[scan.at] !== '?') return undefined;
  if (scan.source[scan.at + 1] !== ':') return 'a group other than (…) and (?:…)';
  scan.at += 2;
  return undefined;
}

/** One element of the pattern; a problem ends the reading. */
function step(scan: Scan): string | undefined {
  const char = scan.source[scan.at];
  if (char === '(') return openGroup(scan);
  if (char === ')') return readQuantifier(scan, closeGroup(scan));
  if (char === '|') {
    const group = scan.open.at(-1);
    if (group !== undefined) group.alternatives++;
    scan.at++;
    return undefined;
  }
  if (char === '[') skipClass(scan);
  else if (char === '\\') {
    if (/[1-9k]/.test(scan.source[scan.at + 1] ?? '')) return 'a back reference';
    scan.at += 2;
  } else scan.at++;
  return readQuantifier(scan, false);
}

/**
 * Why a pattern could take long on some text, or undefined: at most one wide repetition (`*`, `+`, `{n,}`), no
 * repeated group with a choice inside, no look-around or back references. What is left takes at worst time
 * proportional to the square of the text, and patterns see no more than 2,000 characters.
 */
export function problemOfPattern(source: string): string | undefined {
  if (source.length > MAX_PATTERN_CHARS) return `more than ${MAX_PATTERN_CHARS} characters`;
  const scan: Scan = { source, at: 0, ways: 1, loose: 0, open: [] };
  while (scan.at < source.length) {
    const problem = step(scan);
    if (problem !== undefined) return problem;
  }
  if (scan.loose > 1) return `${scan.loose} wide repetitions; write several patterns`;
  if (scan.ways > MAX_WAYS) return `${scan.ways} ways to match at one place; write several patterns`;
  try {
    new RegExp(source, 'iu');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
