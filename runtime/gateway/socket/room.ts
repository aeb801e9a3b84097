import { createFault } from '../../llm/fault.ts';
import type { Ticket } from '../admission.ts';
import type { Channel } from './channel.ts';
import type { Session } from './session.ts';

export interface RoomOptions {
  readonly channel: Channel;
  readonly graceMs: number;
  readonly listenersElsewhere: () => Promise<number>;
  readonly onAbandoned: () => void;
  /** Nobody is there and nothing runs. */
  readonly onEmpty: (room: Room) => void;
}

/** One interaction in this process: its sockets, and its turns that came over sockets. */
export class Room {
  readonly channel: Channel;
  readonly sessions = new Set<Session>();
  readonly #turns = new Set<Ticket>();
  readonly #options: RoomOptions;
  #grace: NodeJS.Timeout | undefined;

  constructor(options: RoomOptions) {
    this.channel = options.channel;
    this.#options = options;
  }

  get turns(): number {
    return this.#turns.size;
  }

  enter(session: Session): void {
    clearTimeout(this.#grace);
    this.#grace = undefined;
    this.sessions.add(session);
    this.channel.readers.add(session);
  }

  leave(session: Session): void {
    this.sessions.delete(session);
    this.channel.readers.delete(session);
    this.#settle();
  }

  begin(ticket: Ticket): void {
    this.#turns.add(ticket);
  }

  end(ticket: Ticket): void {
    this.#turns.delete(ticket);
    this.#settle();
  }

  #settle(): void {
    if (this.sessions.size > 0) return;
    if (this.#turns.size === 0) {
      clearTimeout(this.#grace);
      this.#options.onEmpty(this);
    } else if (this.#grace === undefined) this.#arm();
  }

  #arm(): void {
    this.#grace = setTimeout(() => void this.#abandon(), this.#options.graceMs);
  }

  /** The client may have come back to another process; without an answer to that it has not. */
  async #abandon(): Promise<void> {
    const listeners = await this.#options.listenersElsewhere().catch(() => 0);
    if (this.sessions.size > 0 || this.#turns.size === 0) return;
    if (listeners > 0) {
      this.#arm();
      return;
    }
    this.#options.onAbandoned();
    for (const ticket of this.#turns) ticket.abort(createFault('caller_disconnected'));
  }
}
