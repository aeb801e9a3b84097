import { paddedWords, phraseKeys } from '../script/tokens.ts';

/**
 * Whoever wants a person gets one, whatever else is configured. A request is a verb of wanting or reaching near a word
 * for a person, or one of the short forms; "the agent said" or "no human error" is none.
 */
const SHORT_FORMS = phraseKeys([
  'human please',
  'a human please',
  'real person please',
  'agent please',
  'operator please',
  'representative please',
  'live agent',
  'live person',
  'speak to someone',
  'talk to someone',
  'speak with someone',
  'talk with someone',
  'someone real',
  'not a robot',
  'not a bot',
  'no robots',
  'get me a manager',
]);

const WHOLE_MESSAGES = new Set(
  phraseKeys([
    'human',
    'agent',
    'operator',
    'representative',
    'real person',
    'a human',
    'a person',
    'person',
  ]),
);

const WANTING =
  /\b(?:want|need|like|prefer|let me|can i|could i|may i|get|give|put|connect|transfer|pass|speak|talk|chat|switch|escalate|have|call me)\b/;
const PERSON =
  /\b(?:(?:real|live|actual|human|living) (?:person|human|being|agent|operator|someone)|(?:a|an|the|your) (?:human|person|operator|representative|rep|supervisor|manager|colleague|employee|advisor|adviser)|human (?:agent|being|help|support)|(?:service|support|sales) (?:agent|representative)|somebody real|an agent|the agent|humans?|representatives?)\b/;
const REFUSING = /\b(?:do not|dont|not|no) (?:want|need|like|have|talk|speak)\b/;

/** Words between the verb and the person; further apart they belong to different thoughts. */
const MAX_DISTANCE_CHARS = 60;

/** Whether a message asks for a person. `extraKeys` in the form of {@link phraseKeys}. */
export function asksForHuman(text: string, extraKeys: readonly string[]): boolean {
  const words = paddedWords(text);
  if (WHOLE_MESSAGES.has(words)) return true;
  if (extraKeys.some((key) => words.includes(key)) || SHORT_FORMS.some((key) => words.includes(key)))
    return true;
  const person = PERSON.exec(words);
  if (person === null) return false;
  const before = words.slice(Math.max(0, person.index - MAX_DISTANCE_CHARS), person.index);
  return WANTING.test(before) && !REFUSING.test(before);
}
