import { createSampler, type Distribution, type Sampler } from '../../vocabulary/distributions.ts';
import { createRandom, type Random } from '../../vocabulary/random.ts';
import { ERROR_KINDS, type ErrorKind, type GroundTruthConfig } from './options.ts';

const samplerOf = (span: number | Distribution): Sampler =>
  typeof span === 'number' ? () => span : createSampler(span);

/** Draws what a server does with each request, in the order in which they come, from its seed. */
export class Behaviour {
  readonly #config: GroundTruthConfig;
  readonly #startedAtMs: number;
  readonly #first: Sampler;
  readonly #gap: Sampler;
  readonly #firstRandom: Random;
  readonly #gapRandom: Random;
  readonly #errorRandom: Random;
  readonly #hasErrors: boolean;

  constructor(config: GroundTruthConfig, startedAtMs: number) {
    const random = createRandom(config.seed);
    this.#config = config;
    this.#startedAtMs = startedAtMs;
    this.#first = samplerOf(config.firstTokenMs);
    this.#gap = samplerOf(config.tokenGapMs);
    this.#firstRandom = random.fork('first token');
    this.#gapRandom = random.fork('gaps');
    this.#errorRandom = random.fork('errors');
    this.#hasErrors = Object.values(config.errors).some((ratio) => ratio > 0);
  }

  /** The delay of the next answer; never negative. */
  firstTokenMs(): number {
    return Math.max(0, this.#first(this.#firstRandom));
  }

  /** The next gap; never negative. */
  tokenGapMs(): number {
    return Math.max(0, this.#gap(this.#gapRandom));
  }

  /** What goes wrong with the next request; undefined for most. */
  error(): ErrorKind | undefined {
    if (!this.#hasErrors) return undefined;
    let draw = this.#errorRandom.next();
    return ERROR_KINDS.find((kind) => {
      draw -= this.#config.errors[kind] ?? 0;
      return draw < 0;
    });
  }

  /** When something due at `atMs` can be written: the end of a standstill if it falls into one. */
  heldUntilMs(atMs: number): number {
    const { stall } = this.#config;
    if (stall === undefined) return atMs;
    const sinceMs = atMs - this.#startedAtMs;
    const phaseMs = sinceMs % stall.everyMs;
    return phaseMs < stall.everyMs - stall.lastsMs ? atMs : atMs - phaseMs + stall.everyMs;
  }
}
