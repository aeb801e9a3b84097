import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../../runtime/privacy/create-redactor.ts';
import type { RedactionContext } from '../../../runtime/privacy/redactor.ts';

const redactor = createRedactor();
const redacted = (text: string, context?: RedactionContext): string => redactor.redact(text, context).text;

// The card is the networks' published test number.
describe('a number however it is written', () => {
  it.each([
    ['with line breaks', 'it says 4111 1111\n1111 1111', 'it says [card]'],
    ['with commas', '4111, 1111, 1111, 1111', '[card]'],
    ['with words between', '4111, then 1111 and 1111 then 1111', '[card]'],
    ['with underscores', 'use 4111_1111_1111_1111 now', 'use [card] now'],
    ['with tabs', '4111\t1111\t1111\t1111', '[card]'],
    ['digit by digit', '4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1', '[card]'],
    [
      'in words',
      'it is four one one one, one one one one, one one one one, one one one one.',
      'it is [card].',
    ],
    ['with doubled words', 'account number double four seven oh one two', 'account number [account]'],
    ['in tens', 'my mobile is forty-two eleven ninety nine twelve', 'my mobile is [phone]'],
    [
      'in German',
      'Meine Kundennummer ist drei acht sieben neun sieben zwei',
      'Meine Kundennummer ist [account]',
    ],
    [
      'in French',
      'mon numéro de client : trois huit sept neuf sept deux',
      'mon numéro de client : [account]',
    ],
    ['half of a card', 'my card starts with 4111 1111 11', 'my card starts with [card]'],
    ['in a list', 'accounts 42458694 and 82663981', 'accounts [account] and [account]'],
    ['before its name', '48213377 - that is my customer number', '[account] - that is my customer number'],
  ])('%s', (_how, text, expected) => {
    expect(redacted(text)).toBe(expected);
    expect(redacted(expected)).toBe(expected);
  });

  it.each([
    'One two three, testing.',
    'I waited one hour and twenty five minutes.',
    'We are four people in two rooms for seven nights.',
    'My card ending in 9921 was declined 3 times at 14:20 on 12/05/2024.',
    'Readings 4111, 1112, 1113, 1114 were odd.',
    'My account is overdrawn by 1200 pounds since 2019.',
    'order number four one one one two two two',
  ])('keeps: %s', (text) => expect(redacted(text)).toBe(text));
});

/** Each message as it is kept, with the one before it as the dialog keeps it. */
function keptTurns(turns: readonly (readonly [text: string, answer: string])[]): readonly string[] {
  let context: RedactionContext = {};
  return turns.map(([text, answer]) => {
    const kept = redacted(text, context);
    context = { previousText: kept, previousAnswer: redacted(answer) };
    return kept;
  });
}

describe('a number in several messages', () => {
  it.each([
    ['halves', ['my card is 4111 1111', '1111 1111'], ['my card is [card]', '[card]']],
    [
      'three pieces',
      ['card number 4111 1111', 'then 1111', '1111, got it?'],
      ['card number [card]', 'then [card]', '[card], got it?'],
    ],
    [
      'fours from the beginning',
      ['the card is 4111', '1111', '1111 1111'],
      ['the card is 4111', '[card]', '[card]'],
    ],
    ['an account', ['account 482133', '77'], ['account [account]', '[account]']],
    [
      'in words',
      ['account number 482133', 'seven seven one two three'],
      ['account number [account]', '[account]'],
    ],
  ])('%s', (_what, turns, expected) => {
    expect(keptTurns(turns.map((text) => [text, 'Go on.'] as const))).toEqual(expected);
  });

  it.each([
    ['my card is 4111 1111 1111 1111', '2 days ago it worked'],
    ['my card is 4111 1111 1111 1111', 'I waited 30 minutes'],
    ['my card ends in 4111', '1200 pounds are gone'],
    ['nothing works', '4711'],
  ])('%s, then: %s', (first, second) => {
    expect(
      keptTurns([
        [first, 'I see.'],
        [second, ''],
      ])[1],
    ).toBe(second);
  });

  it('a card that was asked for is one in any length', () => {
    expect(redacted('4111 1111', { previousAnswer: 'What is the card number?' })).toBe('[card]');
  });
});

describe('names by their shape and in other scripts', () => {
  it.each([
    ['Could you put Bhanu Hegdewar on the policy?', 'Could you put [name] on the policy?'],
    ['Меня зовут Ратмир Евсеев, нет света.', 'Меня зовут [name], нет света.'],
    ['我叫周婷婷,包裹没有到。', '我叫[name],包裹没有到。'],
    ['山本と申します。', '[name]と申します。'],
    ['제 이름은 김민수입니다.', '제 이름은 [name]입니다.'],
    ['मेरा नाम राहुल ताम्बे है।', 'मेरा नाम [name] है।'],
    ['It is spelt D-U-N-N.', 'It is spelt [name].'],
    ['Regards Lawrence', 'Regards [name]'],
    ['Benim adım Esengün Aksu, faturam yanlış.', 'Benim adım [name], faturam yanlış.'],
  ])('%s', (text, expected) => expect(redacted(text)).toBe(expected));

  it.each([
    'King Street is flooded and Victoria Station too.',
    'I bought a Dyson at Harrods near London Bridge.',
    'Liebe Grüße aus Hamburg',
    'Die Karte kostet 10 Euro Gebühr.',
  ])('keeps: %s', (text) => expect(redacted(text)).toBe(text));
});
