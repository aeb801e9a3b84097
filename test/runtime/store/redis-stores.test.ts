import { type ChildProcess, spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedisContextStore } from '../../../runtime/store/redis-context-store.ts';
import { RedisInteractionLock } from '../../../runtime/store/redis-interaction-lock.ts';
import { KEY_BYTES, KeyedSeal } from '../../../runtime/store/text-seal.ts';
import { describeContextStore } from '../../contracts/store-context.ts';
import { describeInteractionLock, MAX_WAITING } from '../../contracts/store-lock.ts';
import { redisBinary, startRedis } from '../../support/redis.ts';
import type { RealServer } from '../../support/server-process.ts';

const SEAL = new KeyedSeal(async () => [Buffer.alloc(KEY_BYTES, 1)]);
const never = new AbortController().signal;
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

describe.skipIf(redisBinary() === undefined)('Redis (skipped without redis-server)', () => {
  let server: RealServer;
  let prefixes = 0;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  const optionsFor = (keyPrefix: string) => ({
    url: server.url,
    connectMs: 1000,
    commandMs: 500,
    keyPrefix,
  });
  const freshPrefix = (): string => `t${prefixes++}:`;

  async function openLock(keyPrefix = freshPrefix(), leaseMs = 2000): Promise<RedisInteractionLock> {
    const lock = new RedisInteractionLock({ ...optionsFor(keyPrefix), leaseMs, maxWaiting: MAX_WAITING });
    await lock.connected();
    return lock;
  }

  async function openContexts(maxContextBytes = 10_000): Promise<RedisContextStore> {
    const store = new RedisContextStore({ ...optionsFor(freshPrefix()), maxContextBytes, seal: SEAL });
    await store.connected();
    return store;
  }

  describeContextStore('redis', async () => ({ store: await openContexts(), pass: sleep }));
  describeInteractionLock('redis', () => openLock());

  it('does not keep a context over its limit, nor an older one in its place', async () => {
    const store = await openContexts(1000);
    const context = { interactionId: 'a', turns: 1, messages: [{ role: 'user', content: 'x' } as const] };
    await store.set(context, 1000);
    const large = { ...context, messages: [{ role: 'user', content: 'x'.repeat(1000) } as const] };
    await store.set(large, 1000);
    expect(await store.get('a')).toBeUndefined();
    await store.close();
  });

  it('serves two processes in the order in which they came, one at a time', async () => {
    const prefix = freshPrefix();
    const locks = [await openLock(prefix), await openLock(prefix)];
    const order: number[] = [];
    let inside = 0;
    const hold = await locks[0]?.acquire('a', never);
    const work: Promise<void>[] = [];
    for (let n = 0; n < MAX_WAITING; n++) {
      const taken = locks[n % 2]?.acquire('a', never);
      // One after the other into the line; two connections have no order between them.
      await locks[n % 2]?.ping();
      work.push(
        (async () => {
          const release = await taken;
          expect(++inside).toBe(1);
          order.push(n);
          await sleep(2);
          inside--;
          release?.();
        })(),
      );
    }
    hold?.();
    await Promise.all(work);
    expect(order).toEqual(Array.from({ length: MAX_WAITING }, (_, n) => n));
    await Promise.all(locks.map((lock) => lock.close()));
  });

  it('a holder that is killed with -9 holds nobody up beyond its lease', async () => {
    const prefix = freshPrefix();
    const holder = await startHolder(prefix, 1000);
    const lock = await openLock(prefix, 1000);
    let isGranted = false;
    const waiting = lock.acquire('a', never).then((release) => {
      isGranted = true;
      return release;
    });
    // Alive, it renews: longer than its lease it keeps its place.
    await sleep(1500);
    expect(isGranted).toBe(false);
    holder.kill('SIGKILL');
    const killedMs = performance.now();
    (await waiting)();
    expect(performance.now() - killedMs).toBeLessThan(2500);
    await lock.close();
  });

  async function startHolder(prefix: string, leaseMs: number): Promise<ChildProcess> {
    const module = new URL('../../../runtime/store/redis-interaction-lock.ts', import.meta.url).href;
    const options = { ...optionsFor(prefix), leaseMs, maxWaiting: MAX_WAITING };
    const script = `
      import { RedisInteractionLock } from ${JSON.stringify(module)};
      const lock = new RedisInteractionLock(${JSON.stringify(options)});
      await lock.connected();
      await lock.acquire('a', new AbortController().signal);
      console.log('held');
      setInterval(() => undefined, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise<void>((resolve) => child.stdout?.once('data', () => resolve()));
    return child;
  }

  it('says so while Redis is gone, waiters included, and works again when it is back', async () => {
    const lock = await openLock();
    const store = await openContexts();
    const release = await lock.acquire('a', never);
    const waiting = lock.acquire('a', never);
    const refused = expect(waiting).rejects.toMatchObject({ fault: { code: 'gateway_store_unavailable' } });
    await server.kill();
    await refused;
    release();
    await expect(lock.acquire('a', never)).rejects.toMatchObject({
      fault: { code: 'gateway_store_unavailable' },
    });
    await expect(store.get('a')).rejects.toThrow();
    await server.restart();
    await Promise.all([lock.connected(), store.connected()]);
    expect(await store.get('a')).toBeUndefined();
    (await lock.acquire('a', never))();
    (await lock.acquire('a', never))();
    await lock.close();
    await store.close();
  });
});
