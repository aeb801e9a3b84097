import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createInferenceClient } from '../../../runtime/inference/client.ts';
import { BalancedProvider } from '../../../runtime/llm/balanced-provider.ts';
import { GrpcProvider } from '../../../runtime/llm/grpc-provider.ts';
import type { CompletionRequest, Provider, ProviderEvent } from '../../../runtime/llm/provider.ts';
import { ReplicaPool } from '../../../runtime/llm/replica-pool.ts';
import { completionOf, describeProvider } from '../../contracts/provider.ts';
import { findRefusedAddress } from '../support/fault-server.ts';
import { Cleanup } from '../support/gateway-rig.ts';
import { startTestInference, type TestInference } from '../support/inference.ts';
import { failing, GOOD, scripted } from './scripted-provider.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const overGrpc = (address: string): Provider =>
  new GrpcProvider({
    name: 'local',
    client: createInferenceClient({ address }),
    connectMs: 1_000,
    totalMs: 10_000,
  });

const balanced = (replicas: readonly Provider[], nowMs = () => performance.now()): BalancedProvider =>
  new BalancedProvider({ name: 'local', kind: 'grpc', replicas, nowMs });

async function ask(provider: Provider, more: Partial<CompletionRequest> = {}): Promise<ProviderEvent[]> {
  const events: ProviderEvent[] = [];
  const { signal } = new AbortController();
  for await (const event of provider.complete(completionOf(more), { signal })) events.push(event);
  return events;
}

function unlessNone<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('nobody was chosen');
  return value;
}

const endOf = (events: readonly ProviderEvent[]): string | undefined => events.at(-1)?.kind;

describeProvider('three inference servers', async () => {
  const servers = await Promise.all([1, 2, 3].map(() => startTestInference()));
  return {
    provider: balanced(servers.map(({ address }) => overGrpc(address))),
    close: async () => {
      for (const server of servers) await server.close();
    },
  };
});

describe('the choice of a replica', () => {
  const idle = Array.from({ length: 5 }, (_, index) => scripted(`r${index}`, () => GOOD));
  const poolOf = (count: number, nowMs = () => 0) => new ReplicaPool(idle.slice(0, count), nowMs);

  it('is the least busy one, whatever comes and goes', () => {
    const inFlightOf = (pool: ReplicaPool) => pool.replicas.map(({ inFlight }) => inFlight);
    const come = (pool: ReplicaPool): void => {
      const fewest = Math.min(...inFlightOf(pool));
      const chosen = unlessNone(pool.choose(new Set(), undefined));
      expect(chosen.inFlight).toBe(fewest);
      chosen.inFlight++;
    };
    const go = (pool: ReplicaPool): void => {
      const busy = pool.replicas.find(({ inFlight }) => inFlight > 0);
      if (busy !== undefined) busy.inFlight--;
    };
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 200 }), (comings) => {
        const pool = poolOf(5);
        for (const comes of comings) comes ? come(pool) : go(pool);
        const [most, least] = [Math.max(...inFlightOf(pool)), Math.min(...inFlightOf(pool))];
        if (comings.every((comes) => comes)) expect(most - least).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('keeps a conversation at one replica, and none has more than its share by a quarter', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 200 }), (keys) => {
        const pool = poolOf(4);
        for (const [index, key] of keys.entries()) {
          const chosen = unlessNone(pool.choose(new Set(), `conversation ${key}`));
          chosen.inFlight++;
          expect(chosen.inFlight).toBeLessThanOrEqual(Math.ceil((1.25 * (index + 1)) / 4));
        }
      }),
    );
    const pool = poolOf(4);
    const owners = Array.from({ length: 400 }, (_, key) => pool.choose(new Set(), `c${key}`));
    const again = Array.from({ length: 400 }, (_, key) => pool.choose(new Set(), `c${key}`));
    expect(again).toEqual(owners);
    // 400 keys over 4 replicas: 100 each, with a deviation of 8.7; five of them.
    for (const replica of pool.replicas)
      expect(Math.abs(owners.filter((owner) => owner === replica).length - 100)).toBeLessThan(44);
    // The conversations of one that rests go elsewhere; those of the others stay.
    const [gone] = pool.replicas;
    if (gone === undefined) throw new Error('no replica');
    gone.restsUntilMs = 1;
    for (const [key, owner] of owners.entries()) {
      const next = pool.choose(new Set(), `c${key}`);
      if (owner === gone) expect(next).not.toBe(gone);
      else expect(next).toBe(owner);
    }
  });

  it('lets one that fails rest for twice as long each time, and asks it when all rest', () => {
    let atMs = 0;
    const pool = poolOf(2, () => atMs);
    const [first, second] = pool.replicas;
    if (first === undefined || second === undefined) throw new Error('two replicas');
    const restsMs = [1, 2, 3, 4, 5, 6].map(() => {
      pool.note(first, 'provider_unreachable');
      const restMs = first.restsUntilMs - atMs;
      atMs = first.restsUntilMs;
      return restMs;
    });
    expect(restsMs).toEqual([500, 1_000, 2_000, 4_000, 8_000, 8_000]);
    pool.note(first, 'provider_unreachable');
    for (let i = 0; i < 4; i++) expect(pool.choose(new Set(), undefined)).toBe(second);
    pool.note(second, 'provider_error');
    expect(pool.choose(new Set(), undefined)).toBe(second);
    expect(pool.choose(new Set([second]), undefined)).toBe(first);
    pool.note(first, undefined);
    expect(pool.choose(new Set(), 'any')).toBe(first);
    // A fault of the caller says nothing about the server.
    pool.note(first, 'caller_context_too_long');
    expect(first.restMs).toBe(0);
  });
});

describe('requests over replicas', () => {
  it('reach another where one is gone, unseen; every one of them', async () => {
    const servers = await Promise.all([1, 2].map(() => startTestInference()));
    for (const server of servers) cleanup.add(server);
    const addresses = [await findRefusedAddress(), ...servers.map(({ address }) => address)];
    const provider = balanced(addresses.map(overGrpc));
    cleanup.add(provider);
    const answers = await Promise.all(Array.from({ length: 30 }, () => ask(provider)));
    for (const events of answers) {
      expect(events.filter(({ kind }) => kind === 'started')).toHaveLength(1);
      expect(endOf(events)).toBe('finish');
    }
    expect(await provider.probe(1_000)).toMatchObject({ state: 'up', models: ['simulated/test'] });
    expect((await provider.load(1_000)).kvCapacityTokens).toBe(2_000_000);
  });

  it('go on when one of three is killed, and come back to it', async () => {
    const servers: TestInference[] = [];
    for (let i = 0; i < 3; i++) servers.push(await startTestInference({ stepMs: 5 }));
    for (const server of servers) cleanup.add(server);
    const provider = balanced(servers.map(({ address }) => overGrpc(address)));
    cleanup.add(provider);
    const running = Array.from({ length: 12 }, () => ask(provider, { maxOutputTokens: 30, ignoreEos: true }));
    await new Promise((resolve) => setTimeout(resolve, 60));
    const loads = await Promise.all(servers.map((server) => server.load()));
    expect(loads.map(({ runningRequests }) => runningRequests)).toEqual([4, 4, 4]);
    await servers[0]?.close();
    const ends = (await Promise.all(running)).map(endOf);
    expect(ends.filter((kind) => kind === 'finish').length).toBeGreaterThanOrEqual(8);
    const later = await Promise.all(Array.from({ length: 20 }, () => ask(provider)));
    expect(later.map(endOf)).toEqual(Array.from({ length: 20 }, () => 'finish'));
  });

  it('fail as unreachable when none is left, and the probe says down', async () => {
    const provider = balanced([await findRefusedAddress(), await findRefusedAddress()].map(overGrpc));
    cleanup.add(provider);
    expect((await ask(provider)).at(-1)).toMatchObject({
      kind: 'failed',
      fault: { code: 'provider_unreachable' },
    });
    expect(await provider.probe(500)).toMatchObject({ state: 'down' });
    await expect(provider.load(500)).rejects.toThrow();
  });

  it('are not repeated where work was done: an error of the engine is passed on, and its server rests', async () => {
    const faulty = scripted('faulty', () => [failing('provider_error')]);
    const good = scripted('good', () => GOOD);
    const provider = balanced([faulty, good]);
    expect((await ask(provider)).at(-1)).toMatchObject({ kind: 'failed', fault: { code: 'provider_error' } });
    for (let i = 0; i < 5; i++) expect(endOf(await ask(provider))).toBe('finish');
    expect(faulty.asked).toHaveLength(1);
    expect(good.asked).toHaveLength(5);
  });
});
