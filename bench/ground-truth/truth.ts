import { LatencyHistogram } from '../../vocabulary/histogram.ts';
import type { ErrorKind } from './options.ts';

/** What the server's own clock says of what it wrote: medians and tails in ms, and how many of what. */
export interface Truth {
  /** Requests whose answer was good, plain or stream, as far as it was written. */
  readonly answers: number;
  readonly streams: number;
  readonly tokens: number;
  readonly errors: Readonly<Partial<Record<ErrorKind, number>>>;
  /** Plain answers: from the request's last byte read to the write. */
  readonly answerP50Ms: number | undefined;
  readonly answerP99Ms: number | undefined;
  readonly firstTokenP50Ms: number | undefined;
  readonly firstTokenP99Ms: number | undefined;
  readonly gapP50Ms: number | undefined;
  readonly gapP99Ms: number | undefined;
}

/** Collects what a server did. */
export class TruthLog {
  readonly #answer = new LatencyHistogram();
  readonly #firstToken = new LatencyHistogram();
  readonly #gap = new LatencyHistogram();
  readonly #errors: Partial<Record<ErrorKind, number>> = {};
  #tokens = 0;

  recordAnswer(ms: number): void {
    this.#answer.record(ms);
  }

  recordFirst(ms: number): void {
    this.#firstToken.record(ms);
  }

  recordGap(ms: number): void {
    this.#gap.record(ms);
  }

  recordTokens(tokens: number): void {
    this.#tokens += tokens;
  }

  recordError(kind: ErrorKind): void {
    this.#errors[kind] = (this.#errors[kind] ?? 0) + 1;
  }

  read(): Truth {
    return {
      answers: this.#answer.count + this.#firstToken.count,
      streams: this.#firstToken.count,
      tokens: this.#tokens,
      errors: { ...this.#errors },
      answerP50Ms: this.#answer.percentileMs(50),
      answerP99Ms: this.#answer.percentileMs(99),
      firstTokenP50Ms: this.#firstToken.percentileMs(50),
      firstTokenP99Ms: this.#firstToken.percentileMs(99),
      gapP50Ms: this.#gap.percentileMs(50),
      gapP99Ms: this.#gap.percentileMs(99),
    };
  }
}
