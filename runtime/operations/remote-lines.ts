import { OpenMap } from '../../vocabulary/open-map.ts';
import { faultFromAbort } from '../llm/fault.ts';
import type { ProviderLine, SharedLine } from '../llm/provider-line.ts';
import type { Applicant, Entrance, Place } from '../llm/provider-queue.ts';
import type { LineAnswer, LineAsk } from './line-messages.ts';

interface Waiter {
  readonly settle: (entrance: Entrance) => void;
  readonly place: Place;
}

/** A worker's end of the lines that it shares: its requests stand in them through messages. */
export class RemoteLines {
  readonly #send: (message: LineAsk) => void;
  readonly #lines = new Map<string, SharedLine>();
  readonly #waiters = new OpenMap<number, Waiter>();
  #nextTicket = 0;

  constructor(send: (message: LineAsk) => void) {
    this.#send = send;
  }

  /** The line before the provider of that name. */
  lineOf(provider: string): SharedLine {
    const known = this.#lines.get(provider);
    if (known !== undefined) return known;
    const line: SharedLine = {
      queue: new RemoteLine((applicant, signal, count) =>
        this.#enter(provider, applicant, { signal, count }),
      ),
      limits: {
        learn: (report) => this.#send({ kind: 'line-learn', provider, report }),
        pauseFor: (spanMs) => this.#send({ kind: 'line-pause', provider, spanMs }),
      },
    };
    this.#lines.set(provider, line);
    return line;
  }

  #enter(
    provider: string,
    { tenant, tokens }: Applicant,
    { signal, count }: { readonly signal: AbortSignal; readonly count: Count },
  ): Promise<Entrance> {
    if (signal.aborted) return Promise.resolve({ kind: 'refused', fault: faultFromAbort(signal) });
    const ticket = this.#nextTicket++;
    return new Promise((resolve) => {
      const end = (entrance: Entrance): void => {
        signal.removeEventListener('abort', onAbort);
        this.#waiters.delete(ticket);
        count.waiting -= 1;
        if (entrance.kind === 'entered') count.running += 1;
        resolve(entrance);
      };
      const onAbort = (): void => {
        this.#send({ kind: 'line-leave', ticket });
        end({ kind: 'refused', fault: faultFromAbort(signal) });
      };
      signal.addEventListener('abort', onAbort, { once: true });
      count.waiting += 1;
      this.#waiters.set(ticket, { settle: end, place: this.#placeOf(ticket, count) });
      this.#send({ kind: 'line-enter', ticket, provider, tenant, tokens });
    });
  }

  #placeOf(ticket: number, count: Count): Place {
    let isHeld = true;
    return {
      release: (usedTokens) => {
        if (!isHeld) return;
        isHeld = false;
        count.running -= 1;
        this.#send({ kind: 'line-release', ticket, usedTokens });
      },
    };
  }

  /** Takes an answer. One for a request that has left is nobody's: leaving has given the place back. */
  receive(answer: LineAnswer): void {
    const waiter = this.#waiters.get(answer.ticket);
    if (answer.kind === 'line-entered') waiter?.settle({ kind: 'entered', place: waiter.place });
    else waiter?.settle({ kind: 'refused', fault: answer.fault });
  }
}

interface Count {
  waiting: number;
  running: number;
}

type Enter = (applicant: Applicant, signal: AbortSignal, count: Count) => Promise<Entrance>;

class RemoteLine implements ProviderLine {
  readonly #enter: Enter;
  readonly #count: Count = { waiting: 0, running: 0 };

  constructor(enter: Enter) {
    this.#enter = enter;
  }

  /** Of this process. */
  get depth(): number {
    return this.#count.waiting;
  }

  /** Of this process. */
  get running(): number {
    return this.#count.running;
  }

  /** Whether a place is free is known elsewhere: who cannot wait for that does without. */
  tryEnter(): undefined {
    return undefined;
  }

  enter(applicant: Applicant, signal: AbortSignal): Promise<Entrance> {
    return this.#enter(applicant, signal, this.#count);
  }
}
