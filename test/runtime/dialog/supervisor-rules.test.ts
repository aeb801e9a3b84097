import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SupervisorRule, supervisorRuleSchema } from '../../../runtime/config/dialog.ts';
import { createRuleReview } from '../../../runtime/dialog/supervisor/rules.ts';
import { Cleanup } from '../support/gateway-rig.ts';
import { SpeakingVendor, startDialog } from './speaking-vendor.ts';

const cleanup = new Cleanup();
let vendor: SpeakingVendor;
let reply: string;
beforeEach(async () => {
  vendor = cleanup.add(await SpeakingVendor.start());
  vendor.replies = () => reply;
});
afterEach(() => cleanup.run());

const GERMAN = 'Ihr Vertrag ist aktiv und wir haben die Rechnung nicht an Sie gesendet, aber das wird noch.';
const ENGLISH =
  'Your contract is active and we have not sent the bill to you, but it will come with the next.';
const LONG =
  'The first sentence stands here. The second one is there as well. A third does not fit any more.';

describe('a rule of the supervisor, before the customer reads', () => {
  it.each<[string, SupervisorRule, string, string | undefined, string | undefined]>([
    [
      'language: another one',
      { kind: 'language', language: 'en', action: 'block' },
      GERMAN,
      undefined,
      'policy_blocked',
    ],
    [
      'language: the one named',
      { kind: 'language', language: 'de', action: 'block' },
      GERMAN,
      GERMAN,
      undefined,
    ],
    [
      'language: English',
      { kind: 'language', language: 'en', action: 'escalate' },
      ENGLISH,
      ENGLISH,
      undefined,
    ],
    [
      'language: escalates',
      { kind: 'language', language: 'fr', action: 'escalate' },
      ENGLISH,
      undefined,
      'supervisor_escalated',
    ],
    [
      'language: too short to tell',
      { kind: 'language', language: 'de', action: 'block' },
      'OK, done.',
      'OK, done.',
      undefined,
    ],
    [
      'length: whole sentences that fit',
      { kind: 'length', maxChars: 70, action: 'rewrite' },
      LONG,
      'The first sentence stands here. The second one is there as well.',
      undefined,
    ],
    ['length: within it', { kind: 'length', maxChars: 500, action: 'rewrite' }, LONG, LONG, undefined],
    ['length: blocks', { kind: 'length', maxChars: 70, action: 'block' }, LONG, undefined, 'policy_blocked'],
    [
      'banned words: replaced, in any case, as whole words',
      { kind: 'banned-words', words: ['Rival', 'c++'], action: 'rewrite' },
      'Ask RIVAL or the rivals about C++ now.',
      'Ask … or the rivals about … now.',
      undefined,
    ],
    [
      'banned words: block',
      { kind: 'banned-words', words: ['rival'], action: 'block' },
      'Ask Rival.',
      undefined,
      'policy_blocked',
    ],
    [
      'banned topic: escalates',
      { kind: 'banned-topic', name: 'law', words: ['legal action'], action: 'escalate' },
      'You could take legal action.',
      undefined,
      'supervisor_escalated',
    ],
    [
      'banned topic: none of it',
      { kind: 'banned-topic', name: 'law', words: ['legal action'], action: 'block' },
      'This is a legal document.',
      'This is a legal document.',
      undefined,
    ],
  ])('%s', async (_name, rule, answer, ...[text, reasonCode]) => {
    reply = answer;
    const { say } = await startDialog(cleanup, vendor, { supervisor: { mode: 'before', rules: [rule] } });
    const { status, body } = await say('tell me');
    expect([status, body.handOver?.reasonCode]).toEqual([200, reasonCode]);
    if (text === undefined) expect(body.text).not.toContain(answer.slice(0, 10));
    else expect(body.text).toBe(text);
  });
});

it('a rule that may only block has no action that rewrites', () => {
  expect(
    supervisorRuleSchema.safeParse({ kind: 'language', language: 'en', action: 'rewrite' }).success,
  ).toBe(false);
  expect(
    supervisorRuleSchema.safeParse({ kind: 'banned-topic', name: 'x', words: ['y'], action: 'rewrite' })
      .success,
  ).toBe(false);
});

it('what is shortened never is longer than allowed, whatever the text', () => {
  const review = createRuleReview([{ kind: 'length', maxChars: 20, action: 'rewrite' }], {
    redact: (text) => ({ text, found: {} }),
  });
  for (const answer of [
    'x'.repeat(50),
    'word '.repeat(20),
    'A. '.repeat(30),
    '😀'.repeat(30),
    `${'y'.repeat(19)}. z z`,
  ]) {
    const verdict = review({ answer, customerText: '', grounds: '', allowedActions: [] });
    expect(verdict.kind).toBe('rewritten');
    const text = verdict.kind === 'rewritten' ? verdict.text : '';
    expect(text.length).toBeLessThanOrEqual(20);
    expect(text.isWellFormed(), JSON.stringify(text)).toBe(true);
  }
});
