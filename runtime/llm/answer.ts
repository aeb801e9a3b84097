import { type Clock, systemClock } from '../../vocabulary/clock.ts';
import type { WireTimings } from '../../vocabulary/readiness.ts';
import type { TakeText } from './attempt.ts';
import type { AnswerEnd, Answerer, DegradationLevel, ProviderChain } from './chain.ts';
import { createFault, type Fault } from './fault.ts';
import type { CompletionRequest, TokenUsage } from './provider.ts';
import { NOTHING_SPENT, type Spent } from './spent.ts';

/** Where an answer goes while it is made. */
export interface AnswerSink {
  /** Called once, before the first text. */
  begin(answerer: Answerer): void;
  text(text: string): void;
  /** A promise when the reader is behind and production should wait. */
  hold(): Promise<void> | undefined;
}

/** What telemetry learns of each answer that began. */
export interface AnswerObserver {
  answerEnded(outcome: AnswerEnd['outcome'], level: DegradationLevel): void;
  tokensUsed(usage: TokenUsage, timings: WireTimings | undefined): void;
  /** Tokens generated for a client that had left. */
  tokensOrphaned(tokens: number): void;
}

export interface AnswerOptions {
  /** Aborted when the client leaves or the gateway gives up waiting. */
  readonly signal: AbortSignal;
  readonly observer: AnswerObserver;
  /** Absent: the answer is delivered whole, so every token of an aborted one was for nobody. */
  readonly sink?: AnswerSink;
  readonly clock?: Clock;
}

export type Answer =
  | { readonly kind: 'refused'; readonly fault: Fault; readonly endedAtMs: number; readonly spent: Spent }
  | {
      readonly kind: 'answered';
      readonly answerer: Answerer;
      readonly text: string;
      readonly end: AnswerEnd;
      /** Instant of the provider's last event, for the overhead that follows it. */
      readonly endedAtMs: number;
      /** Everything paid for: failed attempts, cut streams and lost hedges too. */
      readonly spent: Spent;
    };

interface Progress {
  answerer: Answerer | undefined;
  end: AnswerEnd | undefined;
  fault: Fault | undefined;
  spent: Spent;
  text: string;
  tokens: number;
  lateTokens: number;
}

function report(progress: Progress, options: AnswerOptions, chain: ProviderChain): void {
  const { answerer, end } = progress;
  if (answerer === undefined || end === undefined) return;
  const { observer, signal, sink } = options;
  if (answerer.cached === true) return;
  if (end.outcome !== 'incomplete') observer.tokensUsed(end.usage, end.timings);
  if (!signal.aborted) return;
  const orphans = sink === undefined ? progress.tokens : progress.lateTokens;
  observer.tokensOrphaned(orphans);
  // The chain has counted those that came after the client had left.
  chain.tokensOrphaned(answerer.provider, orphans - progress.lateTokens);
}

async function run(
  chain: ProviderChain,
  request: CompletionRequest,
  options: AnswerOptions,
): Promise<Progress> {
  const { signal, sink } = options;
  const progress: Progress = {
    answerer: undefined,
    end: undefined,
    fault: undefined,
    spent: NOTHING_SPENT,
    text: '',
    tokens: 0,
    lateTokens: 0,
  };
  const take: TakeText = ({ text, tokens }) => {
    progress.text += text;
    progress.tokens += tokens;
    if (signal.aborted) progress.lateTokens += tokens;
    else sink?.text(text);
    return sink?.hold();
  };
  for await (const event of chain.complete(request, { signal, take })) {
    if (event.kind === 'text') {
      // Of the cache: texts of providers go straight to `take`.
      const hold = take(event);
      if (hold !== undefined) await hold;
    } else if (event.kind === 'selected') {
      progress.answerer = event.answerer;
      sink?.begin(event.answerer);
    } else {
      progress.spent = event.spent;
      if (event.kind === 'end') progress.end = event;
      else progress.fault = event.fault;
    }
  }
  return progress;
}

/**
 * Runs one completion through the chain into the sink, and tells telemetry what it used. How it ended is told by whoever
 * asked (`endAnswer`): a whole answer whose row cannot be kept ends as an incomplete one.
 */
export async function answer(
  chain: ProviderChain,
  request: CompletionRequest,
  options: AnswerOptions,
): Promise<Answer> {
  const progress = await run(chain, request, options);
  const endedAtMs = (options.clock ?? systemClock).nowMs();
  report(progress, options, chain);
  const { answerer, end, text, spent } = progress;
  if (answerer === undefined || end === undefined) {
    return { kind: 'refused', fault: progress.fault ?? createFault('gateway_internal'), endedAtMs, spent };
  }
  return { kind: 'answered', answerer, text, end, endedAtMs, spent };
}

/**
 * How an answer ends for the client, counted once: as the provider ended it, or in the fault that kept it from standing.
 * To be called when that is known for good, so that metric, wire and log say the same.
 */
export function endAnswer(observer: AnswerObserver, answered: Answer, fault?: Fault): Answer {
  if (answered.kind === 'refused') return answered;
  const { end, spent, answerer } = answered;
  const ended: AnswerEnd =
    fault === undefined || end.outcome === 'incomplete'
      ? end
      : { kind: 'end', outcome: 'incomplete', fault, spent };
  observer.answerEnded(ended.outcome, answerer.level);
  return { ...answered, end: ended };
}
