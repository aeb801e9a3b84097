import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import type { GatewayConfigInput } from '../../../runtime/config.ts';
import { Cleanup, getJson, postJson, startTestGateway } from '../support/gateway-rig.ts';
import { SpeakingVendor } from './speaking-vendor.ts';

const DESK = fileURLToPath(new URL('../../../scenarios/scripts/telecom-service-desk', import.meta.url));
const GIBBERISH = ['xyzzy plugh', 'frobnicate the quux', 'blorp zzz', 'wibble wobble', 'gronk'];

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

async function talk(config: GatewayConfigInput, texts: readonly string[]) {
  const gateway = await startTestGateway(cleanup, config);
  const id = (await postJson(gateway, '/v1/interactions', {})).body.interactionId;
  const answers = [];
  for (const [index, text] of texts.entries()) {
    const path = `/v1/interactions/${id}/turns`;
    answers.push((await postJson(gateway, path, { messageId: `m${index}`, text })).body);
  }
  const { body: interaction } = await getJson(gateway, `/v1/interactions/${id}`);
  return { answers, triggers: answers.map((answer) => answer.handOver?.trigger), interaction };
}

const [a = '', b = '', c = '', d = '', e = ''] = GIBBERISH;

describe('turns in a row that the script does not understand', () => {
  const scripts = { folder: DESK, logicTimeoutMs: 2000 };

  it('hand over at the third; one that is understood begins the count anew', async () => {
    const { triggers, interaction } = await talk({ dialog: { scripts } }, [
      a,
      b,
      'when are you open',
      c,
      d,
      e,
    ]);
    expect(triggers).toEqual([undefined, undefined, undefined, undefined, undefined, 'low_confidence']);
    expect(interaction).toMatchObject({ state: 'handed-off', handOver: { reasonCode: 'low_confidence' } });
    expect(interaction.handOver.summary).toContain(e);
  });

  it.each([
    [1, [a], ['low_confidence']],
    [0, GIBBERISH, GIBBERISH.map(() => undefined)],
  ])('as many as maxUnsureTurns says: %i', async (maxUnsureTurns, texts, expected) => {
    const { triggers } = await talk({ dialog: { scripts, escalation: { maxUnsureTurns } } }, texts);
    expect(triggers).toEqual(expected);
  });
});

describe('answers from keyword rules', () => {
  const keyword = { kind: 'keyword' as const, name: 'keyword' };

  it('behind a model that is down hand over at the third, after the answer that stands', async () => {
    const vendor = await SpeakingVendor.start();
    const { provider } = vendor;
    await vendor.close();
    const { answers, triggers } = await talk({ providers: [provider, keyword] }, [a, b, c]);
    expect(answers.map((answer) => answer.answeredBy.level)).toEqual(['keyword', 'keyword', 'keyword']);
    expect(triggers).toEqual([undefined, undefined, 'low_confidence']);
    expect(answers[2].text).toMatch(/^.+\n\nI am passing you on to a colleague/s);
    expect(answers[2]).toMatchObject({ decidedBy: 'agent', outcome: 'failed_over' });
  });

  it('are no sign of trouble where nothing else is configured', async () => {
    const { triggers } = await talk({ providers: [keyword] }, GIBBERISH);
    expect(triggers).toEqual(GIBBERISH.map(() => undefined));
  });
});
