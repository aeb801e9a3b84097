import { Worker } from 'node:worker_threads';
import { BYTES_PER_MIB } from '../../../vocabulary/units.ts';
import type { LogicCall, LogicFailure, LogicReply } from './logic-protocol.ts';

/** How a call of `handle` ended. */
export type LogicOutcome =
  | { readonly kind: 'ok'; readonly output: unknown; readonly logs: readonly string[] }
  | {
      readonly kind: 'failed';
      readonly reason: LogicFailure;
      readonly message: string;
      readonly logs: readonly string[];
    };

export interface SandboxLimits {
  readonly timeoutMs: number;
  readonly memoryMib: number;
}

/** The code that a call runs. */
export interface LogicSource {
  readonly source: string;
  readonly fileName: string;
}

/** Calls waiting for the one worker; beyond it a call fails at once. */
const MAX_WAITING = 1000;
/** Beyond the time limit of a call before its worker is taken to hang (an interrupt came too late, or never). */
const HARD_GRACE_MS = 250;
/** The first call of a worker waits for the interpreter to load. */
const START_GRACE_MS = 5000;

interface Waiting {
  readonly call: LogicCall;
  readonly resolve: (outcome: LogicOutcome) => void;
}

const WORKER_URL = new URL(
  import.meta.url.endsWith('.ts') ? './logic-worker.ts' : './logic-worker.js',
  import.meta.url,
);

const failedWith = (reason: LogicFailure, message: string): LogicOutcome => ({
  kind: 'failed',
  reason,
  message,
  logs: [],
});

function outcomeFrom(reply: LogicReply): LogicOutcome {
  if (reply.kind === 'failed') return reply;
  try {
    return { kind: 'ok', output: JSON.parse(reply.outputJson), logs: reply.logs };
  } catch {
    return {
      kind: 'failed',
      reason: 'not_json',
      message: 'what handle returned is not JSON',
      logs: reply.logs,
    };
  }
}

/**
 * Runs scripts' logic.js away from the gateway's thread, one call at a time and in order. A call that outlives its
 * limit by more than the grace costs its worker: it is terminated and a new one takes the next call.
 */
export class LogicSandbox {
  readonly #limits: SandboxLimits;
  readonly #waiting: Waiting[] = [];
  #current: Waiting | undefined;
  #fuse: NodeJS.Timeout | undefined;
  #worker: Worker | undefined;
  #isWarm = false;
  #nextId = 0;
  #isClosed = false;
  #respawns = 0;

  constructor(limits: SandboxLimits) {
    this.#limits = limits;
  }

  /** Workers lost to calls that could not be interrupted, or to a crash of the interpreter. */
  get respawns(): number {
    return this.#respawns;
  }

  /** Calls `handle(input)`; never rejects. */
  run(logic: LogicSource, input: unknown): Promise<LogicOutcome> {
    return this.#enqueue(logic, { inputJson: JSON.stringify(input) ?? 'null' });
  }

  /** Loads the code without calling it: mistakes show when a version is read, not on a customer's turn. */
  check(logic: LogicSource): Promise<LogicOutcome> {
    return this.#enqueue(logic, {});
  }

  #enqueue(logic: LogicSource, input: { readonly inputJson?: string }): Promise<LogicOutcome> {
    if (this.#isClosed) return Promise.resolve(failedWith('died', 'the sandbox is closed'));
    if (this.#waiting.length >= MAX_WAITING) {
      return Promise.resolve(failedWith('overloaded', `more than ${MAX_WAITING} calls wait`));
    }
    const { timeoutMs, memoryMib } = this.#limits;
    const call = {
      id: this.#nextId++,
      ...logic,
      ...input,
      timeoutMs,
      memoryBytes: memoryMib * BYTES_PER_MIB,
    };
    return new Promise((resolve) => {
      this.#waiting.push({ call, resolve });
      this.#startNext();
    });
  }

  #startNext(): void {
    if (this.#current !== undefined) return;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#current = next;
    const worker = this.#worker ?? this.#spawn();
    this.#worker = worker;
    const graceMs = this.#isWarm ? HARD_GRACE_MS : START_GRACE_MS;
    this.#fuse = setTimeout(
      () => this.#lose('timeout', 'the call could not be interrupted'),
      next.call.timeoutMs + graceMs,
    );
    worker.postMessage(next.call);
  }

  #spawn(): Worker {
    this.#isWarm = false;
    const worker = new Worker(WORKER_URL, {
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16 },
    });
    // An idle sandbox keeps no process alive.
    worker.unref();
    worker.on('message', (reply: LogicReply) => this.#settle(reply));
    worker.on('error', (error) => {
      if (worker === this.#worker) this.#lose('died', error instanceof Error ? error.message : String(error));
    });
    worker.on('exit', (code) => {
      if (worker === this.#worker) this.#lose('died', `the worker ended with code ${code}`);
    });
    return worker;
  }

  #settle(reply: LogicReply): void {
    if (this.#current?.call.id !== reply.id) return;
    this.#isWarm = true;
    this.#end(outcomeFrom(reply));
  }

  #end(outcome: LogicOutcome): void {
    clearTimeout(this.#fuse);
    const ended = this.#current;
    this.#current = undefined;
    ended?.resolve(outcome);
    this.#startNext();
  }

  #lose(reason: LogicFailure, message: string): void {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#respawns++;
    void worker?.terminate();
    this.#end(failedWith(reason, message));
  }

  /** Ends what runs and what waits. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const worker = this.#worker;
    this.#worker = undefined;
    for (const { resolve } of this.#waiting.splice(0)) resolve(failedWith('died', 'the sandbox is closed'));
    if (this.#current !== undefined) this.#end(failedWith('died', 'the sandbox is closed'));
    await worker?.terminate();
  }
}
