import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunningGateway } from '../../../runtime/gateway/start-gateway.ts';
import { parseSse } from '../../../runtime/llm/sse-parse.ts';
import { Cleanup, getJson, postJson, startTestGateway } from '../support/gateway-rig.ts';

const FOLDER = fileURLToPath(new URL('../../../scenarios/scripts/telecom-service-desk', import.meta.url));

const cleanup = new Cleanup();
let gateway: RunningGateway;
beforeEach(async () => {
  gateway = await startTestGateway(cleanup, {
    dialog: { scripts: { folder: FOLDER, logicTimeoutMs: 2000 } },
  });
});
afterEach(() => cleanup.run());

async function begin(customerId?: string): Promise<string> {
  return (await postJson(gateway, '/v1/interactions', { customerId })).body.interactionId;
}

/** A whole conversation; the answers in order. */
async function talk(texts: readonly string[], customerId?: string) {
  const id = await begin(customerId);
  const answers = [];
  for (const [index, text] of texts.entries()) {
    const { status, body } = await postJson(gateway, `/v1/interactions/${id}/turns`, {
      messageId: `m${index}`,
      text,
    });
    answers.push({ status, ...body });
  }
  const { body: interaction } = await getJson(gateway, `/v1/interactions/${id}`);
  return { id, answers, last: answers.at(-1), interaction };
}

describe('the telecom service desk', () => {
  it('explains a bill, after asking for the account', async () => {
    const { answers } = await talk(['hello', 'why is my bill so high?', 'it is nl100001', 'thanks']);
    expect(answers.map((answer) => answer.intent)).toEqual([
      'greeting',
      'billing_question',
      'billing_question',
      'thanks',
    ]);
    expect(answers[1].text).toContain('account number');
    expect(answers[2].text).toContain('$31.50, after $19.00');
    const unknown = await talk(['my invoice is wrong', 'NL777777', 'NL100002']);
    expect(unknown.answers[1].text).toContain('no contract under NL777777');
    expect(unknown.last.text).toContain('$29.00, the same');
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 200, decidedBy: 'script', answeredBy: { engine: 'script' } });
    }
  });

  it('knows an outage, and sends a technician where there is none known', async () => {
    const known = await talk(['my internet is down', '10115']);
    expect(known.last.text).toContain('repaired by today at 18:00');
    const unknown = await talk(['there is no signal', 'no idea', '99999', 'yes I did']);
    expect(unknown.answers[1].text).toContain('five digits');
    expect(unknown.last.handOver).toEqual({ trigger: 'script', reasonCode: 'technician_needed' });
    expect(unknown.interaction.state).toBe('handed-off');
    expect(unknown.interaction.handOver.summary).toContain('About: outage');
  });

  it('changes a plan once it is confirmed, takes a correction, and drops it on "never mind"', async () => {
    const done = await talk(['I want to upgrade my plan', 'NL100001', 'the middle one', 'yes please']);
    expect(done.answers[2].text).toContain('Basic at $19.00 to Plus at $29.00');
    expect(done.last.text).toContain('From the 1st of next month your plan is Plus at $29.00');
    const dropped = await talk(['I want to upgrade my plan', 'NL100001', 'never mind']);
    expect(dropped.last.text).toContain('dropped');
    const corrected = await talk(['change my plan', 'NL777777', 'sorry, it is NL100002', 'max', 'no']);
    expect(corrected.answers[3].text).toContain('Plus at $29.00 to Max at $45.00');
    expect(corrected.last.text).toContain('stays as it is');
  });

  it('offers something before it takes a cancellation, by how long the customer was there', async () => {
    const kept = await talk([
      'I want to cancel my contract',
      'NL100002',
      'it is too expensive',
      'yes, sounds good',
    ]);
    expect(kept.answers[2].text).toContain('25 % for twelve months');
    expect(kept.last.text).toContain('You get a discount of 25 %');
    const left = await talk(['please terminate my contract', 'NL100001', 'too expensive', 'no thanks']);
    expect(left.answers[2].text).toContain('10 % for six months');
    expect(left.last.text).toContain('noted your cancellation');
    const moved = await talk(['cancel my contract', 'NL100001', 'I am moving abroad']);
    expect(moved.last.text).toContain('noted your cancellation');
  });

  it('brings VIP customers straight to a person: by their id at once, by their account once it is known', async () => {
    const byId = await talk(['hello'], 'customer-vip-1');
    expect(byId.last).toMatchObject({ handOver: { trigger: 'script', reasonCode: 'vip_customer' } });
    const byAccount = await talk(['why is my bill so high?', 'NL900001']);
    expect(byAccount.last).toMatchObject({ handOver: { reasonCode: 'vip_customer' } });
    expect(byAccount.interaction.state).toBe('handed-off');
  });

  it('gives a person to whoever asks, in the middle of anything; later turns are refused', async () => {
    const { id, last, interaction } = await talk([
      'I want to upgrade my plan',
      'let me speak to a real person',
    ]);
    expect(last).toMatchObject({ handOver: { trigger: 'customer_request' } });
    expect(interaction.handOver).toMatchObject({ reasonCode: 'customer_asked_for_person' });
    expect(interaction.handOver.summary).toContain('Customer: let me speak to a real person');
    const more = await postJson(gateway, `/v1/interactions/${id}/turns`, {
      messageId: 'later',
      text: 'hello?',
    });
    expect(more).toMatchObject({ status: 409, body: { error: { code: 'caller_conflict' } } });
  });

  it('streams what the script says through the same events, and replays it', async () => {
    const id = await begin();
    const events = [];
    const response = await fetch(`${gateway.url}/v1/interactions/${id}/turns`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ messageId: 'a', text: 'when are you open', stream: true }),
    });
    expect(response.headers.get('x-busyhour-engine')).toBe('script');
    if (response.body) for await (const data of parseSse(response.body)) events.push(JSON.parse(data));
    expect(events[0]).toMatchObject({ provider: 'script', engine: 'script', level: 'primary' });
    expect(events[1].text).toContain('Monday to Saturday');
    expect(events.at(-1)).toMatchObject({ decidedBy: 'script', replayed: false });
    const again = await postJson(gateway, `/v1/interactions/${id}/turns`, {
      messageId: 'a',
      text: 'when are you open',
    });
    expect(again.body).toMatchObject({ replayed: true, text: events[1].text });
  });
});
