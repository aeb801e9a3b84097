import { wordsOf } from '../script/tokens.ts';

/**
 * How a message sounds, by a small lexicon of service talk: strong words ±2, mild ones ±1. A coarse measure, meant to
 * notice open anger; irony and other languages than English are beyond it.
 */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  '-2': [
    'awful angry appalling abysmal atrocious disgrace disgraceful disgusted disgusting dreadful furious garbage hate',
    'horrendous horrible incompetent infuriating insane liar liars lied lying livid outrage outraged outrageous',
    'pathetic ridiculous rubbish scam scammed scammers shameful stupid terrible unacceptable useless worst worthless',
    'fed sick rip ripoff robbery fraud lawyer sue bullshit crap damn hell idiot idiots joke nightmare insulting',
  ],
  '-1': [
    'annoyed annoying bad complain complaint confused confusing disappointed disappointing dissatisfied error fail',
    'failed fails frustrated frustrating frustration ignored mess poor problem sad slow terribly tired trouble unhappy',
    'unfair upset waiting waste wasted wrong broken late never nobody',
  ],
  '1': [
    'fine fair friendly glad good happy helpful kind like nice ok okay pleased quick thanks thank useful better solved',
    'works working appreciate',
  ],
  '2': ['amazing awesome brilliant excellent fantastic great love lovely perfect superb wonderful'],
};
const NEGATIONS = new Set(
  'not no never dont didnt doesnt isnt wasnt cant couldnt wont wouldnt without'.split(' '),
);
const INTENSIFIERS = new Set(
  'very really so absolutely completely totally extremely utterly bloody'.split(' '),
);
const NEGATION_REACH_WORDS = 3;
const INTENSIFIED = 1.5;
/** Softens short messages: one mild word is no mood. */
const SOFTENING = 2;

const LEXICON = new Map(
  Object.entries(WORDS).flatMap(([weight, lines]) =>
    lines.flatMap((line) => line.split(' ').map((word) => [word, Number(weight)] as const)),
  ),
);

function weightAt(words: readonly string[], at: number): number {
  const weight = LEXICON.get(words[at] ?? '') ?? 0;
  if (weight === 0) return 0;
  const strength = INTENSIFIERS.has(words[at - 1] ?? '') ? INTENSIFIED : 1;
  const before = words.slice(Math.max(0, at - NEGATION_REACH_WORDS), at);
  const isNegated = before.some((word) => NEGATIONS.has(word));
  // "Not great" is worse than neutral; "not terrible" is hardly praise.
  if (isNegated) return weight > 0 ? -weight * strength : 0;
  return weight * strength;
}

/** From -1 (furious) to 1 (delighted); 0 where nothing in the message says either. */
export function computeSentiment(text: string): number {
  const words = wordsOf(text);
  let sum = 0;
  let strength = 0;
  for (let at = 0; at < words.length; at++) {
    const weight = weightAt(words, at);
    sum += weight;
    strength += Math.abs(weight);
  }
  return strength === 0 ? 0 : sum / (strength + SOFTENING);
}
