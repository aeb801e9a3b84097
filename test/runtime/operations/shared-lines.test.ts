import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ProviderConfig } from '../../../runtime/config.ts';
import { createFault, FaultError } from '../../../runtime/llm/fault.ts';
import type { ProviderLine } from '../../../runtime/llm/provider-line.ts';
import type { Place } from '../../../runtime/llm/provider-queue.ts';
import { RemoteLines } from '../../../runtime/operations/remote-lines.ts';
import { SharedLines } from '../../../runtime/operations/shared-lines.ts';
import { VirtualClock } from '../../../vocabulary/clock.ts';

const PLACES = 2;

/** Messages as between processes: copied, in order, and never at once. */
const onTheWire = <T>(deliver: (message: T) => void) => {
  let last = Promise.resolve();
  return (message: T): void => {
    const text = JSON.stringify(message);
    last = last.then(() => undefined).then(() => deliver(JSON.parse(text) as T));
  };
};

function open(rest: object = { limits: { concurrent: PLACES } }) {
  const clock = new VirtualClock();
  const provider = {
    kind: 'openai',
    name: 'vendor',
    baseUrl: 'http://127.0.0.1:1/v1',
    promptCacheKey: true,
    queue: { maxQueued: 100, maxWaitMs: 60_000 },
    ...rest,
  } as const satisfies ProviderConfig;
  const lines = new SharedLines({ config: { providers: [provider] }, clock, onWaitEnd: () => undefined });
  const worker = (id: number) => {
    const toWorker = onTheWire<Parameters<RemoteLines['receive']>[0]>((answer) => remote.receive(answer));
    const remote = new RemoteLines(onTheWire((ask) => lines.receive(id, ask, toWorker)));
    return remote.lineOf('vendor');
  };
  return { lines, clock, worker };
}

type Action =
  | { readonly kind: 'enter' | 'die'; readonly worker: number }
  | { readonly kind: 'leave' | 'release' | 'settle'; readonly which: number };

const WORKERS = [1, 2, 3];
const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('enter' as const), worker: fc.constantFrom(...WORKERS) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('die' as const), worker: fc.constantFrom(...WORKERS) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constantFrom('leave', 'release', 'settle'), which: fc.nat(50) }),
  },
) as fc.Arbitrary<Action>;

/** A request of one life of a worker. */
interface Guest {
  readonly life: number;
  readonly leaving: AbortController;
  outcome: 'waiting' | 'gone' | Place;
}

/** A worker's place in the pool: after a death another life has it, under another number. */
class Game {
  readonly #open = open();
  readonly #lives = new Map<number, { readonly life: number; readonly queue: ProviderLine }>();
  readonly #guests: Guest[] = [];
  #nextLife = 0;

  settle(): Promise<void> {
    return this.#open.clock.advanceTo(this.#open.clock.nowMs());
  }

  get holding(): Guest[] {
    return this.#guests.filter(({ outcome }) => typeof outcome === 'object');
  }

  get waiting(): Guest[] {
    return this.#guests.filter(({ outcome }) => outcome === 'waiting');
  }

  #lifeOf(worker: number) {
    const known = this.#lives.get(worker);
    if (known !== undefined) return known;
    const life = this.#nextLife++;
    const begun = { life, queue: this.#open.worker(life).queue };
    this.#lives.set(worker, begun);
    return begun;
  }

  enter(worker: number): void {
    const { life, queue } = this.#lifeOf(worker);
    const guest: Guest = { life, leaving: new AbortController(), outcome: 'waiting' };
    this.#guests.push(guest);
    void Promise.resolve(queue.enter({ tenant: 't', tokens: 1 }, guest.leaving.signal)).then((entrance) => {
      // A worker that died learns nothing any more.
      if (guest.outcome === 'waiting') guest.outcome = entrance.kind === 'entered' ? entrance.place : 'gone';
    });
  }

  /** What it had said has arrived: a channel is read to its end before the exit is told. */
  async die(worker: number): Promise<void> {
    await this.settle();
    const { life } = this.#lifeOf(worker);
    this.#lives.delete(worker);
    this.#open.lines.departed(life);
    for (const guest of this.#guests) if (guest.life === life) guest.outcome = 'gone';
  }

  leave(which: number): void {
    const guest = this.#guests[which % Math.max(1, this.#guests.length)];
    guest?.leaving.abort(new FaultError(createFault('caller_disconnected')));
  }

  release(which: number): void {
    const guest = this.holding[which % Math.max(1, this.holding.length)];
    if (guest === undefined || typeof guest.outcome === 'string') return;
    guest.outcome.release(1);
    guest.outcome = 'gone';
  }
}

async function step(game: Game, action: Action): Promise<void> {
  if (action.kind === 'enter') game.enter(action.worker);
  else if (action.kind === 'die') await game.die(action.worker);
  else if (action.kind === 'leave') game.leave(action.which);
  else if (action.kind === 'release') game.release(action.which);
  else await game.settle();
}

/** Plays any actions in any order; in the end everybody who stayed must get in, one after the other. */
async function play(actions: readonly Action[]): Promise<void> {
  const game = new Game();
  for (const action of actions) {
    await step(game, action);
    expect(game.holding.length).toBeLessThanOrEqual(PLACES);
  }
  await game.settle();
  while (game.holding.length > 0) {
    expect(game.holding.length).toBeLessThanOrEqual(PLACES);
    game.release(0);
    await game.settle();
  }
  expect(game.waiting).toEqual([]);
}

describe('a line that several processes share', () => {
  it('keeps to its places and forgets nobody, whoever comes, leaves, dies or gives back in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 40 }), (actions) => play(actions)),
      { seed: 11, numRuns: 300 },
    );
  });

  it('hears in one process what a vendor told in another', async () => {
    const { clock, worker } = open({
      limits: { requestsPerMin: 600 },
      queue: { maxQueued: 0, maxWaitMs: 0 },
    });
    const [one, two] = [worker(1), worker(2)];
    one.limits.pauseFor(5000);
    await clock.advanceTo(1);
    const never = new AbortController().signal;
    const ask = async () => {
      const entering = Promise.resolve(two.queue.enter({ tenant: 't', tokens: 1 }, never));
      await clock.advanceTo(clock.nowMs());
      return entering;
    };
    expect(await ask()).toMatchObject({
      kind: 'refused',
      fault: { code: 'provider_rate_limited', retryAfterMs: 4999 },
    });
    await clock.advanceTo(5001);
    expect((await ask()).kind).toBe('entered');
  });
});
