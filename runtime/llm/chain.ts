import { randomInt } from 'node:crypto';
import { type Clock, systemClock } from '../../vocabulary/clock.ts';
import { createRandom, type Random } from '../../vocabulary/random.ts';
import { AnswerCache, type CacheOptions, type KeptAnswer } from './answer-cache.ts';
import {
  answererOf,
  type EndEvent,
  handTexts,
  nextEvent,
  noteEnd,
  receive,
  type TakeText,
} from './attempt.ts';
import { type BreakerOptions, type BreakerState, DEFAULT_BREAKER } from './breaker.ts';
import type { AnswerEnd, AnswerEvent, ChainObserver, CompletionEstimate } from './chain-events.ts';
import { begin, type Course, createCourse, end, endAll } from './course.ts';
import { estimatePromptTokens, maxPromptTokens } from './estimate.ts';
import { createFault, type Fault, faultFromAbort } from './fault.ts';
import { type FirstEvent, firstEventOf } from './hedge.ts';
import { type ChainMember, createLink, enterLink, isLocal, type Link } from './link.ts';
import { type LlmObserver, SILENT_LLM_OBSERVER } from './llm-observer.ts';
import type { CompletionRequest, Provider } from './provider.ts';
import { RetryBudget } from './retry-budget.ts';
import { planRetry, type RetryOptions, type RetryScope } from './retry-plan.ts';
import { maxCostUsdOf, NOTHING_SPENT } from './spent.ts';

export * from './chain-events.ts';
export type { ChainMember } from './link.ts';

export interface ChainOptions {
  readonly breaker?: BreakerOptions;
  /** Absent: each provider is asked once, and nothing is hedged. */
  readonly retries?: RetryOptions;
  /** Absent: nothing is kept. */
  readonly cache?: CacheOptions;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly observer?: ChainObserver;
  readonly events?: LlmObserver;
}

/** How a chain stands, for metrics and the admin routes. */
export interface ChainState {
  readonly providers: readonly {
    readonly name: string;
    readonly breaker: BreakerState;
    readonly queued: number;
    readonly running: number;
  }[];
  /** Extra attempts that the budget holds; undefined without retries. */
  readonly retryBudgetLeft: number | undefined;
  readonly cache: { readonly entries: number; readonly bytes: number } | undefined;
}

export interface CompleteOptions {
  readonly signal: AbortSignal;
  readonly take?: TakeText;
}

const SILENT: ChainObserver = { attemptEnded: () => undefined };

/** What is asked of the caller stays the caller's fault at every provider; everything else may go better elsewhere. */
const mayFailOver = (fault: Fault): boolean => fault.code.startsWith('provider_');

/** The seeds of processes differ, or they would all come back from an outage at the same instants. */
const MAX_SEED = 2 ** 32;

/** Asks providers in order. Moves on only before the first token; after it the answer is that provider's, whole or cut. */
export class ProviderChain {
  readonly #links: readonly Link[];
  readonly #clock: Clock;
  readonly #observer: ChainObserver;
  readonly #cache: AnswerCache | undefined;
  readonly #retry: RetryScope;

  constructor(members: readonly ChainMember[], options: ChainOptions = {}) {
    const clock = options.clock ?? systemClock;
    const random = options.random ?? createRandom(randomInt(MAX_SEED));
    const events = options.events ?? SILENT_LLM_OBSERVER;
    const breaker = options.breaker ?? DEFAULT_BREAKER;
    this.#clock = clock;
    this.#observer = options.observer ?? SILENT;
    this.#links = members.map((member, position) =>
      createLink(member, position, { breaker, clock, random, events }),
    );
    const chainId = this.#links.map(({ provider }) => `${provider.name}/${provider.model ?? ''}`).join(' ');
    this.#cache = options.cache === undefined ? undefined : new AnswerCache(options.cache, chainId, clock);
    const { retries } = options;
    const budget = retries === undefined ? undefined : new RetryBudget(retries.budget, clock);
    this.#retry = { options: retries, budget, random: random.fork('backoff'), events };
  }

  get providers(): readonly Provider[] {
    return this.#links.map((link) => link.provider);
  }

  /** One reading of everything that changes. */
  get state(): ChainState {
    const cache = this.#cache;
    return {
      providers: this.#links.map(({ provider, breaker, queue }) => ({
        name: provider.name,
        breaker: breaker.state,
        queued: queue.depth,
        running: queue.running,
      })),
      retryBudgetLeft: this.#retry.budget?.left,
      cache: cache === undefined ? undefined : { entries: cache.entries, bytes: cache.bytes },
    };
  }

  /** Drops every kept answer. */
  forgetAnswers(): void {
    this.#cache?.clear();
  }

  /**
   * The most that a request may cost, whatever its text: a token for each byte of the prompt in every attempt that may be
   * paid for, and the longest answer, at the dearest provider. Its tokens are those of ordinary text in one attempt, with
   * its prompt twice where requests are hedged.
   */
  estimate(request: CompletionRequest): CompletionEstimate {
    const promptTokens = estimatePromptTokens(request);
    const prompts = this.#links.some((link) => link.hedge !== undefined) ? 2 : 1;
    const most = { promptTokens: maxPromptTokens(request), outputTokens: request.maxOutputTokens };
    const attempts = this.#retry.options?.maxAttempts ?? this.#links.length;
    let costUsd = 0;
    for (const link of this.#links) costUsd = Math.max(costUsd, maxCostUsdOf(most, attempts, link.price));
    return { tokens: promptTokens * prompts + request.maxOutputTokens, costUsd };
  }

  /** Tokens of a provider that nobody got: an answer delivered whole, to a client that had left. */
  tokensOrphaned(provider: string, tokens: number): void {
    if (tokens > 0) this.#retry.events.tokensOrphaned(provider, tokens);
  }

  /**
   * Answers from the cache where it can, else asks. Ends every attempt when its reader stops reading. With `take`, the texts
   * of a provider go there as they come, and the other events alone are yielded.
   */
  complete(request: CompletionRequest, options: CompleteOptions): AsyncGenerator<AnswerEvent> {
    const key = this.#cache?.keyOf(request);
    if (key === undefined) return this.#run(request, options, undefined);
    const kept = this.#cache?.get(key);
    this.#retry.events.cacheLooked(kept !== undefined);
    return kept === undefined ? this.#run(request, options, key) : replay(kept);
  }

  /** One generator from the provider to the reader: what happens here without `take` happens for every token. */
  async *#run(
    request: CompletionRequest,
    { signal, take }: CompleteOptions,
    key: string | undefined,
  ): AsyncGenerator<AnswerEvent> {
    this.#retry.budget?.requestArrived();
    const tokens = estimatePromptTokens(request) + request.maxOutputTokens;
    const { events } = this.#retry;
    const course = createCourse(
      { clock: this.#clock, observer: this.#observer, events, request, signal },
      tokens,
    );
    try {
      const first = await this.#findAnswerer(course);
      if (first === undefined) {
        yield refusalOf(course);
        return;
      }
      const { attempt } = first;
      let { event } = first;
      attempt.firstTokenAtMs = this.#clock.nowMs();
      const answerer = answererOf(attempt);
      yield { kind: 'selected', answerer };
      let text = '';
      if (take !== undefined && event.kind === 'text') {
        event = await handTexts(attempt, event, (each) => {
          if (key !== undefined) text += each.text;
          return take(each);
        });
      }
      while (event.kind === 'text') {
        receive(attempt, event);
        if (key !== undefined) text += event.text;
        yield event;
        attempt.watchdog.resume();
        event = await nextEvent(attempt);
      }
      noteEnd(attempt, event);
      end(course, attempt);
      const ending = endOf(course, event, attempt.link);
      if (key !== undefined && ending.outcome === 'complete') {
        this.#cache?.set(key, { text, reason: ending.reason, usage: ending.usage, answerer });
      }
      yield ending;
    } finally {
      endAll(course);
    }
  }

  /** The first attempt that gave a first token; undefined when none did, with the reason in the course. */
  async #findAnswerer(course: Course): Promise<FirstEvent | undefined> {
    for (const link of this.#links) {
      if (course.attempts > 0 && !this.#mayMoveOnTo(course, link)) continue;
      const found = await this.#ask(course, link);
      if (found !== undefined) return found;
      if (course.signal.aborted || (course.refusal !== undefined && !mayFailOver(course.refusal))) break;
    }
    return undefined;
  }

  /** Only providers outside count: rules of our own cost nothing and overload nobody. */
  #mayMoveOnTo(course: Course, link: Link): boolean {
    const { options, budget, events } = this.#retry;
    if (isLocal(link)) return true;
    if (options !== undefined && course.attempts >= options.maxAttempts) return false;
    if (!link.breaker.mayEnter) return true;
    budget?.takeWhatIsThere();
    events.extraAttempt(link.provider.name, 'fail_over');
    return true;
  }

  /** Asks one provider, again while that is worth it. */
  async #ask(course: Course, link: Link): Promise<FirstEvent | undefined> {
    const applicant = { tenant: course.request.tenant, tokens: course.tokens };
    for (let retry = 1; ; retry++) {
      const result = await enterLink(link, applicant, course.signal);
      if (result.kind !== 'granted') {
        course.refusal = result.kind === 'resting' ? (course.refusal ?? result.fault) : result.fault;
        return undefined;
      }
      const first = await firstEventOf(course, begin(course, link, result.pass), this.#retry);
      if (first.event.kind !== 'failed') return first;
      const { fault } = first.event;
      noteEnd(first.attempt, first.event);
      end(course, first.attempt);
      course.refusal = fault;
      if (course.signal.aborted || !mayFailOver(fault)) return undefined;
      const successors = this.#successorsOf(link);
      const waitMs = planRetry(course, { link, fault, retry, successors }, this.#retry);
      if (waitMs === undefined || !(await sleep(course, waitMs))) return undefined;
    }
  }

  #successorsOf(link: Link): number {
    let successors = 0;
    for (let at = link.position + 1; at < this.#links.length; at++) {
      const other = this.#links[at];
      if (other !== undefined && !isLocal(other) && other.breaker.mayEnter) successors++;
    }
    return successors;
  }

  async close(): Promise<void> {
    await Promise.all(this.#links.map((link) => link.provider.close()));
  }
}

async function* replay({ answerer, text, reason, usage }: KeptAnswer): AsyncGenerator<AnswerEvent> {
  yield { kind: 'selected', answerer: { ...answerer, cached: true } };
  if (text !== '') yield { kind: 'text', text, tokens: usage.outputTokens };
  yield { kind: 'end', outcome: 'complete', reason, usage, spent: NOTHING_SPENT };
}

const refusalOf = ({ refusal, spent }: Course): AnswerEvent => ({
  kind: 'refused',
  fault: refusal ?? createFault('provider_unreachable'),
  spent,
});

function endOf(course: Course, event: EndEvent, link: Link): AnswerEnd {
  const { spent } = course;
  if (event.kind === 'failed') return { kind: 'end', outcome: 'incomplete', fault: event.fault, spent };
  return { ...event, kind: 'end', outcome: link.position === 0 ? 'complete' : 'failed_over', spent };
}

/** False when the caller left meanwhile. */
async function sleep(course: Course, waitMs: number): Promise<boolean> {
  try {
    await course.clock.sleepUntil(course.clock.nowMs() + waitMs, course.signal);
    return true;
  } catch {
    // Only an abort wakes a sleeper early.
    course.refusal = faultFromAbort(course.signal);
    return false;
  }
}
