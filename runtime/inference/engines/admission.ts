import type { EngineErrorCode, GenerateEvent, GenerateRequest } from '../contract.ts';

export interface AdmissionLimits {
  readonly contextTokens: number;
  readonly maxSequences: number;
  /** Requests accepted beyond those that can run. */
  readonly maxWaiting: number;
}

export interface Refusal {
  readonly code: EngineErrorCode;
  readonly message: string;
}

/** How long a request would be, in tokens. */
export interface RequestTokens {
  readonly promptTokens: number;
  readonly maxOutputTokens: number;
}

/** The requests an engine has accepted and not ended, and the rules by which it refuses more. */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #ids = new Set<string>();
  #draining = false;
  #idle: (() => void)[] = [];

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  get draining(): boolean {
    return this.#draining;
  }

  get accepted(): number {
    return this.#ids.size;
  }

  /** From now on every request is refused. */
  drain(): void {
    this.#draining = true;
  }

  /** Why the request cannot be taken, or undefined and its id is held until `release`. */
  accept(request: GenerateRequest, tokens: RequestTokens): Refusal | undefined {
    const refusal = this.#refusalOf(request, tokens);
    if (refusal === undefined) this.#ids.add(request.requestId);
    return refusal;
  }

  release(requestId: string): void {
    this.#ids.delete(requestId);
    if (this.#ids.size > 0) return;
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }

  /** Resolves true when no request is left, false after `graceMs`; an infinite grace has no timer to overflow. */
  async untilIdle(graceMs: number): Promise<boolean> {
    if (this.#ids.size === 0) return true;
    const idle = new Promise<boolean>((resolve) => this.#idle.push(() => resolve(true)));
    if (graceMs === Number.POSITIVE_INFINITY) return idle;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), graceMs);
    });
    const result = await Promise.race([idle, late]);
    clearTimeout(timer);
    return result;
  }

  #refusalOf(request: GenerateRequest, tokens: RequestTokens): Refusal | undefined {
    if (this.#draining) return { code: 'DRAINING', message: 'the engine is shutting down' };
    if (this.#ids.has(request.requestId)) {
      return { code: 'DUPLICATE_REQUEST', message: `request ${request.requestId} is already running` };
    }
    if (tokens.promptTokens === 0) return { code: 'INVALID_REQUEST', message: 'the prompt has no tokens' };
    const { contextTokens, maxSequences, maxWaiting } = this.#limits;
    const total = tokens.promptTokens + tokens.maxOutputTokens;
    if (total > contextTokens) {
      const parts = `${tokens.promptTokens} prompt and up to ${tokens.maxOutputTokens} output tokens`;
      return { code: 'CONTEXT_TOO_LONG', message: `${parts} exceed the context of ${contextTokens} tokens` };
    }
    if (this.#ids.size >= maxSequences + maxWaiting) {
      const limits = `${maxSequences} may run and ${maxWaiting} may wait`;
      return { code: 'OVERLOADED', message: `${this.#ids.size} requests are in the engine; ${limits}` };
    }
    return undefined;
  }
}

export const errorEvent = (refusal: Refusal): GenerateEvent => ({ kind: 'error', ...refusal });
