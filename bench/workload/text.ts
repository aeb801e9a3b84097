import type { Random } from '../../vocabulary/random.ts';

/**
 * Sentences of a customer and of an agent, written for this project. Messages are made of them word by word, so that
 * a message has exactly the words asked for and reads like a chat.
 */
const CUSTOMER = [
  'hello I would like to know where my parcel is because it should have been here on Monday',
  'the invoice from last month shows a charge that I do not recognise can you explain it please',
  'my internet has been slow since yesterday evening and restarting the router did not change anything',
  'I want to change the delivery address of my order before it leaves your warehouse',
  'yes the number is on the letter that you sent me give me a second to find it',
  'no that is not what I meant I need the appointment on another day next week',
  'could you tell me when someone will call me back about the repair of the washing machine',
  'thank you that helps a lot and one more thing can I pay in two parts',
  'I have been a customer for eleven years and this has never happened before',
  'my card was blocked in a shop this morning although there is enough money on the account',
  'is there a cheaper plan with the same number of minutes and a little more data',
  'please cancel the subscription at the end of this month and confirm it by mail',
] as const;

const AGENT = [
  'thank you for waiting I have found your order and it will arrive tomorrow before noon',
  'I am sorry about that let me look at the charge and come back to you in a moment',
  'may I have the customer number that is printed at the top of your last invoice',
  'the line was checked just now and a technician is free on Thursday between nine and twelve',
  'I have changed the address as you asked and you will receive a confirmation shortly',
  'the amount will be back on your account within three working days',
  'is there anything else that I can do for you today',
  'your appointment has been moved to the new date at the same time of day',
] as const;

const INSTRUCTIONS = [
  'you are the assistant of a customer service centre and you answer briefly politely and in plain words',
  'ask for the customer number before you look at an account and never repeat it in full',
  'offer a colleague when the customer asks for a person or when you cannot solve the matter',
  'do not promise dates or amounts that are not in the records in front of you',
] as const;

const VOICES = { customer: CUSTOMER, agent: AGENT, instructions: INSTRUCTIONS } as const;

export type Voice = keyof typeof VOICES;

export const VOICE_NAMES = Object.keys(VOICES) as readonly Voice[];

/** Words of each sentence, split once. */
export const VOICE_WORDS = Object.fromEntries(
  Object.entries(VOICES).map(([voice, sentences]) => [voice, sentences.map((text) => text.split(' '))]),
) as unknown as Record<Voice, readonly (readonly string[])[]>;

/** Text of exactly `words` words separated by single spaces; `''` for 0. Same random stream, same text. */
export function composeText(voice: Voice, words: number, random: Random): string {
  const sentences = VOICE_WORDS[voice];
  const text: string[] = [];
  while (text.length < words) {
    const sentence = sentences[Math.floor(random.next() * sentences.length)] ?? [];
    for (const word of sentence) {
      if (text.length === words) break;
      text.push(word);
    }
  }
  return text.join(' ');
}

/** Words of a text, as composeText counts them. */
export const countWords = (text: string): number => text.split(/\s+/).filter((word) => word !== '').length;
