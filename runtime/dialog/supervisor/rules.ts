import type { SupervisorRule } from '../../config/dialog.ts';
import type { Redactor } from '../../privacy/redactor.ts';
import { paddedWords, phraseKeys } from '../script/tokens.ts';
import { detectLanguage } from './language.ts';
import { APPROVED, type ReviewSubject, type Verdict } from './verdict.ts';

/** Pure text work; may change the answer, stop it or send it to a person. */
export type RuleReview = (subject: ReviewSubject) => Verdict;

/** What one rule finds. `rewritten` is what it would change the answer to, where it can. */
interface Finding {
  readonly reason: string;
  readonly rewritten?: string;
}
type Check = (subject: ReviewSubject) => Finding | undefined;

const AMOUNT =
  /[$€£]\s?\d{1,12}(?:[.,]\d{1,12}){0,4}|\b\d{1,12}(?:[.,]\d{1,12}){0,4}\s?(?:[$€£%]|(?:dollars?|euros?|pounds?|usd|eur|gbp|percent|cents?)\b)/giu;
const NUMBER = /\d{1,12}(?:[.,]\d{1,12}){0,4}/g;

/** `1,250.00`, `1250` and `1.250,00` are one amount. */
export function normaliseAmount(text: string): string {
  const digits = text.replaceAll(/[^\d.,]/g, '').replace(/[.,]$/, '');
  const decimals = /[.,](\d{1,2})$/.exec(digits)?.[1];
  const whole = (decimals === undefined ? digits : digits.slice(0, -decimals.length - 1)).replaceAll(
    /\D/g,
    '',
  );
  return `${Number(whole)}.${(decimals ?? '').padEnd(2, '0')}`;
}

function checkAmounts({ answer, grounds, customerText }: ReviewSubject): Finding | undefined {
  const claimed = answer.match(AMOUNT);
  if (claimed === null) return undefined;
  const known = new Set((`${grounds}\n${customerText}`.match(NUMBER) ?? []).map(normaliseAmount));
  const invented = claimed.find((amount) => !known.has(normaliseAmount(amount)));
  return invented === undefined ? undefined : { reason: `the amount ${invented} is in no fact` };
}

const PROMISE =
  /\b(?:we|i|you|they|it)(?:'ll| will| shall| can(?!not|'t)| are going to|'ve| have| get| am|'m| are|'re)\b(?! not| never| unable)[^.!?\n]{0,80}?\b(refund|credit|compensat|reimburs|waiv|discount|money back|free of charge)/giu;

function checkPromises({ answer, grounds, allowedActions }: ReviewSubject): Finding | undefined {
  const allowed = `${allowedActions.join(' ')} ${grounds}`.toLowerCase();
  for (const [, promised = ''] of answer.replaceAll('’', "'").matchAll(PROMISE)) {
    if (!allowed.includes(promised.toLowerCase()))
      return { reason: `promises (${promised.toLowerCase()}) that nothing allows` };
  }
  return undefined;
}

const createPersonalDataCheck =
  (redactor: Redactor): Check =>
  ({ answer }) => {
    const { text, found } = redactor.redact(answer);
    const kinds = Object.keys(found);
    return kinds.length === 0 ? undefined : { reason: `personal data: ${kinds.join(', ')}`, rewritten: text };
  };

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

function createWordsCheck(words: readonly string[]): Check {
  const pattern = new RegExp(
    `(?<![\\p{L}\\p{N}])(?:${words.map(escaped).join('|')})(?![\\p{L}\\p{N}])`,
    'giu',
  );
  return ({ answer }) => {
    const found = answer.match(pattern)?.[0];
    if (found === undefined) return undefined;
    return { reason: `the word ${found}`, rewritten: answer.replaceAll(pattern, '…') };
  };
}

function createTopicCheck(name: string, words: readonly string[]): Check {
  const keys = phraseKeys(words);
  return ({ answer }) => {
    const padded = paddedWords(answer);
    return keys.some((key) => padded.includes(key)) ? { reason: `the topic ${name}` } : undefined;
  };
}

/** The first half of a surrogate pair, where a cut fell between the two. */
const HALF_CHARACTER = /[\uD800-\uDBFF]$/;

/** The whole sentences that fit; a first sentence that is too long is cut at a word. */
export function shorten(text: string, maxChars: number): string {
  const view = text.slice(0, maxChars);
  const sentenceEnd = Math.max(...['. ', '! ', '? ', '\n'].map((end) => view.lastIndexOf(end)));
  if (sentenceEnd > 0) return view.slice(0, sentenceEnd + 1).trimEnd();
  const wordEnd = view.lastIndexOf(' ');
  const cut = view.slice(0, wordEnd > 0 ? wordEnd : maxChars - 1).slice(0, maxChars - 1);
  return `${cut.replace(HALF_CHARACTER, '')}…`;
}

const createLengthCheck =
  (maxChars: number): Check =>
  ({ answer }) =>
    answer.length <= maxChars
      ? undefined
      : {
          reason: `${answer.length} characters of at most ${maxChars}`,
          rewritten: shorten(answer, maxChars),
        };

const createLanguageCheck =
  (expected: string): Check =>
  ({ answer }) => {
    const language = detectLanguage(answer);
    return language === undefined || language === expected
      ? undefined
      : { reason: `in ${language} instead of ${expected}` };
  };

function checkFor(rule: SupervisorRule, redactor: Redactor): Check {
  switch (rule.kind) {
    case 'ungrounded-amounts':
      return checkAmounts;
    case 'promises':
      return checkPromises;
    case 'personal-data':
      return createPersonalDataCheck(redactor);
    case 'banned-words':
      return createWordsCheck(rule.words);
    case 'banned-topic':
      return createTopicCheck(rule.name, rule.words);
    case 'length':
      return createLengthCheck(rule.maxChars);
    case 'language':
      return createLanguageCheck(rule.language);
  }
}

/** The rules in order, compiled once. The first that blocks or escalates decides; those that rewrite build on one another. */
export function createRuleReview(rules: readonly SupervisorRule[], redactor: Redactor): RuleReview {
  const checks = rules.map((rule) => ({ rule, check: checkFor(rule, redactor) }));
  return (subject) => {
    let answer = subject.answer;
    const reasons: string[] = [];
    for (const { rule, check } of checks) {
      const finding = check({ ...subject, answer });
      if (finding === undefined) continue;
      const reason = `${rule.kind}: ${finding.reason}`;
      if (rule.action === 'escalate') return { kind: 'escalate', reason };
      if (rule.action === 'block' || finding.rewritten === undefined) return { kind: 'blocked', reason };
      answer = finding.rewritten;
      reasons.push(reason);
    }
    return reasons.length === 0 ? APPROVED : { kind: 'rewritten', text: answer, reason: reasons.join('; ') };
  };
}
