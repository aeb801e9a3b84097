import { wordsOf } from '../script/tokens.ts';

/** The commonest short words of each language; those that two of them share say nothing and are left out. */
const FUNCTION_WORDS = {
  en: 'the and is you your to of for with that this have are will can we it not please our from',
  de: 'der und ist sie ihr ihre zu von für mit dass das haben sind wird kann wir nicht bitte ein eine auf ich',
  fr: 'les et est vous votre pour avec que cette avez sont nous pas une dans sur je des du merci',
  es: 'los y es usted su para con que esta tiene son nosotros no una el por gracias puede las del',
  it: 'gli e è lei il per con che questo ha sono noi non una di grazie può della sua si',
  nl: 'het en is u uw voor met dat deze heeft zijn wij niet een van op ik kunt graag bij',
} as const;

export type Language = keyof typeof FUNCTION_WORDS;

const OWNERS = new Map<string, Language[]>();
for (const [language, words] of Object.entries(FUNCTION_WORDS)) {
  for (const word of words.split(' ')) {
    OWNERS.set(word, [...(OWNERS.get(word) ?? []), language as Language]);
  }
}

/** With fewer telling words than this a text may be any language. */
const MIN_TELLING_WORDS = 3;

/** The language of a text by its function words; undefined when it is too short or two languages are close. */
export function detectLanguage(text: string): Language | undefined {
  const counts = new Map<Language, number>();
  for (const word of wordsOf(text)) {
    const owners = OWNERS.get(word);
    if (owners?.length === 1 && owners[0] !== undefined)
      counts.set(owners[0], (counts.get(owners[0]) ?? 0) + 1);
  }
  const [first, second] = [...counts].sort((a, b) => b[1] - a[1]);
  if (first === undefined || first[1] < MIN_TELLING_WORDS) return undefined;
  return first[1] >= 2 * (second?.[1] ?? 0) ? first[0] : undefined;
}
