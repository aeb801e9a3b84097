import { expect, it } from 'vitest';
import { ProviderStates, readinessRowFrom } from '../../../runtime/gateway/provider-states.ts';
import { createKeywordProvider } from '../../../runtime/llm/keyword-provider.ts';
import type { Provider, ProviderProbe } from '../../../runtime/llm/provider.ts';
import { VirtualClock } from '../../../vocabulary/clock.ts';

/** A keyword provider whose probes are counted and may be told what to say. */
function counted(answer: () => ProviderProbe) {
  let probes = 0;
  let loads = 0;
  const provider: Provider = {
    ...createKeywordProvider('k'),
    probe: async () => {
      probes++;
      return answer();
    },
    load: async () => {
      loads++;
      throw new Error('not today');
    },
  };
  return { provider, probes: () => probes, loads: () => loads };
}

it('asks at most once a second, however often it is read', async () => {
  const clock = new VirtualClock();
  const { provider, probes } = counted(() => ({ state: 'up', models: [] }));
  const states = new ProviderStates([provider], 100, clock);
  await Promise.all(Array.from({ length: 50 }, () => states.read()));
  await clock.advanceTo(1000);
  await states.read();
  expect(probes()).toBe(1);
  await clock.advanceTo(1001);
  await states.read();
  expect(probes()).toBe(2);
});

it('a load that cannot be read is absent, not an error, and not asked for in a storm', async () => {
  const { provider, loads } = counted(() => ({ state: 'up', models: [] }));
  const states = new ProviderStates([createKeywordProvider('first'), provider], 100, new VirtualClock());
  const all = await Promise.all(Array.from({ length: 20 }, () => states.readLoad()));
  expect(new Set(all)).toEqual(new Set([undefined]));
  expect(loads()).toBe(1);
  const none = new ProviderStates([createKeywordProvider('only')], 100, new VirtualClock());
  expect(await none.readLoad()).toBeUndefined();
});

it('keeps the window of the first engine that is up, and forgets it when none is', async () => {
  const clock = new VirtualClock();
  const engine = {
    kind: 'llama' as const,
    simulated: false,
    model: 'm',
    device: 'CPU',
    version: '1',
    contextTokens: 777,
    maxSequences: 1,
    kvCapacityTokens: 777,
  };
  let probe: ProviderProbe = { state: 'up', engine, models: ['m'] };
  const { provider } = counted(() => probe);
  const states = new ProviderStates([createKeywordProvider('first'), provider], 100, clock);
  expect(states.contextTokens).toBeUndefined();
  const rows = (await states.read()).map(readinessRowFrom);
  expect(states.contextTokens).toBe(777);
  expect(rows[1]).toMatchObject({ state: 'up', engine: { contextTokens: 777 } });
  probe = { state: 'down', detail: 'gone' };
  await clock.advanceTo(2000);
  expect((await states.read()).map(readinessRowFrom)[1]).toMatchObject({ state: 'down', detail: 'gone' });
  expect(states.contextTokens).toBeUndefined();
});
