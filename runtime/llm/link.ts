import type { Clock } from '../../vocabulary/clock.ts';
import type { Random } from '../../vocabulary/random.ts';
import { type BreakerEntry, type BreakerOptions, CircuitBreaker } from './breaker.ts';
import type { DegradationLevel } from './chain-events.ts';
import { createFault, type Fault } from './fault.ts';
import { FirstTokenTimes } from './first-token-times.ts';
import type { LlmObserver, QueueResult } from './llm-observer.ts';
import type { Provider, ProviderKind } from './provider.ts';
import type { LimitListener, ProviderLine, SharedLine } from './provider-line.ts';
import { NO_QUEUE, type Place, ProviderQueue, type QueueOptions } from './provider-queue.ts';
import type { TokenPrice } from './spent.ts';
import { type VendorLimitOptions, VendorLimits } from './vendor-limits.ts';
import type { AttemptTimeouts } from './watchdog.ts';

export interface HedgeOptions {
  /** Absent: after the 95th percentile of the provider's latest first-token times. */
  readonly afterMs?: number;
}

/** One provider of a chain and how it is treated. */
export interface ChainMember {
  readonly provider: Provider;
  readonly timeouts: AttemptTimeouts;
  /** Absent: its tokens cost nothing. */
  readonly price?: TokenPrice;
  readonly breaker?: BreakerOptions;
  /** Absent: any number at once, and nobody waits. */
  readonly queue?: QueueOptions;
  readonly limits?: VendorLimitOptions;
  /** Instead of a line of its own by `queue` and `limits`: one that other processes stand in too. */
  readonly shared?: SharedLine | undefined;
  /** Absent: no hedging. */
  readonly hedge?: HedgeOptions;
}

/** A provider in its place in the chain, with everything that is remembered of it between requests. */
export interface Link {
  readonly provider: Provider;
  readonly timeouts: AttemptTimeouts;
  readonly price: TokenPrice | undefined;
  readonly hedge: HedgeOptions | undefined;
  readonly position: number;
  readonly level: DegradationLevel;
  readonly breaker: CircuitBreaker;
  readonly limits: LimitListener;
  readonly queue: ProviderLine;
  readonly firstTokens: FirstTokenTimes;
}

const levelOf = (kind: ProviderKind, position: number): DegradationLevel =>
  kind === 'keyword' ? 'keyword' : position === 0 ? 'primary' : 'fallback';

export interface LinkDependencies {
  readonly breaker: BreakerOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: LlmObserver;
}

/** The line before a provider, in this process where none is shared. */
function lineOf({ provider, queue, limits, shared }: ChainMember, deps: LinkDependencies): SharedLine {
  if (shared !== undefined) return shared;
  const { clock, events } = deps;
  const own = new VendorLimits(limits ?? {}, clock);
  const onEnd = (result: QueueResult, waitMs: number) => events.queueEnded(provider.name, result, waitMs);
  return { limits: own, queue: new ProviderQueue({ options: queue ?? NO_QUEUE, limits: own, clock, onEnd }) };
}

/** Puts a member in its place. */
export function createLink(member: ChainMember, position: number, deps: LinkDependencies): Link {
  const { clock, random } = deps;
  const { provider } = member;
  return {
    provider,
    timeouts: member.timeouts,
    price: member.price,
    hedge: member.hedge,
    position,
    level: levelOf(provider.kind, position),
    breaker: new CircuitBreaker(member.breaker ?? deps.breaker, clock, random.fork(provider.name)),
    ...lineOf(member, deps),
    firstTokens: new FirstTokenTimes(),
  };
}

/** Whether a link calls nobody: it costs nothing and cannot be overloaded. */
export const isLocal = (link: Link): boolean => link.provider.kind === 'keyword';

/** Permission for one attempt: of the breaker, and a place. */
export interface Pass {
  readonly entry: BreakerEntry;
  readonly place: Place;
}

export type PassResult =
  | { readonly kind: 'granted'; readonly pass: Pass }
  | { readonly kind: 'resting' | 'refused'; readonly fault: Fault };

const resting = (link: Link): PassResult => ({
  kind: 'resting',
  fault: createFault('provider_unreachable', `Provider ${link.provider.name} is resting.`, {
    retryAfterMs: Math.ceil(link.breaker.waitMs),
  }),
});

/** First a place, then the breaker: a probe must not wait in line while others are kept away. */
export async function enterLink(
  link: Link,
  applicant: { readonly tenant: string; readonly tokens: number },
  signal: AbortSignal,
): Promise<PassResult> {
  if (!link.breaker.mayEnter) return resting(link);
  const entrance = await link.queue.enter(applicant, signal);
  if (entrance.kind === 'refused') return entrance;
  const entry = link.breaker.tryEnter();
  if (entry !== undefined) return { kind: 'granted', pass: { entry, place: entrance.place } };
  // It opened while this one waited.
  entrance.place.release(0);
  return resting(link);
}

/** A pass without waiting, or none. */
export function enterLinkNow(
  link: Link,
  applicant: { readonly tenant: string; readonly tokens: number },
): Pass | undefined {
  if (link.breaker.state !== 'closed') return undefined;
  const place = link.queue.tryEnter(applicant);
  if (place === undefined) return undefined;
  const entry = link.breaker.tryEnter();
  if (entry !== undefined) return { entry, place };
  place.release(0);
  return undefined;
}
