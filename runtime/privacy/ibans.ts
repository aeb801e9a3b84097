import { findMatches } from './matches.ts';
import type { PiiSpan } from './spans.ts';

/** Characters of an IBAN by country, from the registry of ISO 13616. */
const LENGTHS: Readonly<Record<string, number>> = Object.fromEntries(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ' +
    'ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 ' +
    'LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 ' +
    'QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((row) => [row.slice(0, 2), Number(row.slice(2))]),
);

const START = /(?<![\p{L}\p{N}])[A-Z]{2}[ -]?\d[ -]?\d/giu;
/** Just before the number: `IBAN`, `IBAN is`, `IBAN:`. Then a wrong check digit is a slip of the keys, not another thing. */
const ANNOUNCED = /iban[\p{L} :.#=-]{0,12}$/iu;
const MAX_ANNOUNCEMENT_CHARS = 20;
const ALPHANUMERIC = /[A-Za-z0-9]/;
const SEPARATOR = /[ -]/;

/** Remainder by 97 with the first four characters moved to the end; 1 for a right IBAN. */
export function computeMod97(compact: string): number {
  let remainder = 0;
  for (const character of compact.slice(4) + compact.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder;
}

interface Read {
  readonly compact: string;
  readonly end: number;
}

/** So many letters and digits from a place on, with at most one separator between two of them. */
function readCompact(text: string, start: number, length: number): Read | undefined {
  let compact = '';
  let at = start;
  while (compact.length < length) {
    const character = text.charAt(at);
    if (ALPHANUMERIC.test(character)) compact += character;
    else if (!SEPARATOR.test(character) || SEPARATOR.test(text.charAt(at - 1))) return undefined;
    at++;
  }
  return ALPHANUMERIC.test(text.charAt(at)) ? undefined : { compact: compact.toUpperCase(), end: at };
}

function spanAt(text: string, start: number): PiiSpan | undefined {
  const length = LENGTHS[text.slice(start, start + 2).toUpperCase()];
  if (length === undefined) return undefined;
  const read = readCompact(text, start, length);
  if (read === undefined) return undefined;
  const isAnnounced = ANNOUNCED.test(text.slice(Math.max(0, start - MAX_ANNOUNCEMENT_CHARS), start));
  if (!isAnnounced && computeMod97(read.compact) !== 1) return undefined;
  return { start, end: read.end, kind: 'iban' };
}

/** IBANs with right check digits, or announced as one. */
export function findIbans(text: string): readonly PiiSpan[] {
  const spans: PiiSpan[] = [];
  for (const { start } of findMatches(START, text)) {
    const span = spanAt(text, start);
    if (span !== undefined) spans.push(span);
  }
  return spans;
}
