import type { Clock } from '../../vocabulary/clock.ts';
import { OpenMap } from '../../vocabulary/open-map.ts';
import type { GatewayConfig } from '../config.ts';
import { createFault, FaultError } from '../llm/fault.ts';
import { lineOptionsOf } from '../llm/line-options.ts';
import type { QueueResult } from '../llm/llm-observer.ts';
import { type Place, ProviderQueue } from '../llm/provider-queue.ts';
import { VendorLimits } from '../llm/vendor-limits.ts';
import type { LineAnswer, LineAsk } from './line-messages.ts';

interface Line {
  readonly queue: ProviderQueue;
  readonly limits: VendorLimits;
}

interface Visit {
  readonly tokens: number;
  readonly leaving: AbortController;
  place: Place | undefined;
}

export interface SharedLinesOptions {
  readonly config: Pick<GatewayConfig, 'providers'>;
  readonly clock: Clock;
  readonly onWaitEnd: (provider: string, result: QueueResult, waitMs: number) => void;
}

const GONE = new FaultError(createFault('caller_disconnected'));

/**
 * The places at vendors that several processes hold together, in the one process that knows them all: a limit that each
 * of them kept for itself would be a limit times their number, and its share of a small one would be none.
 */
export class SharedLines {
  readonly #lines: ReadonlyMap<string, Line>;
  /** What each worker holds and waits for, by its ticket. */
  readonly #visits = new Map<number, OpenMap<number, Visit>>();

  constructor({ config, clock, onWaitEnd }: SharedLinesOptions) {
    this.#lines = new Map(
      config.providers.flatMap((provider) => {
        const options = lineOptionsOf(provider);
        if (options === undefined) return [];
        const { name } = provider;
        const limits = new VendorLimits(options.limits, clock);
        const onEnd = (result: QueueResult, waitMs: number) => onWaitEnd(name, result, waitMs);
        const queue = new ProviderQueue({ options: options.queue, limits, clock, onEnd });
        return [[name, { queue, limits }]];
      }),
    );
  }

  /** Takes what a worker says; `answer` reaches that worker. */
  receive(worker: number, ask: LineAsk, answer: (message: LineAnswer) => void): void {
    switch (ask.kind) {
      case 'line-enter':
        this.#enter(worker, ask).then(answer);
        return;
      case 'line-leave':
        this.#leave(worker, ask.ticket, 0);
        return;
      case 'line-release':
        this.#leave(worker, ask.ticket, ask.usedTokens);
        return;
      case 'line-learn':
        this.#lines.get(ask.provider)?.limits.learn(ask.report);
        return;
      case 'line-pause':
        this.#lines.get(ask.provider)?.limits.pauseFor(ask.spanMs);
    }
  }

  async #enter(worker: number, ask: LineAsk & { kind: 'line-enter' }): Promise<LineAnswer> {
    const { ticket, provider, tenant, tokens } = ask;
    const line = this.#lines.get(provider);
    if (line === undefined) return { kind: 'line-refused', ticket, fault: createFault('gateway_internal') };
    const visit: Visit = { tokens, leaving: new AbortController(), place: undefined };
    const visits = this.#visits.get(worker) ?? new OpenMap<number, Visit>();
    this.#visits.set(worker, visits);
    visits.set(ticket, visit);
    const entrance = await line.queue.enter({ tenant, tokens }, visit.leaving.signal);
    if (entrance.kind === 'refused') {
      visits.delete(ticket);
      return { kind: 'line-refused', ticket, fault: entrance.fault };
    }
    visit.place = entrance.place;
    // It left while the place was on its way to it: nothing was sent to the vendor.
    if (visit.leaving.signal.aborted) entrance.place.release(0);
    return { kind: 'line-entered', ticket };
  }

  #leave(worker: number, ticket: number, usedTokens: number): void {
    const visits = this.#visits.get(worker);
    const visit = visits?.get(ticket);
    if (visit === undefined) return;
    visits?.delete(ticket);
    if (visit.place === undefined) visit.leaving.abort(GONE);
    else visit.place.release(usedTokens);
  }

  /** A worker is gone: its places are free. What it had asked of a vendor counts as used whole. */
  departed(worker: number): void {
    for (const [ticket, { tokens }] of this.#visits.get(worker)?.entries() ?? [])
      this.#leave(worker, ticket, tokens);
    this.#visits.delete(worker);
  }
}
