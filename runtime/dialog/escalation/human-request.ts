import { paddedWords, phraseKeys } from '../script/tokens.ts';

/**
 * Whoever wants a person gets one, whatever else is configured. A request is a verb of wanting or reaching near a word
 * for a person, a refusal of the machine, or one of the plain forms; "the agent said" or "no human error" is none.
 */
const PLAIN_FORMS = phraseKeys([
  'live agent',
  'live person',
  'live human',
  'someone real',
  'anyone real',
  'somebody real',
  'not a robot',
  'not a bot',
  'not a machine',
  'no robots',
  'no bots',
  'stop the bot',
  'human now',
  'agent now',
  'human please',
  'agent please',
  'operator please',
  'representative please',
  // The plainest ones of neighbours; others stand in humanPhrases and in scripts.
  'mit einem menschen sprechen',
  'mit einem mitarbeiter sprechen',
  'mit einer mitarbeiterin sprechen',
  'mit jemandem sprechen',
  'echten menschen',
  'parler à un conseiller',
  'parler à une conseillère',
  'parler à un humain',
  'parler à quelqu’un',
  'hablar con un agente',
  'hablar con una persona',
  'hablar con alguien',
  'parlare con un operatore',
  'parlare con una persona',
  'met een medewerker',
  'met een mens',
]);

const POLITE = /\b(?:please|now|hello|hi|hey|just|ok|okay|only|yes|no|thanks|thank you|i said|asap)\b/g;
const ALONE =
  /^(?:a |an |the |one )?(?:(?:real|live|actual|human|living) )?(?:(?:customer )?(?:service |support |sales |care )?(?:agent|representative|rep|advisor|adviser|operator)|human(?: being)?|person|somebody|someone|manager|supervisor|customer service|transfer me|mitarbeiter|mensch|menschen)$/;

const WANTING =
  /\b(?:want|wanna|(?:i|we|just|really|still) need|(?:would|id) like|prefer|rather|demand|insist|wish|asking for|let me|get me|give (?:me|us)|put me|hand me|bring me|find me|pass me|connect|connected|transfer|transferred|forward me|switch me|escalate|speak|speaking|talk|talking|chat|deal|reach|call me|is there|are there|(?:can|could|may) (?:i|you|we) (?:please )?(?:have|get|see|reach|call|contact|find))\b/;
const PERSON =
  /\b(?:(?:real|live|actual|human|living) (?:person|people|human|being|agent|operator|someone)|(?:a|an|the|your|any|some) (?:human|person|operator|representative|rep|supervisor|manager|colleague|employee|advisor|adviser|staff member|team member)|(?:member of (?:the |your )?staff)|human (?:agent|being|help|support)|(?:service|support|sales) (?:agent|representative)|an agent|the agent|humans?|representatives?)\b/;
/** Said in one breath: who is reached, and at once. */
const REACHING =
  /\b(?:speak|talk|chat|deal|connect(?:ed)?|transfer(?:red)?|hand(?:ed)?|put|pass(?:ed)?|through|escalate)(?: me| us| it| this| over| through)* (?:to|with) (?:someone|somebody|anyone|anybody|agents?|operators?|humans?|reps?|representatives?|managers?|supervisors?|customer (?:service|support|care))\b/;
const PUT_ON =
  /\bput (?:a|an|the|your) (?:human|person|manager|supervisor|agent|colleague)(?: back)? (?:on|through)\b/;
const CALLED_BACK =
  /\b(?:someone|somebody|anyone|a (?:person|human|colleague|manager))(?: please)?(?: to)? (?:please )?(?:call|phone|ring) me\b/;
const NO_MACHINE = new RegExp(
  String.raw`\b(?:dont|do not|not|never|no more|stop|hate|tired of|sick of)(?: (?:want|like|wish|need|going|to|be))*` +
    '(?: (?:talk|speak|chat|deal)(?:ing)? (?:to|with)(?: (?:a|an|the|this|some|your|stupid))*' +
    ' (?:bots?|robots?|chatbots?|machines?|computers?|ai)|(?: (?:a|the|this|your))+ (?:bot|robot|chatbot))\\b',
);

/** A no that reaches as far as the person, and no further than its own verb: "I do not want to talk to". */
const REFUSING =
  /\b(?:do not|dont|not|no|never)(?: (?:want|need|like|have|wish|talk|speak|chat|deal|be|get|to|with|me|us|through|put|connect|connected|transfer|transferred))* $/;
/** What is done with a person of one's own. */
const OF_ONES_OWN =
  /\b(?:add|adding|remove|removing|register|include|insure|replace|name|naming|number of|steal|stole)(?: (?:in|on|as|for))? $|(?<!\b(?:asking|ask|asked|looking|waiting)) for $/;

/** Words between the verb and the person; further apart they belong to different thoughts. */
const MAX_DISTANCE_CHARS = 60;

const isPlain = (words: string): boolean =>
  ALONE.test(words.replaceAll(POLITE, ' ').replaceAll(/ +/g, ' ').trim());

/** Whether one of the persons that the words name is wanted. */
function wantsPerson(words: string): boolean {
  for (const person of words.matchAll(new RegExp(PERSON, 'g'))) {
    const before = words.slice(Math.max(0, person.index - MAX_DISTANCE_CHARS), person.index);
    if (WANTING.test(before) && !REFUSING.test(before) && !OF_ONES_OWN.test(before)) return true;
  }
  return false;
}

function reachesFor(words: string): boolean {
  const reaching = REACHING.exec(words);
  if (reaching !== null && !REFUSING.test(words.slice(0, reaching.index))) return true;
  return [PUT_ON, CALLED_BACK, NO_MACHINE].some((pattern) => pattern.test(words));
}

/** Whether a message asks for a person. `extraKeys` in the form of {@link phraseKeys}. */
export function asksForHuman(text: string, extraKeys: readonly string[]): boolean {
  const words = paddedWords(text);
  const says = (key: string): boolean => words.includes(key);
  return (
    isPlain(words) ||
    extraKeys.some(says) ||
    PLAIN_FORMS.some(says) ||
    reachesFor(words) ||
    wantsPerson(words)
  );
}
