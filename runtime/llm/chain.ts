import { type Clock, systemClock } from '../../vocabulary/clock.ts';
import type { FaultCode } from '../../vocabulary/faults.ts';
import type { WireTimings } from '../../vocabulary/readiness.ts';
import { type BreakerOptions, CircuitBreaker } from './breaker.ts';
import { createFault, type Fault, faultFromAbort, faultFromUnknown } from './fault.ts';
import type {
  CompletionRequest,
  EngineLabel,
  Provider,
  ProviderEvent,
  ProviderKind,
  TokenUsage,
} from './provider.ts';
import { type AttemptTimeouts, Watchdog } from './watchdog.ts';

/** How far down the chain an answer came from. */
export const DEGRADATION_LEVELS = ['primary', 'fallback', 'keyword'] as const;
export type DegradationLevel = (typeof DEGRADATION_LEVELS)[number];

/** Who answers. */
export interface Answerer {
  readonly provider: string;
  readonly providerKind: ProviderKind;
  readonly engine: EngineLabel;
  readonly model: string;
  readonly level: DegradationLevel;
}

/**
 * Either one `refused` before any text; or `selected`, texts and exactly one `end`, whose outcome is `complete`
 * (first provider asked), `failed_over` (whole answer of a later one) or `incomplete` (cut, with the fault).
 */
export type AnswerEvent =
  | { readonly kind: 'refused'; readonly fault: Fault }
  | { readonly kind: 'selected'; readonly answerer: Answerer }
  | { readonly kind: 'text'; readonly text: string; readonly tokens: number }
  | AnswerEnd;

export type AnswerEnd =
  | {
      readonly kind: 'end';
      readonly outcome: 'complete' | 'failed_over';
      readonly reason: 'stop' | 'length';
      readonly usage: TokenUsage;
      readonly timings?: WireTimings;
    }
  | { readonly kind: 'end'; readonly outcome: 'incomplete'; readonly fault: Fault };

/** What the chain tells telemetry about each attempt at a provider. */
export interface ChainObserver {
  attemptEnded(attempt: {
    readonly provider: string;
    readonly result: 'ok' | FaultCode;
    readonly firstTokenMs: number | undefined;
    readonly totalMs: number;
  }): void;
}

export interface ChainMember {
  readonly provider: Provider;
  readonly timeouts: AttemptTimeouts;
}

export interface ChainOptions {
  readonly breaker?: BreakerOptions;
  readonly clock?: Clock;
  readonly observer?: ChainObserver;
}

interface Link extends ChainMember {
  readonly breaker: CircuitBreaker;
  readonly level: DegradationLevel;
}

const DEFAULT_BREAKER: BreakerOptions = { maxFailures: 5, openMs: 5000 };
const SILENT: ChainObserver = { attemptEnded: () => undefined };

const levelOf = (kind: ProviderKind, position: number): DegradationLevel =>
  kind === 'keyword' ? 'keyword' : position === 0 ? 'primary' : 'fallback';

/** What is asked of the caller stays the caller's fault at every provider; everything else may go better elsewhere. */
const mayFailOver = (fault: Fault): boolean => fault.code.startsWith('provider_');

/** Where an attempt stands; one per provider asked. */
interface Attempt {
  readonly link: Link;
  readonly isFirst: boolean;
  readonly startedAtMs: number;
  engine: EngineLabel;
  model: string;
  firstTokenAtMs: number | undefined;
  fault: Fault | undefined;
}

/** Asks providers in order. Moves on only before the first token; after it the answer is that provider's, whole or cut. */
export class ProviderChain {
  readonly #links: readonly Link[];
  readonly #clock: Clock;
  readonly #observer: ChainObserver;

  constructor(members: readonly ChainMember[], options: ChainOptions = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#observer = options.observer ?? SILENT;
    this.#links = members.map((member, position) => ({
      ...member,
      level: levelOf(member.provider.kind, position),
      breaker: new CircuitBreaker(options.breaker ?? DEFAULT_BREAKER, this.#clock),
    }));
  }

  get providers(): readonly Provider[] {
    return this.#links.map((link) => link.provider);
  }

  async *complete(
    request: CompletionRequest,
    { signal }: { readonly signal: AbortSignal },
  ): AsyncGenerator<AnswerEvent> {
    let refusal: Fault | undefined;
    for (const [position, link] of this.#links.entries()) {
      if (!link.breaker.tryEnter()) {
        refusal ??= createFault('provider_unreachable', `Provider ${link.provider.name} is resting.`, {
          retryAfterMs: link.breaker.waitMs,
        });
        continue;
      }
      const attempt = this.#begin(link, position === 0);
      yield* this.#attempt(attempt, request, signal);
      if (attempt.fault === undefined || attempt.firstTokenAtMs !== undefined) return;
      refusal = attempt.fault;
      if (signal.aborted || !mayFailOver(refusal)) break;
    }
    yield { kind: 'refused', fault: refusal ?? createFault('provider_unreachable') };
  }

  #begin(link: Link, isFirst: boolean): Attempt {
    return {
      link,
      isFirst,
      startedAtMs: this.#clock.nowMs(),
      engine: 'unknown',
      model: link.provider.name,
      firstTokenAtMs: undefined,
      fault: undefined,
    };
  }

  async *#attempt(
    attempt: Attempt,
    request: CompletionRequest,
    signal: AbortSignal,
  ): AsyncGenerator<AnswerEvent> {
    const watchdog = new Watchdog(attempt.link.timeouts, signal);
    let ended = false;
    try {
      for await (const event of attempt.link.provider.complete(request, { signal: watchdog.signal })) {
        ended = event.kind === 'finish' || event.kind === 'failed';
        yield* this.#relay(attempt, event, watchdog);
        if (ended) break;
      }
      if (!ended) yield* cut(attempt, createFault('provider_incomplete'));
    } catch (error) {
      const fault = signal.aborted ? faultFromAbort(signal) : faultFromUnknown(error, 'provider_error');
      yield* cut(attempt, fault);
      ended = true;
    } finally {
      // A consumer that stops reading leaves by this door too: the provider is aborted and the breaker released.
      if (!ended && attempt.fault === undefined) attempt.fault = createFault('caller_disconnected');
      watchdog.end();
      this.#settle(attempt);
    }
  }

  *#relay(attempt: Attempt, event: ProviderEvent, watchdog: Watchdog): Generator<AnswerEvent> {
    if (event.kind === 'started') {
      attempt.engine = event.engine;
      attempt.model = event.model;
      return;
    }
    if (event.kind === 'failed') {
      yield* cut(attempt, event.fault);
      return;
    }
    watchdog.touch();
    if (attempt.firstTokenAtMs === undefined) {
      attempt.firstTokenAtMs = this.#clock.nowMs();
      yield { kind: 'selected', answerer: answererOf(attempt) };
    }
    if (event.kind === 'text') {
      watchdog.hold();
      yield event;
      watchdog.resume();
    } else yield { ...event, kind: 'end', outcome: attempt.isFirst ? 'complete' : 'failed_over' };
  }

  #settle(attempt: Attempt): void {
    const { link, fault, firstTokenAtMs, startedAtMs } = attempt;
    link.breaker.record(fault?.code);
    this.#observer.attemptEnded({
      provider: link.provider.name,
      result: fault?.code ?? 'ok',
      firstTokenMs: firstTokenAtMs === undefined ? undefined : firstTokenAtMs - startedAtMs,
      totalMs: this.#clock.nowMs() - startedAtMs,
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#links.map((link) => link.provider.close()));
  }
}

const answererOf = (attempt: Attempt): Answerer => ({
  provider: attempt.link.provider.name,
  providerKind: attempt.link.provider.kind,
  engine: attempt.engine,
  model: attempt.model,
  level: attempt.link.level,
});

/** Ends an attempt with a fault; the client learns of it only once text has been sent, else the chain decides. */
function* cut(attempt: Attempt, fault: Fault): Generator<AnswerEvent> {
  attempt.fault = fault;
  if (attempt.firstTokenAtMs !== undefined) yield { kind: 'end', outcome: 'incomplete', fault };
}
