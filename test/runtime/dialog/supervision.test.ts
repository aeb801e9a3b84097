import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Cleanup } from '../support/gateway-rig.ts';
import { memoryHistory, SpeakingVendor, startDialog } from './speaking-vendor.ts';

const cleanup = new Cleanup();
let replies: string[];
let vendor: SpeakingVendor;

beforeEach(async () => {
  vendor = cleanup.add(await SpeakingVendor.start());
  replies = [];
  vendor.replies = () => replies.shift();
});
afterEach(() => cleanup.run());

const history = memoryHistory;
const start = (dialog: Parameters<typeof startDialog>[2], store = history()) =>
  startDialog(cleanup, vendor, dialog, store);

describe('a supervisor that reviews before the customer reads', () => {
  it('lets a plain answer pass', async () => {
    replies = ['Your order is on its way.'];
    const { say } = await start({ supervisor: { mode: 'before' } });
    expect((await say('where is it')).body).toMatchObject({
      text: 'Your order is on its way.',
      decidedBy: 'agent',
    });
  });

  it.each([
    ['an invented amount', 'You will get $500 back.'],
    ['a promise that nothing allows', 'Do not worry, we will refund everything.'],
  ])('holds %s back and hands over', async (_what, reply) => {
    replies = [reply];
    const { say, state } = await start({ supervisor: { mode: 'before' } });
    const { body } = await say('what about it');
    expect(body).toMatchObject({ handOver: { trigger: 'policy_hit', reasonCode: 'policy_blocked' } });
    expect(body.text).not.toContain(reply);
    expect(await state()).toMatchObject({ state: 'handed-off', handOver: { trigger: 'policy_hit' } });
  });

  it('says the configured words where policy hits do not hand over, and streams no word of the draft', async () => {
    replies = ['You will get $500 back.'];
    const dialog = {
      supervisor: { mode: 'before' as const, blockedAnswer: 'I cannot say.' },
      escalation: { onPolicyHit: false },
    };
    const { stream, state } = await start(dialog);
    const events = await stream('what about it');
    expect(events.map((event) => event.text).filter(Boolean)).toEqual(['I cannot say.', 'I cannot say.']);
    expect((await state()).state).toBe('active');
  });

  it('replaces personal data', async () => {
    replies = ['Write to anna.schmidt@example.com for more.'];
    const { say } = await start({ supervisor: { mode: 'before' } });
    expect((await say('how')).body.text).toBe('Write to [email] for more.');
  });

  it.each([
    ['APPROVED', 'The draft.', undefined],
    ['REWRITE: A better one.', 'A better one.', undefined],
    ['ESCALATE: needs a person', undefined, 'supervisor_escalated'],
    ['BLOCKED: rude', undefined, 'policy_blocked'],
    ['I think it is fine', undefined, 'policy_blocked'],
  ])('follows the reviewing model: %s', async (verdict, text, reasonCode) => {
    replies = ['The draft.', verdict];
    const { say } = await start({ supervisor: { mode: 'before', model: { enabled: true } } });
    const { body } = await say('tell me');
    if (text !== undefined) expect(body.text).toBe(text);
    expect(body.handOver?.reasonCode).toBe(reasonCode);
  });

  it.each([
    ['approve', 'The draft.'],
    ['block', undefined],
  ] as const)('decides by setting when the review hangs: %s', async (onFailure, text) => {
    replies = ['The draft.'];
    const model = { enabled: true, timeoutMs: 150, onFailure };
    const { say } = await start({ supervisor: { mode: 'before', model } });
    const { body } = await say('tell me');
    if (text !== undefined) expect(body.text).toBe(text);
    else expect(body).toMatchObject({ handOver: { trigger: 'policy_hit' } });
  });
});

describe('a supervisor that reads alongside', () => {
  it('stops a stream: the bad sentence is not sent, the end is policy_blocked, and no turn is stored', async () => {
    replies = ['Let me see. Good news, we will refund you today. And more text follows.'];
    const { stream, state } = await start({ supervisor: { mode: 'alongside' } });
    const events = await stream('and now');
    const shown = events.map((event) => event.text ?? '').join('');
    expect(shown).toContain('Let me see.');
    expect(shown).not.toContain('today');
    expect(events.at(-1)).toMatchObject({ error: { code: 'policy_blocked' } });
    expect(await state()).toMatchObject({ state: 'handed-off', turns: [] });
  });
});

describe('escalation', () => {
  it('answers an agent that times out with a person', async () => {
    const { say, state } = await start({});
    const { body } = await say('anyone there');
    expect(body).toMatchObject({
      outcome: 'failed_over',
      answeredBy: { level: 'keyword' },
      handOver: { trigger: 'agent_timeout' },
    });
    expect((await state()).state).toBe('handed-off');
  });

  it('leaves the timeout a fault where that is wanted', async () => {
    const { say } = await start({ escalation: { onAgentTimeout: false } });
    expect(await say('anyone there')).toMatchObject({
      status: 504,
      body: { error: { code: 'provider_timeout' } },
    });
  });

  it('notices anger, also negated praise, and not mild words', async () => {
    replies = ['I see.'];
    const { say } = await start({});
    expect((await say('this is a bit slow')).body.handOver).toBeUndefined();
    const angry = await say('This is absolutely unacceptable, the worst and most horrible service ever');
    expect(angry.body.handOver).toMatchObject({ trigger: 'negative_sentiment' });
  });

  it('writes its decisions and the trigger to the audit trail, and no text of the customer', async () => {
    const store = history();
    const entries: string[] = [];
    const append = store.appendTurn.bind(store);
    store.appendTurn = (turn, audit, change) => {
      entries.push(JSON.stringify(audit));
      return append(turn, audit, change);
    };
    const { say } = await start({}, store);
    await say('My mail is anna@example.com, get me a human', 'm1');
    expect(entries[0]).toContain('customer_request:customer_asked_for_person');
    expect(entries[0]).toContain('redacted');
    expect(entries[0]).not.toContain('anna@');
  });
});
