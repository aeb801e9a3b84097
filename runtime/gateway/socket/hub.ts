import type { WebSocket } from 'ws';
import { assertNever } from '../../../vocabulary/errors.ts';
import { OpenList } from '../../../vocabulary/open-list.ts';
import { OpenMap } from '../../../vocabulary/open-map.ts';
import { createFault, FaultError } from '../../llm/fault.ts';
import type { Tenant } from '../../tenants/ledger.ts';
import type { GatewayContext } from '../context.ts';
import { Channel } from './channel.ts';
import type { ClientFrame, SocketEvent } from './frames.ts';
import { runObservedTurn } from './observed-turn.ts';
import { Room } from './room.ts';
import { Session } from './session.ts';
import type { SocketObserver } from './socket-observer.ts';

/** Who a socket belongs to. */
export interface SocketOwner {
  readonly interactionId: string;
  readonly tenant: Tenant;
  /** Asks again who it is, as the list of keys is now; throws FaultError when it may call no more. */
  readonly identify: () => Tenant;
  /** W3C context in which the socket was opened, as it was sent. */
  readonly traceparent: string | undefined;
}

type TurnFrame = Extract<ClientFrame, { type: 'turn' }>;

const FLUSH_MS = 250;

/** All sockets of this process. */
export class SocketHub {
  readonly #context: GatewayContext;
  readonly #observer: SocketObserver;
  readonly #rooms = new OpenMap<string, Room>();
  readonly #sessions = new OpenList<Session>();
  readonly #pinger: NodeJS.Timeout;
  #whenEmpty: (() => void) | undefined;
  #draining = false;

  constructor(context: GatewayContext, observer: SocketObserver) {
    this.#context = context;
    this.#observer = observer;
    this.#pinger = setInterval(() => this.#ping(), context.config.socket.pingMs);
    this.#pinger.unref();
  }

  get sockets(): number {
    return this.#sessions.size;
  }

  /** Interactions with a socket here or a turn in progress. */
  get interactions(): readonly {
    readonly interactionId: string;
    readonly sockets: number;
    readonly turns: number;
  }[] {
    return this.#rooms.entries().map(([interactionId, room]) => ({
      interactionId,
      sockets: room.sessions.size,
      turns: room.turns,
    }));
  }

  #room(interactionId: string): Room {
    const known = this.#rooms.get(interactionId);
    if (known !== undefined) return known;
    const { eventLog, logger, config } = this.#context;
    const onFailure = (error: unknown): void => logger.error({ err: error }, 'event store failure');
    const room = new Room({
      channel: new Channel(interactionId, eventLog, onFailure),
      graceMs: config.socket.graceMs,
      listenersElsewhere: () => eventLog.followersElsewhere(interactionId),
      onAbandoned: () => this.#observer.turnAbandoned(),
      onEmpty: (empty) => void this.#close(interactionId, empty),
    });
    this.#rooms.set(interactionId, room);
    return room;
  }

  /** Kept until its last event is written, so that nobody opens a second one beside it. */
  async #close(interactionId: string, room: Room): Promise<void> {
    await room.channel.flushed();
    if (room.sessions.size > 0 || room.turns > 0 || this.#rooms.get(interactionId) !== room) return;
    room.channel.close();
    this.#rooms.delete(interactionId);
  }

  /** Takes over a socket whose upgrade was granted. */
  open(socket: WebSocket, owner: SocketOwner): void {
    const { maxBufferedBytes } = this.#context.config.socket;
    const room = this.#room(owner.interactionId);
    const session = new Session(socket, {
      ...owner,
      maxBufferedBytes,
      maxDepth: this.#context.config.edge.maxJsonDepth,
      onFrame: (from, frame) => this.#handle(room, from, frame),
      onLost: (from) => this.#resync(room, from),
      onEnd: (ended, reason) => {
        this.#sessions.remove(place);
        this.#observer.socketsChanged(this.#sessions.size);
        this.#observer.socketEnded(reason);
        room.leave(ended);
        if (this.#sessions.size === 0) this.#whenEmpty?.();
      },
      onDefect: (error) => this.#context.logger.error({ err: error }, 'defect'),
    });
    const place = this.#sessions.add(session);
    this.#observer.socketsChanged(this.#sessions.size);
    room.enter(session);
    session.begin(() => this.#greet(room, session));
  }

  async #greet(room: Room, session: Session): Promise<void> {
    const { interactionId, tenant } = session;
    const { state } = await this.#context.dialog.view(interactionId, tenant.name);
    const lastEventId = await room.channel.open();
    session.send({ type: 'hello', interactionId, state, lastEventId });
    session.continueSoonAfter(lastEventId);
  }

  #handle(room: Room, session: Session, frame: ClientFrame): Promise<void> {
    switch (frame.type) {
      case 'turn':
        return this.#turn(room, session, frame);
      case 'resume':
        return this.#resume(room, session, frame.lastEventId);
      case 'escalate':
      case 'close':
        return this.#move(session, frame);
      case 'ping':
        session.send({ type: 'pong' });
        return Promise.resolve();
      default:
        return assertNever(frame);
    }
  }

  /** Begins a turn; it goes on by itself, so that the socket can be read on. */
  async #turn(room: Room, session: Session, { type: _type, ...message }: TurnFrame) {
    const { admission, config } = this.#context;
    if (room.turns > config.dialog.maxQueuedTurns) throw new FaultError(createFault('gateway_overloaded'));
    const ticket = admission.admit();
    room.begin(ticket);
    const { interactionId, tenant, traceparent } = session;
    const turn = { interactionId, tenant, traceparent, message };
    const { channel } = room;
    const events = { publish: (event: SocketEvent) => channel.publish(event), hold: () => channel.hold() };
    void runObservedTurn(this.#context, turn, ticket, events)
      .then(() => channel.flushed())
      .finally(() => {
        ticket.release();
        room.end(ticket);
        if (this.#draining) this.#closeIdle();
      });
  }

  async #resume(room: Room, session: Session, lastEventId: number): Promise<void> {
    session.pause();
    await room.channel.flushed();
    const { eventLog, logger } = this.#context;
    const read = await eventLog.readAfter(session.interactionId, lastEventId).catch((error: unknown) => {
      logger.error({ err: error }, 'event store failure');
      throw new FaultError(createFault('gateway_store_unavailable'));
    });
    if (read.kind === 'gap') return this.#resync(room, session);
    this.#observer.resumed('replayed');
    session.send({ type: 'resumed', lastEventId: read.lastId });
    session.continueAfter(lastEventId, read.events);
  }

  /** The state as history has it, and where events go on. */
  async #resync(room: Room, session: Session): Promise<void> {
    session.pause();
    const { interactionId, tenant } = session;
    const lastEventId = await room.channel.open();
    const { state, turns } = await this.#context.dialog.view(interactionId, tenant.name);
    this.#observer.resumed('resync');
    session.send({
      type: 'resync',
      state,
      lastEventId,
      turns: turns.map(({ turnIndex, messageId, customerText, answerText }) => ({
        turnIndex,
        messageId,
        customerText,
        answerText,
      })),
    });
    session.continueAfter(lastEventId);
  }

  async #move(
    { interactionId, tenant }: Session,
    frame: Extract<ClientFrame, { type: 'escalate' | 'close' }>,
  ) {
    const { admission, dialog } = this.#context;
    const ticket = admission.admit();
    try {
      const view = await dialog[frame.type](interactionId, frame.reason, ticket.signal, tenant.name);
      const { reason = frame.type } = view.interaction;
      this.announce(interactionId, { type: 'state', state: view.state, reason });
    } finally {
      ticket.release();
    }
  }

  /** Tells the sockets of an interaction what happened to it elsewhere, where any may be listening. */
  announce(interactionId: string, event: SocketEvent): void {
    const room = this.#room(interactionId);
    room.channel.publish(event);
    if (room.sessions.size === 0 && room.turns === 0) void this.#close(interactionId, room);
  }

  #ping(): void {
    for (const session of this.#sessions.values()) {
      if (!session.isAlive) session.terminate('unanswered_ping');
      else if (session.identify()) session.ping();
      else session.close('key_revoked');
    }
  }

  /** Closes with 1012 whoever waits for nothing; the others when their turns have ended. */
  drain(): void {
    this.#draining = true;
    this.#closeIdle();
  }

  #closeIdle(): void {
    for (const { sessions, turns } of this.#rooms.values())
      if (turns === 0) for (const session of sessions) session.close('drained');
  }

  /** Ends every socket; those that do not take the close soon are cut. */
  async close(): Promise<void> {
    clearInterval(this.#pinger);
    await Promise.all(this.#rooms.values().map(({ channel }) => channel.flushed()));
    for (const session of this.#sessions.values()) session.close('drained');
    if (this.#sessions.size === 0) return;
    const empty = new Promise<void>((resolve) => {
      this.#whenEmpty = resolve;
    });
    const fuse = setTimeout(() => {
      for (const session of this.#sessions.values()) session.terminate('drained');
    }, FLUSH_MS);
    await empty;
    clearTimeout(fuse);
  }
}
