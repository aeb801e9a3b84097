import type { Clock } from '../../vocabulary/clock.ts';
import type { Answerer, AttemptStart, ChainObserver } from './chain-events.ts';
import { guessPromptTokens } from './estimate.ts';
import { createFault, type Fault, faultFromAbort, faultFromUnknown } from './fault.ts';
import type { Link, Pass } from './link.ts';
import type {
  CompletionRequest,
  EngineLabel,
  ProviderEvent,
  ProviderStream,
  TakeEvent,
  TokenUsage,
} from './provider.ts';
import { NOTHING_SPENT, type Spent, spentFrom } from './spent.ts';
import { Watchdog } from './watchdog.ts';

/** What an attempt says once it has begun: texts, then exactly one of the others. */
export type DecisiveEvent = Exclude<ProviderEvent, { kind: 'started' }>;
export type TextEvent = Extract<DecisiveEvent, { kind: 'text' }>;
export type EndEvent = Exclude<DecisiveEvent, { kind: 'text' }>;

/** Takes a text; a promise holds the provider back until it resolves. */
export type TakeText = (event: TextEvent) => Promise<void> | undefined;

/** Where one request to one provider stands. */
export interface Attempt {
  readonly link: Link;
  readonly pass: Pass;
  readonly start: AttemptStart;
  readonly request: CompletionRequest;
  readonly watchdog: Watchdog;
  readonly stream: ProviderStream;
  readonly events: AsyncIterator<ProviderEvent>;
  readonly parent: AbortSignal;
  readonly startedAtMs: number;
  engine: EngineLabel;
  model: string;
  /** The far end took the request on. */
  isAccepted: boolean;
  firstTokenAtMs: number | undefined;
  fault: Fault | undefined;
  /** As the provider reported it at the end. */
  usage: TokenUsage | undefined;
  finishReason: 'stop' | 'length' | undefined;
  receivedTokens: number;
  /** Of these, those that came after the client had left. */
  lateTokens: number;
  hasEnded: boolean;
}

export interface AttemptScope {
  readonly clock: Clock;
  readonly observer: ChainObserver;
  readonly request: CompletionRequest;
  readonly signal: AbortSignal;
}

/** Asks a provider. Nothing is read of its answer yet. */
export function beginAttempt(scope: AttemptScope, link: Link, pass: Pass, number: number): Attempt {
  const { clock, observer, request, signal } = scope;
  const start: AttemptStart = {
    requestId: request.requestId,
    tenant: request.tenant,
    provider: link.provider.name,
    providerKind: link.provider.kind,
    attempt: number,
    maxOutputTokens: request.maxOutputTokens,
    temperature: request.temperature,
    traceparent: request.traceparent,
  };
  const traceparent = observer.attemptStarted?.(start)?.traceparent;
  const watchdog = new Watchdog(link.timeouts, signal);
  const own = requestOf(request, number, traceparent);
  const stream = link.provider.complete(own, { signal: watchdog.signal });
  return {
    link,
    pass,
    start,
    request: own,
    watchdog,
    stream,
    events: stream[Symbol.asyncIterator](),
    parent: signal,
    startedAtMs: clock.nowMs(),
    engine: 'unknown',
    model: link.provider.name,
    isAccepted: false,
    firstTokenAtMs: undefined,
    fault: undefined,
    usage: undefined,
    finishReason: undefined,
    receivedTokens: 0,
    lateTokens: 0,
    hasEnded: false,
  };
}

/** Engines know running requests by id: one that was asked again, or twice at once, has an id for each attempt. */
function requestOf(
  request: CompletionRequest,
  number: number,
  traceparent: string | undefined,
): CompletionRequest {
  if (number === 1 && traceparent === undefined) return request;
  const requestId = number === 1 ? request.requestId : `${request.requestId}.${number}`;
  return traceparent === undefined ? { ...request, requestId } : { ...request, requestId, traceparent };
}

/** The next text or the end, whatever the provider does; never rejects. */
export async function nextEvent(attempt: Attempt): Promise<DecisiveEvent> {
  try {
    for (;;) {
      const step = await attempt.events.next();
      if (step.done === true) return { kind: 'failed', fault: createFault('provider_incomplete') };
      if (step.value.kind !== 'started') return step.value;
      noteStart(attempt, step.value);
    }
  } catch (error) {
    return brokenBy(attempt, error);
  }
}

function brokenBy({ parent }: Attempt, error: unknown): EndEvent {
  const fault = parent.aborted ? faultFromAbort(parent) : faultFromUnknown(error, 'provider_error');
  return { kind: 'failed', fault };
}

/**
 * Hands over the first text and all that follow, each as it comes; resolves with the end, rejects only with an error of
 * `take`. A provider that hands over by itself costs no promise for a token.
 */
export async function handTexts(attempt: Attempt, first: TextEvent, take: TakeText): Promise<EndEvent> {
  const handOver: TakeText = (event) => {
    receive(attempt, event);
    const hold = take(event);
    if (hold !== undefined) return hold.then(() => attempt.watchdog.resume());
    attempt.watchdog.resume();
    return undefined;
  };
  const hold = handOver(first);
  if (hold !== undefined) await hold;
  if (attempt.stream.handTo !== undefined) return pushed(attempt, handOver);
  for (;;) {
    const event = await nextEvent(attempt);
    if (event.kind !== 'text') return event;
    const pause = handOver(event);
    if (pause !== undefined) await pause;
  }
}

async function pushed(attempt: Attempt, handOver: TakeText): Promise<EndEvent> {
  let end: EndEvent = { kind: 'failed', fault: createFault('provider_incomplete') };
  const defects: unknown[] = [];
  const take: TakeEvent = (event) => {
    if (event.kind === 'started') return undefined;
    if (event.kind !== 'text') {
      end = event;
      return undefined;
    }
    try {
      return handOver(event);
    } catch (error) {
      defects.push(error);
      throw error;
    }
  };
  try {
    await attempt.stream.handTo?.(take);
  } catch (error) {
    end = brokenBy(attempt, error);
  }
  if (defects.length > 0) throw defects[0];
  return end;
}

function noteStart(attempt: Attempt, event: Extract<ProviderEvent, { kind: 'started' }>): void {
  attempt.isAccepted = true;
  attempt.engine = event.engine;
  attempt.model = event.model;
  if (event.limits !== undefined) attempt.link.limits.learn(event.limits);
}

/** A text came and goes to the reader, whose time is not the provider's until `resume`. */
export function receive(attempt: Attempt, event: TextEvent): void {
  attempt.receivedTokens += event.tokens;
  if (attempt.parent.aborted) attempt.lateTokens += event.tokens;
  attempt.watchdog.touch();
  attempt.watchdog.hold();
}

/** Takes the terminal event down. */
export function noteEnd(attempt: Attempt, event: EndEvent): void {
  attempt.usage = event.usage;
  if (event.kind === 'failed') attempt.fault = event.fault;
  else attempt.finishReason = event.reason;
}

/** Whoever breaks off an accepted request pays for its prompt; a provider that reports its own failure does not bill. */
const PAID_FAULTS: ReadonlySet<string> = new Set([
  'provider_timeout',
  'caller_disconnected',
  'gateway_draining',
]);

/** Of an attempt that broke off, what the provider said; else what came of it, its prompt guessed. */
export function spentOf({ usage, receivedTokens, request, link, isAccepted, fault }: Attempt): Spent {
  if (usage !== undefined) return spentFrom(usage, link.price);
  const isPaid = receivedTokens > 0 || (isAccepted && fault !== undefined && PAID_FAULTS.has(fault.code));
  if (!isPaid) return NOTHING_SPENT;
  const promptTokens = guessPromptTokens(request);
  return spentFrom({ promptTokens, cachedPromptTokens: 0, outputTokens: receivedTokens }, link.price);
}

/**
 * Stops what is left of an attempt, down to the far end, and tells breaker, queue, limits and telemetry how it went.
 * An attempt without an end of its own was left by its reader. Only the first call does anything.
 */
export function endAttempt(attempt: Attempt, scope: AttemptScope): void {
  if (attempt.hasEnded) return;
  attempt.hasEnded = true;
  if (attempt.finishReason === undefined && attempt.fault === undefined) {
    attempt.fault = createFault('caller_disconnected');
  }
  const { link, fault, firstTokenAtMs, startedAtMs, pass } = attempt;
  attempt.watchdog.end();
  // Its own failure to stop changes nothing any more.
  attempt.events.return?.().catch(() => undefined);
  const spent = spentOf(attempt);
  link.breaker.record(pass.entry, fault?.code);
  pass.place.release(spent.inputTokens + spent.outputTokens);
  if (fault?.retryAfterMs !== undefined) link.limits.pauseFor(fault.retryAfterMs);
  const firstTokenMs = firstTokenAtMs === undefined ? undefined : firstTokenAtMs - startedAtMs;
  if (firstTokenMs !== undefined) link.firstTokens.add(firstTokenMs);
  scope.observer.attemptEnded({
    ...attempt.start,
    model: attempt.model,
    finishReason: attempt.finishReason,
    spent,
    result: fault?.code ?? 'ok',
    firstTokenMs,
    totalMs: scope.clock.nowMs() - startedAtMs,
  });
}

/** Who answers, as clients see it. */
export const answererOf = (attempt: Attempt): Answerer => ({
  provider: attempt.link.provider.name,
  providerKind: attempt.link.provider.kind,
  engine: attempt.engine,
  model: attempt.model,
  level: attempt.link.level,
});
