import type { Clock } from '../../vocabulary/clock.ts';
import { FairLine } from './fair-line.ts';
import { createFault, type Fault, faultFromAbort } from './fault.ts';
import type { QueueResult } from './llm-observer.ts';
import type { VendorLimits } from './vendor-limits.ts';

export interface QueueOptions {
  /** Requests at the provider at once. */
  readonly maxConcurrent: number;
  /** Requests that wait for a place; 0 lets nobody wait. */
  readonly maxQueued: number;
  readonly maxWaitMs: number;
}

/** Nobody waits and nobody has to. */
export const NO_QUEUE: QueueOptions = { maxConcurrent: Number.POSITIVE_INFINITY, maxQueued: 0, maxWaitMs: 0 };

export interface Applicant {
  readonly tenant: string;
  /** The most tokens that the request may use. */
  readonly tokens: number;
}

/** A place at the provider, given back exactly once. */
export interface Place {
  release(usedTokens: number): void;
}

export type Entrance =
  | { readonly kind: 'entered'; readonly place: Place }
  | { readonly kind: 'refused'; readonly fault: Fault };

interface Waiter extends Applicant {
  readonly sinceMs: number;
  readonly fuse: AbortController;
  readonly signal: AbortSignal;
  readonly settle: (entrance: Entrance) => void;
  readonly onAbort: () => void;
}

/** Weight of the newest visit in the mean length of a visit. */
const NEWEST_WEIGHT = 0.1;

/**
 * The places at one provider and the line before them. Who could not be served within maxWaitMs at the rate at which
 * places came free lately is turned away at once, with the time after which it is worth trying again.
 */
export class ProviderQueue {
  readonly #options: QueueOptions;
  readonly #limits: VendorLimits;
  readonly #clock: Clock;
  readonly #onEnd: (result: QueueResult, waitMs: number) => void;
  readonly #line = new FairLine<Waiter>();
  #running = 0;
  #meanVisitMs = 0;
  #wake: AbortController | undefined;

  constructor(parts: {
    readonly options: QueueOptions;
    readonly limits: VendorLimits;
    readonly clock: Clock;
    readonly onEnd?: (result: QueueResult, waitMs: number) => void;
  }) {
    this.#options = parts.options;
    this.#limits = parts.limits;
    this.#clock = parts.clock;
    this.#onEnd = parts.onEnd ?? (() => undefined);
  }

  /** Requests that wait. */
  get depth(): number {
    return this.#line.length;
  }

  /** Requests at the provider. */
  get running(): number {
    return this.#running;
  }

  /** A place if one is free for this request now, ahead of nobody. */
  tryEnter(applicant: Applicant): Place | undefined {
    if (this.#line.length > 0 || this.#running >= this.#options.maxConcurrent) return undefined;
    return this.#limits.waitMs(applicant.tokens) > 0 ? undefined : this.#give(applicant);
  }

  /** A place, waiting for one in line; a fault when that is hopeless, took too long, or the signal was aborted. */
  enter(applicant: Applicant, signal: AbortSignal): Entrance | Promise<Entrance> {
    if (signal.aborted) return { kind: 'refused', fault: faultFromAbort(signal) };
    const place = this.tryEnter(applicant);
    if (place !== undefined) return { kind: 'entered', place };
    const waitMs = this.#expectedWaitMs(applicant);
    if (this.#line.length >= this.#options.maxQueued) return this.#turnAway('full', applicant, waitMs);
    if (waitMs > this.#options.maxWaitMs) return this.#turnAway('hopeless', applicant, waitMs);
    return this.#stand(applicant, signal);
  }

  /** Little's law: with every place taken, one comes free each (mean visit ÷ places). */
  #expectedWaitMs({ tenant, tokens }: Applicant): number {
    const placesMs =
      this.#running < this.#options.maxConcurrent
        ? 0
        : ((this.#line.aheadOf(tenant) + 1) * this.#meanVisitMs) / this.#options.maxConcurrent;
    return Math.max(placesMs, this.#limits.waitMs(tokens));
  }

  #turnAway(result: QueueResult, applicant: Applicant, waitMs: number): Entrance {
    if (this.#options.maxQueued > 0) this.#onEnd(result, 0);
    return { kind: 'refused', fault: this.#fault(applicant, waitMs) };
  }

  #fault({ tokens }: Applicant, waitMs: number): Fault {
    const wait = waitMs > 0 && Number.isFinite(waitMs) ? { retryAfterMs: Math.ceil(waitMs) } : {};
    return this.#limits.waitMs(tokens) > 0
      ? createFault('provider_rate_limited', 'The limits of the provider are used up for now.', wait)
      : createFault('provider_overloaded', 'All places at the provider are taken.', wait);
  }

  #stand(applicant: Applicant, signal: AbortSignal): Promise<Entrance> {
    return new Promise((resolve) => {
      const waiter: Waiter = {
        ...applicant,
        sinceMs: this.#clock.nowMs(),
        fuse: new AbortController(),
        signal,
        settle: resolve,
        onAbort: () => this.#leave(waiter, 'left', faultFromAbort(signal)),
      };
      this.#line.push(waiter);
      signal.addEventListener('abort', waiter.onAbort, { once: true });
      this.#clock.sleepUntil(waiter.sinceMs + this.#options.maxWaitMs, waiter.fuse.signal).then(
        () => this.#leave(waiter, 'waited_too_long', this.#fault(applicant, this.#expectedWaitMs(applicant))),
        () => undefined, // The wait ended some other way.
      );
      this.#admit();
    });
  }

  #leave(waiter: Waiter, result: QueueResult, fault: Fault): void {
    if (!this.#line.remove(waiter)) return;
    this.#end(waiter, result);
    waiter.settle({ kind: 'refused', fault });
    this.#admit();
  }

  #end(waiter: Waiter, result: QueueResult): void {
    waiter.signal.removeEventListener('abort', waiter.onAbort);
    waiter.fuse.abort();
    this.#onEnd(result, this.#clock.nowMs() - waiter.sinceMs);
  }

  /** Lets in whom there is room for; when the limits have none, comes back when they will. */
  #admit(): void {
    this.#wake?.abort();
    this.#wake = undefined;
    for (;;) {
      const next = this.#line.peek();
      if (next === undefined || this.#running >= this.#options.maxConcurrent) return;
      const waitMs = this.#limits.waitMs(next.tokens);
      if (waitMs > 0) {
        this.#comeBackIn(waitMs);
        return;
      }
      this.#line.shift();
      this.#end(next, 'entered');
      next.settle({ kind: 'entered', place: this.#give(next) });
    }
  }

  #comeBackIn(waitMs: number): void {
    const wake = new AbortController();
    this.#wake = wake;
    this.#clock.sleepUntil(this.#clock.nowMs() + Math.min(waitMs, this.#options.maxWaitMs), wake.signal).then(
      () => this.#admit(),
      () => undefined, // Somebody came or left meanwhile and looked again.
    );
  }

  #give(applicant: Applicant): Place {
    this.#running++;
    this.#limits.take(applicant.tokens);
    const sinceMs = this.#clock.nowMs();
    let isHeld = true;
    return {
      release: (usedTokens) => {
        if (!isHeld) return;
        isHeld = false;
        this.#running--;
        this.#limits.settle(applicant.tokens, usedTokens);
        this.#learnVisit(this.#clock.nowMs() - sinceMs);
        if (this.#line.length > 0) this.#admit();
      },
    };
  }

  #learnVisit(visitMs: number): void {
    const isFirst = this.#meanVisitMs === 0;
    this.#meanVisitMs = isFirst ? visitMs : this.#meanVisitMs + NEWEST_WEIGHT * (visitMs - this.#meanVisitMs);
  }
}
