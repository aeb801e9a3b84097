import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { asksForHuman } from '../../../runtime/dialog/escalation/human-request.ts';
import { phraseKeys } from '../../../runtime/dialog/script/tokens.ts';

const ASKING = [
  'put me through to someone',
  "I'd rather deal with a person",
  'let me talk to customer service',
  'I want to talk to a real human',
  'connect me to an agent',
  'get me your manager',
  'agent now',
  'no bots please',
  'can someone call me back',
  'I need to speak with your supervisor',
  'is there a human I can talk to?',
  'is there anyone real there?',
  'talk to human',
  'speak to agent',
  'human agent',
  'real human please',
  "I don't want to talk to a bot",
  'stop the bot, give me a human',
  'transfer me',
  'please transfer me to a colleague',
  'could you get a colleague to call me',
  'I want a person not a machine',
  'let me speak to somebody',
  'may I talk to a member of staff',
  'customer service representative',
  'put a human on',
  'I demand to speak to a manager',
  'hand me over to a human',
  'escalate this to your supervisor',
  'I would like to be connected with a live agent',
  'speak to a real person!!!',
  'HUMAN',
  'can I talk to an actual person',
  'i need a rep',
  'representative please',
  'talk to a representative',
  'I want someone to help me who is human',
  'I would like to talk to a person please',
  'can you connect me with someone from billing',
  'this is not working, get me a real person',
  'I need to speak to someone in charge',
  'forward me to your manager',
  'operator',
  'Agent!',
  'please let me speak with a human being',
  "I'm asking for a human",
  'can I speak to the supervisor',
  'could you put me through to an advisor',
  'I prefer to speak with a live person',
  'is there any person I could chat with',
  'are there any humans there?',
  'I am sick of talking to a machine',
  'hand me over to your colleague',
  'I wish to be transferred to an employee',
  'may I please have a representative',
  'someone please call me back',
  'switch me to a human agent',
  'I insist on speaking to a manager',
  'I want to be connected to customer support',
  'ich möchte mit einem Mitarbeiter sprechen',
  'je veux parler à quelqu’un',
  'quiero hablar con una persona',
  'you are useless, human now',
  'talk to a rep',
  'never mind, just give me an agent',
  'I want human support',
  'I need human help',
];
const NOT_ASKING = [
  'the agent said my bill was wrong',
  'no human error here',
  'the person who installed it left',
  'are you a human?',
  'I am the only person in the house',
  'my manager will pay the bill',
  'I do not want to talk to a human',
  'the operator broke the line',
  'how many people work there',
  'I spoke to an agent yesterday',
  'my agent number is 5',
  'human resources department invoice',
  'someone stole my phone',
  'I want to give my phone to another person',
  'can a person have two contracts?',
  'I want to transfer my number',
  'transfer my contract to my wife',
  'the representative told me I would get a refund',
  'can I add a person to my plan',
  'put the invoice in the name of another person',
  'the manager of the shop sold me this',
  'a person came to my house to install it',
  'I want to pay for another person',
  'which agent number do I need for the form',
  'there was a human error in my bill',
  'my computer does not connect to the network',
  'I do not need a machine with so much memory',
  'someone used my card',
  'can someone else use my phone',
  'please call me Anna',
  'I like the service',
  'I have been a customer for ten years',
  'what is a service representative paid',
  'I would like to buy a phone for my colleague',
  'the operator charges me twice',
  'transfer my number to another operator',
  'does it need a person to be at home',
  'the robot vacuum does not start',
  'I never talked to a person about this',
  "don't transfer me to a person",
  'I want to change the account holder',
  'we need a plan for three people',
  'is there a plan for one person',
  'my wife wants to talk to her mother abroad',
  'can I talk to people abroad for free',
];

describe('asking for a person', () => {
  it('is understood however it is put', () => {
    expect(ASKING.filter((text) => !asksForHuman(text, []))).toEqual([]);
    expect(ASKING.filter((text) => !asksForHuman(`${text.toUpperCase()}!!`, []))).toEqual([]);
  });

  it('is not speaking of one', () => {
    expect(NOT_ASKING.filter((text) => asksForHuman(text, []))).toEqual([]);
  });

  it('may have words of its own', () => {
    const keys = phraseKeys(['echte Stimme']);
    expect(asksForHuman('Ich will eine echte Stimme hören', keys)).toBe(true);
    expect(asksForHuman('Ich will eine echte Stimme hören', [])).toBe(false);
  });

  it('takes time that grows no faster than the message', () => {
    for (const part of ['i want a ', 'do not want to talk to a ', 'talk me ', 'please now ', 'can i get '])
      expect(asksForHuman(part.repeat(5000), [])).toBe(false);
  }, 2_000);
});

const STAR = join(import.meta.dirname, '../../../../shared/data/dialogs-star/star.jsonl.gz');

interface Dialog {
  readonly turns: readonly (readonly [speaker: string, text: string, atS: number])[];
}

it.skipIf(!existsSync(STAR))(
  'hardly anybody of 54,214 customers who asked for something else did (skipped where ../shared/data is absent)',
  () => {
    const lines = gunzipSync(readFileSync(STAR)).toString('utf8').trim().split('\n');
    const texts = lines.flatMap((line) =>
      (JSON.parse(line) as Dialog).turns.flatMap(([speaker, text]) => (speaker === 'user' ? [text] : [])),
    );
    expect(texts).toHaveLength(54_214);
    expect(texts.filter((text) => asksForHuman(text, [])).length).toBeLessThanOrEqual(5);
  },
);
