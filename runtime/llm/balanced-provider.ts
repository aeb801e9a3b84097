import { createFault } from './fault.ts';
import type {
  CompletionRequest,
  Provider,
  ProviderEvent,
  ProviderKind,
  ProviderLoad,
  ProviderProbe,
  ProviderStream,
  TakeEvent,
} from './provider.ts';
import { type Replica, ReplicaPool } from './replica-pool.ts';

interface AnswerScope {
  readonly pool: ReplicaPool;
  readonly request: CompletionRequest;
  readonly signal: AbortSignal;
}

const isEnd = ({ kind }: ProviderEvent): boolean => kind === 'finish' || kind === 'failed';

/** A server that could not be reached did no work: another may be asked without doing anything twice. */
const mayAskAnother = (event: ProviderEvent): boolean =>
  event.kind === 'failed' && event.fault.code === 'provider_unreachable';

/** One answer from the replica that is chosen for it. It counts as in flight from the question to the end or the abort. */
class BalancedAnswer implements ProviderStream {
  readonly #scope: AnswerScope;
  readonly #events: AsyncGenerator<ProviderEvent>;
  /** The replica that was asked last, and what it says. */
  #replica: Replica | undefined;
  #stream: ProviderStream | undefined;
  #isHeld = false;

  constructor(scope: AnswerScope) {
    this.#scope = scope;
    this.#events = this.#answer();
    scope.signal.addEventListener('abort', () => this.#release(), { once: true });
  }

  [Symbol.asyncIterator](): AsyncGenerator<ProviderEvent> {
    return this.#events;
  }

  async handTo(take: TakeEvent): Promise<void> {
    if (this.#stream?.handTo !== undefined) {
      await this.#stream.handTo((event) => {
        this.#note(event);
        return take(event);
      });
      return;
    }
    for await (const event of this.#events) await take(event);
  }

  async *#answer(): AsyncGenerator<ProviderEvent> {
    const tried = new Set<Replica>();
    for (;;) {
      const replica = this.#scope.pool.choose(tried, this.#scope.request.cacheKey);
      if (replica === undefined) {
        yield { kind: 'failed', fault: createFault('provider_unreachable', 'No replica can be reached.') };
        return;
      }
      tried.add(replica);
      const refusal = yield* this.#ask(replica);
      if (refusal === undefined) return;
      if (tried.size < this.#scope.pool.replicas.length) continue;
      yield refusal;
      return;
    }
  }

  /** Passes on what a replica says; returns the event of one that could not be reached, which nobody was told of. */
  async *#ask(replica: Replica): AsyncGenerator<ProviderEvent, ProviderEvent | undefined> {
    this.#hold(replica);
    // Held back until the replica has done something: one that just died is still described.
    let started: ProviderEvent | undefined;
    for await (const event of this.#stream ?? []) {
      if (event.kind === 'started') {
        started = event;
        continue;
      }
      this.#note(event);
      if (mayAskAnother(event) && !this.#scope.signal.aborted) return event;
      if (started !== undefined) yield started;
      started = undefined;
      yield event;
      if (isEnd(event)) return undefined;
    }
    this.#release();
    return undefined;
  }

  #hold(replica: Replica): void {
    const { request, signal } = this.#scope;
    this.#replica = replica;
    this.#isHeld = !signal.aborted;
    if (this.#isHeld) replica.inFlight++;
    this.#stream = replica.provider.complete(request, { signal });
  }

  #note(event: ProviderEvent): void {
    if (!isEnd(event) || this.#replica === undefined) return;
    this.#scope.pool.note(this.#replica, event.kind === 'failed' ? event.fault.code : undefined);
    this.#release();
  }

  #release(): void {
    if (this.#isHeld && this.#replica !== undefined) this.#replica.inFlight--;
    this.#isHeld = false;
  }
}

export interface BalancedProviderOptions {
  readonly name: string;
  readonly kind: ProviderKind;
  /** At least one; all serve the same model. Owned. */
  readonly replicas: readonly Provider[];
  readonly nowMs: () => number;
}

/** Several servers of one model as one provider: balanced, with those that are gone left out until they are back. */
export class BalancedProvider implements Provider {
  readonly name: string;
  readonly kind: ProviderKind;
  readonly #pool: ReplicaPool;

  constructor({ name, kind, replicas, nowMs }: BalancedProviderOptions) {
    this.name = name;
    this.kind = kind;
    this.#pool = new ReplicaPool(replicas, nowMs);
  }

  get #providers(): readonly Provider[] {
    return this.#pool.replicas.map(({ provider }) => provider);
  }

  complete(request: CompletionRequest, { signal }: { readonly signal: AbortSignal }): ProviderStream {
    return new BalancedAnswer({ pool: this.#pool, request, signal });
  }

  /** Up while one of them is. */
  async probe(timeoutMs: number): Promise<ProviderProbe> {
    const probes = await Promise.all(this.#providers.map((provider) => provider.probe(timeoutMs)));
    const up = probes.filter((probe) => probe.state === 'up');
    const [first] = up;
    if (first === undefined) {
      const details = probes.map((probe) => (probe.state === 'down' ? probe.detail : ''));
      return { state: 'down', detail: [...new Set(details)].join('; ') };
    }
    return { ...first, models: [...new Set(up.flatMap(({ models }) => models))] };
  }

  /** The sum over those that answer; rejects when none does. */
  async load(timeoutMs: number): Promise<ProviderLoad> {
    const asked = this.#providers.map(async (provider) => {
      if (provider.load === undefined) throw new Error(`${provider.name} does not tell its load`);
      return provider.load(timeoutMs);
    });
    const answers = await Promise.allSettled(asked);
    const loads = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    if (loads.length === 0) await Promise.all(asked);
    const sum = (of: (load: ProviderLoad) => number): number =>
      loads.reduce((total, load) => total + of(load), 0);
    return {
      runningRequests: sum(({ runningRequests }) => runningRequests),
      waitingRequests: sum(({ waitingRequests }) => waitingRequests),
      kvTokens: sum(({ kvTokens }) => kvTokens),
      kvCapacityTokens: sum(({ kvCapacityTokens }) => kvCapacityTokens),
      orphanOutputTokens: sum(({ orphanOutputTokens }) => orphanOutputTokens),
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#providers.map((provider) => provider.close()));
  }
}
