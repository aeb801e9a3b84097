import { unwrap } from '../../vocabulary/errors.ts';
import type { PrivacyConfig } from '../config/privacy.ts';
import { type Asked, findAskedAccounts, findAskedName, readAsked } from './asked.ts';
import { type ContinuedKind, findContinuation, readContinued } from './continued.ts';
import { type CustomPattern, findCustom, parsePattern } from './custom-patterns.ts';
import { findEastAsianNames } from './east-asian-names.ts';
import { findEmails } from './emails.ts';
import { findIbans } from './ibans.ts';
import { findKnownNames } from './known-names.ts';
import { findNames } from './names.ts';
import { normalise } from './normalise.ts';
import { findNumbers } from './numbers.ts';
import type { NumberHint } from './phones.ts';
import { PII_KINDS, type PiiKind, type Redacted, type RedactionContext, type Redactor } from './redactor.ts';
import { mergeSpans, type PiiSpan } from './spans.ts';
import { readWords } from './words.ts';

export interface RedactorOptions {
  /** Kinds that are replaced; all when absent. */
  readonly kinds?: readonly PiiKind[];
  /** Patterns of one's own, checked by `parsePattern`. */
  readonly patterns?: readonly CustomPattern[];
}

const HAS_DIGITS = /[0-9]/;
const NOTHING: Readonly<Partial<Record<PiiKind, number>>> = Object.freeze({});

interface Finder {
  readonly kinds: ReadonlySet<PiiKind>;
  readonly patterns: readonly CustomPattern[];
}

/** What a number is that nothing beside it names: what was asked for, else what the message before broke off. */
function expectedOf(asked: Asked, continued: ContinuedKind | undefined): NumberHint {
  if (asked.card) return 'card';
  if (asked.phone) return 'phone';
  if (asked.account) return 'account';
  return continued === 'iban' ? 'account' : continued;
}

function findInNormalised(
  text: string,
  { kinds, patterns }: Finder,
  context?: RedactionContext,
): readonly PiiSpan[] {
  const words = readWords(text);
  const continued = readContinued(context?.previousText);
  const asked = readAsked(context?.previousAnswer);
  const found: (readonly PiiSpan[])[] = [
    findEmails(text),
    findNames(text, words),
    findEastAsianNames(text),
    findCustom(text, patterns),
  ];
  if (context?.names !== undefined) found.push(findKnownNames(words, context.names));
  if (asked.name) found.push(findAskedName(words));
  found.push(findNumbers(text, words, expectedOf(asked, continued)));
  if (continued !== undefined) found.push(findContinuation(text, words, continued));
  if (HAS_DIGITS.test(text)) {
    found.push(findIbans(text));
    if (asked.account) found.push(findAskedAccounts(text));
  }
  return mergeSpans(found.flat().filter((span) => kinds.has(span.kind)));
}

/** In order and without overlaps; positions are those of the text as it came. */
function findSpans(text: string, finder: Finder, context?: RedactionContext): readonly PiiSpan[] {
  const { text: normalised, offsets } = normalise(text);
  const spans = findInNormalised(normalised, finder, context);
  if (offsets === undefined) return spans;
  return spans.map(({ start, end, kind }) => ({ start: offsets[start] ?? 0, end: offsets[end] ?? 0, kind }));
}

function replace(text: string, spans: readonly PiiSpan[]): string {
  let replaced = '';
  let from = 0;
  for (const { start, end, kind } of spans) {
    replaced += `${text.slice(from, start)}[${kind}]`;
    from = end;
  }
  return replaced + text.slice(from);
}

/**
 * What was replaced no longer hides what stood beside it, so a changed text is read again until nothing is found: that
 * makes redacting twice the same as once. Two readings are the rule; the limit keeps the work proportional to the text.
 */
const MAX_READINGS = 8;

function redact(original: string, finder: Finder, context: RedactionContext | undefined): Redacted {
  let text = original;
  const found: Partial<Record<PiiKind, number>> = {};
  for (let reading = 0; reading < MAX_READINGS; reading++) {
    const spans = findSpans(text, finder, context);
    if (spans.length === 0) break;
    for (const { kind } of spans) found[kind] = (found[kind] ?? 0) + 1;
    text = replace(text, spans);
  }
  return text === original ? { text, found: NOTHING } : { text, found };
}

const finderOf = (options: RedactorOptions): Finder => ({
  kinds: new Set(options.kinds ?? PII_KINDS),
  patterns: options.patterns ?? [],
});

/** Where personal data stands in a text, as the first reading sees it. For measuring; `createRedactor` replaces. */
export const findPii = (
  text: string,
  options: RedactorOptions = {},
  context?: RedactionContext,
): readonly PiiSpan[] => findSpans(text, finderOf(options), context);

/** A redactor for some kinds; its time is proportional to the length of the text, whatever the text is. */
export function createRedactor(options: RedactorOptions = {}): Redactor {
  const finder = finderOf(options);
  return { redact: (text, context) => redact(text, finder, context) };
}

/** Keeps every text as it is: for installations that switch redaction off. */
export const keepAll: Redactor = { redact: (text) => ({ text, found: NOTHING }) };

/** The redactor that a configuration asks for; its patterns were checked when it was read. */
export function createConfiguredRedactor(config: PrivacyConfig): Redactor {
  if (!config.redact) return keepAll;
  const patterns = config.patterns.map(({ pattern, kind }) => unwrap(parsePattern(pattern, kind)));
  return createRedactor({ kinds: config.kinds, patterns });
}
