import type { Clock } from '../../vocabulary/clock.ts';
import type { Readiness } from '../../vocabulary/readiness.ts';
import { maskText } from './masking.ts';

/** Something outside this process without which no turn can be answered. */
export interface Dependency {
  readonly name: string;
  readonly kind: string;
  /** Rejects when it does not answer. */
  ping(): Promise<void>;
}

export type DependencyState = NonNullable<Readiness['dependencies']>[number];

/** A state stands for this long; frequent probing must not become load. */
const FRESH_MS = 1000;

/** Knows which dependencies answer, asking each at most once a second. */
export class DependencyStates {
  readonly #dependencies: readonly Dependency[];
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  #current: Promise<readonly DependencyState[]> | undefined;
  #askedAtMs = Number.NEGATIVE_INFINITY;

  constructor(dependencies: readonly Dependency[], timeoutMs: number, clock: Clock) {
    this.#dependencies = dependencies;
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  /** States at most one second old. */
  read(): Promise<readonly DependencyState[]> {
    const nowMs = this.#clock.nowMs();
    if (this.#current === undefined || nowMs - this.#askedAtMs > FRESH_MS) {
      this.#askedAtMs = nowMs;
      this.#current = Promise.all(this.#dependencies.map((dependency) => this.#ask(dependency)));
    }
    return this.#current;
  }

  async #ask(dependency: Dependency): Promise<DependencyState> {
    const { name, kind } = dependency;
    let fuse: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      fuse = setTimeout(() => reject(new Error(`no answer within ${this.#timeoutMs} ms`)), this.#timeoutMs);
    });
    try {
      await Promise.race([dependency.ping(), late]);
      return { name, kind, state: 'up' };
    } catch (error) {
      const detail = maskText(error instanceof Error && error.message !== '' ? error.message : String(error));
      return { name, kind, state: 'down', detail };
    } finally {
      clearTimeout(fuse);
    }
  }
}

const canPing = (part: object): part is { ping(): Promise<void> } =>
  'ping' in part && typeof part.ping === 'function';

/** The stores of a gateway as dependencies; those in this process's memory answer always and are left out. */
export function storeDependencies(
  kinds: Readonly<Record<string, string>>,
  parts: Readonly<Record<string, object | undefined>>,
): Dependency[] {
  return Object.entries(kinds).flatMap(([name, kind]) => {
    const part = parts[name];
    return kind === 'memory' || part === undefined || !canPing(part)
      ? []
      : [{ name, kind, ping: () => part.ping() }];
  });
}
