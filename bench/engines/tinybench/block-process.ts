import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createFailure, failed, ok, type Result } from '../../../vocabulary/errors.ts';
import { ANSWER_MARK, type CaseReading, type CaseRequest } from './micro-case.ts';

/** The entry point beside this file, whether run from sources or built. */
const CHILD = fileURLToPath(import.meta.url).replace(/block-process\.(ts|js)$/, 'block-child.$1');
const LOG_CHARS = 2_000;

const interrupted: Result<never> = {
  kind: 'failed',
  failure: createFailure('INTERRUPTED', 'stopped while a block was measured'),
};

/**
 * A process that measures cases of one version, one at a time. Each block has a fresh one, so that what the compiler made
 * of a version in one block is drawn anew in the next and is noise between blocks, not a bias of all of them.
 */
export class BlockProcess {
  readonly #child: ChildProcess;
  readonly #casesPath: string;
  readonly #signal: AbortSignal;
  readonly #answers: AsyncIterator<string>;
  readonly #exited: Promise<unknown>;
  #log = '';
  readonly #kill = (): void => {
    this.#child.kill('SIGKILL');
  };

  private constructor(casesPath: string, signal: AbortSignal) {
    this.#casesPath = casesPath;
    this.#signal = signal;
    const child = spawn(process.execPath, [CHILD, casesPath], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child = child;
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    this.#exited = once(child, 'close').catch(() => undefined);
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      this.#log = (this.#log + part).slice(-LOG_CHARS);
    });
    // A child that is gone says so by ending its output; writing to it must not end us.
    child.stdin.on('error', () => {});
    signal.addEventListener('abort', this.#kill, { once: true });
  }

  /** Starts a process and reads the names of its cases. */
  static async start(
    casesPath: string,
    signal: AbortSignal,
  ): Promise<Result<{ readonly block: BlockProcess; readonly available: readonly string[] }>> {
    if (signal.aborted) return interrupted;
    const block = new BlockProcess(casesPath, signal);
    const available = await block.#answer<readonly string[]>();
    if (available.kind === 'ok') return ok({ block, available: available.value });
    await block.close();
    return available;
  }

  /** Time of one case; a case that breaks is a reading, a process that ends is a failure. */
  measure(request: CaseRequest): Promise<Result<CaseReading>> {
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
    return this.#answer<CaseReading>();
  }

  async #answer<T>(): Promise<Result<T>> {
    for (;;) {
      const { done, value } = await this.#answers.next();
      if (this.#signal.aborted) return interrupted;
      if (done) {
        await this.#exited;
        return failed(
          'PROCESS_FAILED',
          `the cases of ${this.#casesPath} could not be measured\n${this.#log.trim()}`,
        );
      }
      if (value.startsWith(ANSWER_MARK)) return ok(JSON.parse(value.slice(ANSWER_MARK.length)) as T);
    }
  }

  /** Ends the process and waits until it is gone. Idempotent. */
  async close(): Promise<void> {
    this.#signal.removeEventListener('abort', this.#kill);
    this.#child.stdin?.end();
    this.#kill();
    await this.#exited;
  }
}
