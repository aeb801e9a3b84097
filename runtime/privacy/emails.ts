import { findMatches } from './matches.ts';
import type { PiiSpan } from './spans.ts';

/** Longest local part and longest domain that mail knows. */
const MAX_LOCAL_CHARS = 64;
const MAX_DOMAIN_CHARS = 255;
const LOCAL = /[\p{L}\p{M}\p{N}.!#$%&'*+/=?^_`{|}~-]/u;
const DOMAIN = /(?:[\p{L}\p{M}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,62})\.){1,8}[\p{L}\p{M}]{2,24}/uy;
/** What sentences put around an address. */
const LEADING = /^[.!#$%&'*+/=?^`{|}~-]+/;
/** `anna (at) example (dot) com`, and `anna at example dot com` as speech recognition writes it. */
const SPELT =
  /(?<![\p{L}\p{N}._-])[\p{L}\p{N}_-]{1,40}(?:(?:\.| (?:dot|punkt|point|punto) )[\p{L}\p{N}_-]{1,40}){0,3}(?: ?[([{] ?(?:at|ät|@) ?[)\]}] ?[\p{L}\p{N}-]{1,40}(?: ?[([{] ?(?:dot|punkt|point) ?[)\]}] ?|\.)| (?:at|ät|arobase|arroba) [\p{L}\p{N}-]{1,40} (?:dot|punkt|point|punto) )[\p{L}]{2,12}(?:(?:\.| (?:dot|punkt|point|punto) )[\p{L}]{2,6})?/giu;
const SPELT_MARK = /[([{] ?(?:at|ät|@) ?[)\]}]| (?:dot|punkt|point|punto) /i;

/** Local parts are of the basic plane, so one code unit is one character. */
function localStart(text: string, at: number): number {
  let start = at;
  while (start > 0 && at - start < MAX_LOCAL_CHARS && LOCAL.test(text.charAt(start - 1))) start--;
  const punctuation = LEADING.exec(text.slice(start, at));
  return start + (punctuation?.[0].length ?? 0);
}

function spanAt(text: string, at: number): PiiSpan | undefined {
  const start = localStart(text, at);
  if (start === at) return undefined;
  DOMAIN.lastIndex = at + 1;
  const domain = DOMAIN.exec(text.slice(0, at + 1 + MAX_DOMAIN_CHARS));
  return domain === null ? undefined : { start, end: at + 1 + domain[0].length, kind: 'email' };
}

/** E-mail addresses. */
export function findEmails(text: string): readonly PiiSpan[] {
  const spans: PiiSpan[] = [];
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const span = spanAt(text, at);
    if (span !== undefined) spans.push(span);
  }
  if (!SPELT_MARK.test(text)) return spans;
  for (const match of findMatches(SPELT, text)) spans.push({ ...match, kind: 'email' });
  return spans;
}
