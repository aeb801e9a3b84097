import { createHash, randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { OpenMap } from '../../vocabulary/open-map.ts';
import { createFault, FaultError, faultFromAbort } from '../llm/fault.ts';
import type { InteractionLock } from './interaction-lock.ts';
import { createRedis, type RedisConnectionOptions, whenReady } from './redis-connection.ts';
import { LEAVE, RENEW, TAKE } from './redis-lock-scripts.ts';

export interface RedisInteractionLockOptions extends RedisConnectionOptions {
  readonly keyPrefix: string;
  /** A ticket that nobody renews for this long leaves the line: its process died. */
  readonly leaseMs: number;
  readonly maxWaiting: number;
}

/** One ticket in a line, from taking it to leaving. */
interface Ticket {
  readonly id: string;
  readonly interactionId: string;
  /** Set while it waits. */
  grant: (() => void) | undefined;
  refuse: ((error: FaultError) => void) | undefined;
}

const HELD = 1;
const FULL = -1;
const LOST = -1;
const RENEWALS_PER_LEASE = 4;
/** Waiting tickets also ask: a message on a channel reaches nobody who is not connected at that moment. */
const MAX_POLL_MS = 1000;

const shaOf = (script: string): string => createHash('sha1').update(script).digest('hex');
const SHAS = new Map([TAKE, RENEW, LEAVE].map((script) => [script, shaOf(script)]));

const storeFault = (): FaultError => new FaultError(createFault('gateway_store_unavailable'));

/**
 * A line of tickets before each interaction, in Redis: whoever came first is served first, whichever gateway it came
 * to. The lease of a process that died ends; a process that was merely slow finds at its write that the turn's place
 * is taken (the history refuses a second turn of one index), so nothing is written twice.
 */
export class RedisInteractionLock implements InteractionLock {
  readonly #redis: Redis;
  readonly #subscriber: Redis;
  readonly #options: RedisInteractionLockOptions;
  readonly #process = randomBytes(9).toString('base64url');
  readonly #tickets = new OpenMap<string, Ticket>();
  readonly #timer: NodeJS.Timeout;
  #next = 0;
  #closed = false;

  constructor(options: RedisInteractionLockOptions) {
    this.#options = options;
    this.#redis = createRedis(options);
    this.#subscriber = createRedis(options);
    this.#subscriber.on('ready', () => void this.#subscriber.subscribe(this.#channel).catch(() => undefined));
    this.#subscriber.on('message', (_channel, ticketId) => this.#woken(ticketId));
    const everyMs = Math.min(MAX_POLL_MS, options.leaseMs / RENEWALS_PER_LEASE);
    this.#timer = setInterval(() => void this.#renewAll(), everyMs);
    this.#timer.unref();
  }

  get #prefix(): string {
    return `${this.#options.keyPrefix}lock:wake:`;
  }

  get #channel(): string {
    return this.#prefix + this.#process;
  }

  /** Resolves when Redis answers, or after `connectMs`. */
  async connected(): Promise<void> {
    const { connectMs } = this.#options;
    await Promise.all([whenReady(this.#redis, connectMs), whenReady(this.#subscriber, connectMs)]);
  }

  async #run(script: string, interactionId: string, values: readonly (string | number)[]): Promise<number> {
    const name = `${this.#options.keyPrefix}lock:{${interactionId}}`;
    const keys = [name, `${name}:leases`];
    try {
      return Number(await this.#redis.evalsha(SHAS.get(script) ?? '', 2, ...keys, ...values));
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return Number(await this.#redis.eval(script, 2, ...keys, ...values));
    }
  }

  async acquire(interactionId: string, signal: AbortSignal): Promise<() => void> {
    if (signal.aborted) throw new FaultError(faultFromAbort(signal));
    if (this.#closed) throw storeFault();
    const { leaseMs, maxWaiting } = this.#options;
    const id = `${this.#process}:${(this.#next++).toString(36)}`;
    const ticket: Ticket = { id, interactionId, grant: undefined, refuse: undefined };
    const place = await this.#run(TAKE, interactionId, [id, leaseMs, maxWaiting, this.#prefix]).catch(() => {
      // It may stand in the line all the same: then its lease ends, or this gets through.
      this.#leave(ticket);
      throw storeFault();
    });
    if (place === FULL) {
      const message = `More than ${maxWaiting} turns wait in this interaction.`;
      throw new FaultError(createFault('gateway_overloaded', message));
    }
    this.#tickets.set(id, ticket);
    if (place !== HELD) await this.#wait(ticket, signal);
    else if (signal.aborted) {
      this.#leave(ticket);
      throw new FaultError(faultFromAbort(signal));
    }
    let isHeld = true;
    return () => {
      if (isHeld) this.#leave(ticket);
      isHeld = false;
    };
  }

  #wait(ticket: Ticket, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        signal.removeEventListener('abort', onAbort);
        ticket.grant = undefined;
        ticket.refuse = undefined;
        settle();
      };
      const refuse = (error: FaultError): void =>
        end(() => {
          this.#leave(ticket);
          reject(error);
        });
      const onAbort = (): void => refuse(new FaultError(faultFromAbort(signal)));
      ticket.grant = () => end(resolve);
      ticket.refuse = refuse;
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
      // Its turn may have come, and the message gone, before this process knew that it waits.
      else void this.#renew(ticket);
    });
  }

  #woken(ticketId: string): void {
    const ticket = this.#tickets.get(ticketId);
    if (ticket?.grant !== undefined) void this.#renew(ticket);
  }

  async #renewAll(): Promise<void> {
    await Promise.all(this.#tickets.values().map((ticket) => this.#renew(ticket)));
  }

  /** Also asks whether its turn has come. A holder whose ticket was lost goes on: the history keeps it honest. */
  async #renew(ticket: Ticket): Promise<void> {
    const { id, interactionId } = ticket;
    try {
      const place = await this.#run(RENEW, interactionId, [id, this.#options.leaseMs, this.#prefix]);
      if (place === HELD) ticket.grant?.();
      else if (place === LOST) ticket.refuse?.(storeFault());
    } catch {
      ticket.refuse?.(storeFault());
    }
  }

  /** What cannot be said now is said by the end of the lease. */
  #leave(ticket: Ticket): void {
    this.#tickets.delete(ticket.id);
    void this.#run(LEAVE, ticket.interactionId, [ticket.id, this.#prefix]).catch(() => undefined);
  }

  async ping(): Promise<void> {
    await this.#redis.ping();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    for (const ticket of this.#tickets.values()) ticket.refuse?.(storeFault());
    const left = this.#tickets.values();
    for (const ticket of left) this.#leave(ticket);
    if (left.length > 0) await this.#redis.ping().catch(() => undefined);
    this.#subscriber.disconnect();
    this.#redis.disconnect();
  }
}
