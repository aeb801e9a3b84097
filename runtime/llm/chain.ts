import { type Clock, systemClock } from '../../vocabulary/clock.ts';
import type { FaultCode } from '../../vocabulary/faults.ts';
import type { WireTimings } from '../../vocabulary/readiness.ts';
import { type BreakerOptions, CircuitBreaker } from './breaker.ts';
import { estimatePromptTokens } from './estimate.ts';
import { createFault, type Fault, faultFromAbort, faultFromUnknown } from './fault.ts';
import type {
  CompletionRequest,
  EngineLabel,
  Provider,
  ProviderEvent,
  ProviderKind,
  TokenUsage,
} from './provider.ts';
import { addSpent, costUsdOf, NOTHING_SPENT, type Spent, spentFrom, type TokenPrice } from './spent.ts';
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
  | { readonly kind: 'refused'; readonly fault: Fault; readonly spent: Spent }
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
      readonly spent: Spent;
    }
  | { readonly kind: 'end'; readonly outcome: 'incomplete'; readonly fault: Fault; readonly spent: Spent };

/** Who is asked, for whom, and the how manieth attempt of its request it is, counted from 1. */
export interface AttemptStart {
  readonly requestId: string;
  readonly tenant: string;
  readonly provider: string;
  readonly providerKind: ProviderKind;
  readonly attempt: number;
  /** As the request asks for it. */
  readonly maxOutputTokens: number;
  readonly temperature: number;
  /** Trace context of the request. */
  readonly traceparent: string | undefined;
}

export interface AttemptEnd extends AttemptStart {
  readonly result: 'ok' | FaultCode;
  readonly model: string;
  readonly firstTokenMs: number | undefined;
  readonly totalMs: number;
  readonly finishReason: 'stop' | 'length' | undefined;
  readonly spent: Spent;
}

/** What the chain tells telemetry about each attempt at a provider. */
export interface ChainObserver {
  /** The trace context that the provider sends on; the request's own when there is no answer. */
  attemptStarted?(attempt: AttemptStart): { readonly traceparent?: string } | undefined;
  attemptEnded(attempt: AttemptEnd): void;
}

export interface ChainMember {
  readonly provider: Provider;
  readonly timeouts: AttemptTimeouts;
  /** Absent: its tokens cost nothing. */
  readonly price?: TokenPrice;
}

/** The most that one request may use. */
export interface CompletionEstimate {
  readonly tokens: number;
  readonly costUsd: number;
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
  readonly spentBefore: Spent;
  readonly startedAtMs: number;
  engine: EngineLabel;
  model: string;
  firstTokenAtMs: number | undefined;
  fault: Fault | undefined;
  /** As the provider reported it at the end. */
  usage: TokenUsage | undefined;
  finishReason: 'stop' | 'length' | undefined;
  receivedTokens: number;
  readonly start: AttemptStart;
  readonly request: CompletionRequest;
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
    let spent = NOTHING_SPENT;
    let attempts = 0;
    for (const [position, link] of this.#links.entries()) {
      if (!link.breaker.tryEnter()) {
        refusal ??= createFault('provider_unreachable', `Provider ${link.provider.name} is resting.`, {
          retryAfterMs: link.breaker.waitMs,
        });
        continue;
      }
      const attempt = this.#begin(link, request, { isFirst: position === 0, number: ++attempts, spent });
      yield* this.#attempt(attempt, signal);
      if (attempt.fault === undefined || attempt.firstTokenAtMs !== undefined) return;
      spent = addSpent(spent, spentOf(attempt));
      refusal = attempt.fault;
      if (signal.aborted || !mayFailOver(refusal)) break;
    }
    yield { kind: 'refused', fault: refusal ?? createFault('provider_unreachable'), spent };
  }

  /** Tokens and cost of the longest answer at the dearest provider of the chain. */
  estimate(request: CompletionRequest): CompletionEstimate {
    const promptTokens = estimatePromptTokens(request);
    const usage = { promptTokens, cachedPromptTokens: 0, outputTokens: request.maxOutputTokens };
    return {
      tokens: promptTokens + request.maxOutputTokens,
      costUsd: Math.max(0, ...this.#links.map((link) => costUsdOf(usage, link.price))),
    };
  }

  #begin(
    link: Link,
    request: CompletionRequest,
    place: { readonly isFirst: boolean; readonly number: number; readonly spent: Spent },
  ): Attempt {
    const start: AttemptStart = {
      requestId: request.requestId,
      tenant: request.tenant,
      provider: link.provider.name,
      providerKind: link.provider.kind,
      attempt: place.number,
      maxOutputTokens: request.maxOutputTokens,
      temperature: request.temperature,
      traceparent: request.traceparent,
    };
    const traceparent = this.#observer.attemptStarted?.(start)?.traceparent;
    return {
      link,
      isFirst: place.isFirst,
      spentBefore: place.spent,
      start,
      request: traceparent === undefined ? request : { ...request, traceparent },
      startedAtMs: this.#clock.nowMs(),
      engine: 'unknown',
      model: link.provider.name,
      firstTokenAtMs: undefined,
      fault: undefined,
      usage: undefined,
      finishReason: undefined,
      receivedTokens: 0,
    };
  }

  async *#attempt(attempt: Attempt, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
    const watchdog = new Watchdog(attempt.link.timeouts, signal);
    let ended = false;
    try {
      for await (const event of attempt.link.provider.complete(attempt.request, {
        signal: watchdog.signal,
      })) {
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
      attempt.usage = event.usage;
      yield* cut(attempt, event.fault);
      return;
    }
    watchdog.touch();
    if (attempt.firstTokenAtMs === undefined) {
      attempt.firstTokenAtMs = this.#clock.nowMs();
      yield { kind: 'selected', answerer: answererOf(attempt) };
    }
    if (event.kind === 'text') {
      attempt.receivedTokens += event.tokens;
      watchdog.hold();
      yield event;
      watchdog.resume();
      return;
    }
    attempt.usage = event.usage;
    attempt.finishReason = event.reason;
    const outcome = attempt.isFirst ? 'complete' : 'failed_over';
    yield { ...event, kind: 'end', outcome, spent: addSpent(attempt.spentBefore, spentOf(attempt)) };
  }

  #settle(attempt: Attempt): void {
    const { link, fault, firstTokenAtMs, startedAtMs } = attempt;
    link.breaker.record(fault?.code);
    this.#observer.attemptEnded({
      ...attempt.start,
      model: attempt.model,
      finishReason: attempt.finishReason,
      spent: spentOf(attempt),
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
  if (attempt.firstTokenAtMs !== undefined)
    yield {
      kind: 'end',
      outcome: 'incomplete',
      fault,
      spent: addSpent(attempt.spentBefore, spentOf(attempt)),
    };
}

/** Of an attempt that broke off, what the provider said; else what came of it, its prompt estimated. */
function spentOf({ usage, receivedTokens, request, link }: Attempt): Spent {
  if (usage !== undefined) return spentFrom(usage, link.price);
  if (receivedTokens === 0) return NOTHING_SPENT;
  const promptTokens = estimatePromptTokens(request);
  return spentFrom({ promptTokens, cachedPromptTokens: 0, outputTokens: receivedTokens }, link.price);
}
