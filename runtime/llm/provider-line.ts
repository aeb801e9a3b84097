import type { Applicant, Entrance, Place } from './provider-queue.ts';
import type { RateLimitReport } from './rate-limit-headers.ts';

/** The line before one provider, as those who stand in it see it: in this process, or one for several processes. */
export interface ProviderLine {
  /** Requests that wait. */
  readonly depth: number;
  /** Requests at the provider. */
  readonly running: number;
  /** A place if one is free for this request now, ahead of nobody. */
  tryEnter(applicant: Applicant): Place | undefined;
  /** A place, waiting for one in line; a fault when that is hopeless, took too long, or the signal was aborted. */
  enter(applicant: Applicant, signal: AbortSignal): Entrance | Promise<Entrance>;
}

/** Takes what a vendor says of its limits. */
export interface LimitListener {
  /** What the vendor's headers say. */
  learn(report: RateLimitReport): void;
  /** The vendor asked to be left alone for so long. */
  pauseFor(spanMs: number): void;
}

/** The line of a provider that is shared with other processes, and who there hears of its limits. */
export interface SharedLine {
  readonly queue: ProviderLine;
  readonly limits: LimitListener;
}

/** The shared line of a provider by its name; undefined where this process has one of its own. */
export type FindSharedLine = (provider: string) => SharedLine | undefined;
