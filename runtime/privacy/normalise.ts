/** A text in the form that detectors read, and the way back to the original. */
export interface NormalisedText {
  readonly text: string;
  /** Where each code unit of `text`, and its end, stands in the original; absent when they are the same. */
  readonly offsets: Int32Array | undefined;
}

/** Beyond ASCII and the letters of Latin alphabets: may hold digits, separators or marks in another form. */
const OTHER_FORMS = /[\u0080-\u00bf\u0250-\uffff]/;
/** Marks without width: soft hyphen, joiners, directions, variation selectors. Pasted numbers carry them. */
const IGNORED =
  /\u034f|[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]|[\ufe00-\ufe0f]/;
const DASHES = /[\u2010-\u2015\u2212\u2043\ufe58\ufe63]/;
const SPACES = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/;
const APOSTROPHES = /[\u00b4\u2018\u2019\u02bc]/;
const DIGIT = /^\p{Nd}$/u;

const FULL_WIDTH_FIRST = 0xff01;
const FULL_WIDTH_LAST = 0xff5e;
const FULL_WIDTH_SHIFT = 0xfee0;
/** Last digit of Unicode's longest row, the mathematical ones: five alphabets of ten. */
const LONGEST_DIGIT_ROW = 50;

const isDigit = (codePoint: number): boolean => DIGIT.test(String.fromCodePoint(codePoint));

/** Decimal digits stand in rows of ten, from zero on. */
function asciiDigit(codePoint: number): string {
  let first = codePoint;
  while (codePoint - first < LONGEST_DIGIT_ROW && isDigit(first - 1)) first--;
  return String((codePoint - first) % 10);
}

function asciiForm(character: string, codePoint: number): string {
  if (IGNORED.test(character)) return '';
  if (codePoint >= FULL_WIDTH_FIRST && codePoint <= FULL_WIDTH_LAST)
    return String.fromCharCode(codePoint - FULL_WIDTH_SHIFT);
  if (DASHES.test(character)) return '-';
  if (SPACES.test(character)) return ' ';
  if (APOSTROPHES.test(character)) return "'";
  return DIGIT.test(character) ? asciiDigit(codePoint) : character;
}

/** The same characters come again and again; what one becomes does not change. */
const knownForms = new Map<string, string>();
/** All of Unicode would not fit; ordinary text uses a few hundred. */
const MAX_KNOWN_FORMS = 4096;

function formOf(character: string): string {
  const known = knownForms.get(character);
  if (known !== undefined) return known;
  const form = asciiForm(character, character.codePointAt(0) ?? 0);
  if (knownForms.size < MAX_KNOWN_FORMS) knownForms.set(character, form);
  return form;
}

/**
 * Digits of every script become ASCII digits, dashes, spaces, apostrophes and full-width forms their ASCII ones, and
 * marks without width go. Letters stay as they are.
 */
export function normalise(original: string): NormalisedText {
  if (!OTHER_FORMS.test(original)) return { text: original, offsets: undefined };
  const offsets = new Int32Array(original.length + 1);
  let text = '';
  let at = 0;
  for (const character of original) {
    const form = character < '\u0080' ? character : formOf(character);
    for (let unit = 0; unit < form.length; unit++) offsets[text.length + unit] = at + unit;
    text += form;
    at += character.length;
  }
  offsets[text.length] = original.length;
  return { text, offsets };
}
