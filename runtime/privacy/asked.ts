import { COMMON_WORDS } from './common-words.ts';
import { findMatches } from './matches.ts';
import type { PiiSpan } from './spans.ts';
import type { Word } from './words.ts';

/** What the assistant asked for last: a bare `48213377` is then an account number, and `mark` a name. */
export interface Asked {
  readonly name: boolean;
  readonly account: boolean;
  readonly phone: boolean;
  readonly card: boolean;
}

export const NOTHING_ASKED: Asked = { name: false, account: false, phone: false, card: false };

const NAME =
  /\b(?:your|the|full|first|last)(?: \w{1,12}){0,2} name\b|\bihre[nr]? (?:vollständigen? )?namen?\b|\bvotre (?:nom|prénom)|\bsu nombre|\bwho am i (?:speaking|talking)|\bwie heißen|\bcómo se llama|\bvous appelez/iu;
const ACCOUNT =
  /\b(?:account|customer|contract|policy|membership|client|subscriber)(?:'s)? (?:number|id|no)\b|kundennummer|vertragsnummer|kontonummer|numéro de (?:client|contrat|compte)|número de (?:cliente|contrato|cuenta)/iu;
const PHONE =
  /\b(?:phone|mobile|cell|telephone|callback|contact) number|\bnumber (?:can|should|may|to) (?:we|i|reach|call)|\breach you (?:on|at|under)|telefonnummer|rufnummer|handynummer|erreichen wir sie|numéro de téléphone|vous joindre|número de teléfono/iu;

const CARD =
  /\b(?:card|long) number\b|\bnumber (?:of|on) (?:your|the) (?:\w{1,12} )?card\b|kartennummer|numéro de (?:la |votre )?carte|número de (?:la |su )?tarjeta/iu;

/** A question stands at the end of what was said. */
const READ_CHARS = 400;

export function readAsked(previousAnswer: string | undefined): Asked {
  if (previousAnswer === undefined) return NOTHING_ASKED;
  const tail = previousAnswer.slice(-READ_CHARS);
  return {
    name: NAME.test(tail),
    account: ACCOUNT.test(tail),
    phone: PHONE.test(tail),
    card: CARD.test(tail),
  };
}

/** Longer replies say who they mean, or are no name. */
const MAX_REPLY_WORDS = 5;
const MAX_NAME_WORDS = 3;

/** The words of a short reply to `What is your name?` that are no common ones. */
export function findAskedName(words: readonly Word[]): readonly PiiSpan[] {
  if (words.length > MAX_REPLY_WORDS) return [];
  const first = words.findIndex((word) => word.lower !== '' && !COMMON_WORDS.has(word.lower));
  const start = words[first]?.start;
  if (start === undefined) return [];
  const others = words.slice(first, first + MAX_NAME_WORDS);
  const stop = others.findIndex((word) => word.lower === '' || COMMON_WORDS.has(word.lower));
  const last = others.at(stop < 0 ? -1 : stop - 1);
  return last === undefined ? [] : [{ start, end: last.end, kind: 'name' }];
}

const VALUE =
  /(?<![\p{L}\p{N}.,:/-])[A-Za-z]{0,4}[-/.]?\d(?:[A-Za-z\d]|[-/.](?=[A-Za-z\d])| (?=\d{2})){2,40}(?![\p{L}\p{N}:%])/gu;
const MIN_DIGITS = 4;
const DATE = /^(?:\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d\d-\d\d)$/;

/** Numbers in the reply to `What is your account number?`. */
export function findAskedAccounts(text: string): readonly PiiSpan[] {
  return findMatches(VALUE, text)
    .filter(({ start, end }) => isIdentifier(text.slice(start, end)))
    .map((match) => ({ ...match, kind: 'account' as const }));
}

const isIdentifier = (value: string): boolean =>
  value.replace(/\D/g, '').length >= MIN_DIGITS && !DATE.test(value);
