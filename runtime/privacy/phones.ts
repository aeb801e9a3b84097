import type { DigitGroup, DigitRun } from './digit-runs.ts';

/** What the words around a number say about it. */
export type NumberHint = 'phone' | 'account' | 'card' | 'other' | undefined;

const MIN_INTERNATIONAL_DIGITS = 8;
/** E.164. */
const MAX_INTERNATIONAL_DIGITS = 15;
/** Country code and number together, where all numbers of a country are equally long. */
const COUNTRY_DIGITS: readonly (readonly [code: string, digits: number])[] = [
  ['1', 11],
  ['33', 11],
  ['34', 11],
  ['44', 12],
  ['91', 12],
];

interface Candidate {
  readonly digits: string;
  /** Lengths of the groups: `3-3-4`. */
  readonly shape: string;
  readonly groups: number;
  /** Spaces and parentheses only: not a date, a version or an address of a machine. */
  readonly isSpaced: boolean;
}

function candidateOf(groups: DigitRun): Candidate {
  return {
    digits: groups.map((group) => group.digits).join(''),
    shape: groups.map((group) => group.digits.length).join('-'),
    groups: groups.length,
    isSpaced: groups.every((group) => /^[ ()]*$/.test(group.separator)),
  };
}

const NANP = /^1?[2-9]\d\d[2-9]\d{6}$/;
const NANP_SHAPES = new Set(['3-3-4', '1-3-3-4', '3-7', '6-4', '1-3-7', '10', '11']);
const TRUNK = /^0[1-9]\d+$/;
const INDIA = /^[6-9]\d{9}$/;
const INDIA_SHAPES = new Set(['5-5', '10', '4-3-3', '3-3-4']);
const SPAIN = /^[6-9]\d{8}$/;
const SPAIN_SHAPES = new Set(['3-3-3', '3-2-2-2', '2-3-2-2']);
const SHORT_SHAPES = new Set(['3-4', '3-2-2', '4-4']);
const DATE_SHAPES = new Set(['2-2-4', '1-2-4', '2-1-4', '1-1-4', '4-2-2', '2-2-2']);

/** With the 0 before the area that most of the world dials: 10 or 11 digits in the UK, 10 in France, 7 to 12 in Germany. */
function isTrunk({ digits, shape }: Candidate, hint: NumberHint): boolean {
  if (!TRUNK.test(digits) || DATE_SHAPES.has(shape)) return false;
  const least = hint === 'phone' ? 7 : 9;
  return digits.length >= least && digits.length <= 12;
}

function isNational(candidate: Candidate, hint: NumberHint): boolean {
  const { digits, shape } = candidate;
  if (isTrunk(candidate, hint)) return true;
  if (NANP.test(digits) && NANP_SHAPES.has(shape)) return true;
  if (INDIA.test(digits) && INDIA_SHAPES.has(shape)) return true;
  return SPAIN.test(digits) && SPAIN_SHAPES.has(shape);
}

/** Where the text announces a phone number, any that could be one. */
function isAnnounced({ digits, shape, groups }: Candidate): boolean {
  if (SHORT_SHAPES.has(shape)) return true;
  if (DATE_SHAPES.has(shape)) return false;
  return digits.length >= (groups === 1 ? 6 : 7) && digits.length <= MAX_INTERNATIONAL_DIGITS;
}

/** A dot, dash or slash binds a group to its neighbour: half of `2024-05-12-0815` is no number of its own. */
const isBound = (group: DigitGroup | undefined): boolean =>
  group !== undefined && /^[-./]$/.test(group.separator);

const MAX_GROUPS = 8;

/** How many groups from `first` on are a number written in a national way; 0 when none. */
export function countNationalGroups(run: DigitRun, first: number, hint: NumberHint): number {
  if (hint === 'other' || isBound(run[first])) return 0;
  for (let groups = Math.min(MAX_GROUPS, run.length - first); groups > 0; groups--) {
    const window = run.slice(first, first + groups);
    if (isBound(run[first + groups]) || window.some((group) => group.isInCode)) continue;
    const candidate = candidateOf(window);
    if (isNational(candidate, hint) || (hint === 'phone' && isAnnounced(candidate))) return groups;
  }
  return 0;
}

/** The 0 of `+44 (0)20`, which is not dialled from abroad. */
const isOptionalTrunk = (run: DigitRun, at: number): boolean =>
  run[at]?.digits === '0' && run[at + 1]?.separator.startsWith(')') === true;

function wantedDigits(head: string): number {
  return COUNTRY_DIGITS.find(([code]) => head.startsWith(code))?.[1] ?? MAX_INTERNATIONAL_DIGITS;
}

/** How many groups from `first` on follow a `+` or `00` as an international number; `prefix` is what stands for the plus. */
export function countInternationalGroups(run: DigitRun, first: number, prefix: '+' | '00'): number {
  let digits = '';
  for (let at = first; at < run.length; at++) {
    const group = run[at];
    if (group === undefined || group.isInCode) return enough(digits, at - first);
    if (isOptionalTrunk(run, at)) continue;
    const own = at === first && prefix === '00' ? group.digits.slice(2) : group.digits;
    if (digits.length + own.length > MAX_INTERNATIONAL_DIGITS) return enough(digits, at - first);
    digits += own;
    if (digits.length >= wantedDigits(digits)) return at - first + 1;
  }
  return enough(digits, run.length - first);
}

const enough = (digits: string, groups: number): number =>
  digits.length >= MIN_INTERNATIONAL_DIGITS && !digits.startsWith('0') ? groups : 0;
