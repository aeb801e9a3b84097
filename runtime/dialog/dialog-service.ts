import { createHmac, randomUUID } from 'node:crypto';
import { createFault, FaultError } from '../llm/fault.ts';
import type { AuditEntry, AuditKind } from '../store/audit.ts';
import type { InteractionRecord, StoredState, TurnRecord } from '../store/history-store.ts';
import type { DialogDependencies } from './dependencies.ts';
import { type InteractionEvent, type InteractionState, stateAt, TRANSITIONS } from './interaction-states.ts';
import { fromStore } from './store-fault.ts';
import { TicketLock } from './ticket-lock.ts';
import { runTurn, type TurnInput, type TurnOptions, type TurnResult } from './turn.ts';

/** An interaction as clients see it. */
export interface InteractionView {
  readonly interaction: InteractionRecord;
  readonly state: InteractionState;
  readonly turns: readonly TurnRecord[];
}

/** Turns shown with an interaction; older ones stay in the store. */
const MAX_SHOWN_TURNS = 500;

/** Interactions and their turns: one at a time and in order within an interaction. Refusals are FaultErrors. */
export class DialogService {
  readonly #deps: DialogDependencies;
  readonly #lock: TicketLock;

  constructor(deps: DialogDependencies) {
    this.#deps = deps;
    this.#lock = new TicketLock(deps.config.maxQueuedTurns);
  }

  async create(input: {
    readonly customerId?: string | undefined;
    readonly channel: string;
  }): Promise<InteractionView> {
    const nowUnixMs = this.#deps.clock.unixMs();
    const interaction: InteractionRecord = {
      interactionId: randomUUID(),
      tenant: 'default',
      channel: input.channel,
      state: 'active',
      createdAtUnixMs: nowUnixMs,
      updatedAtUnixMs: nowUnixMs,
      ...(input.customerId === undefined ? {} : { customerHash: this.#hash(input.customerId) }),
    };
    const created = this.#entry('interaction_created', interaction, nowUnixMs);
    await fromStore(this.#deps, this.#deps.history.createInteraction(interaction, [created]));
    return { interaction, state: 'active', turns: [] };
  }

  #entry(kind: AuditKind, { interactionId, tenant }: InteractionRecord, atUnixMs: number): AuditEntry {
    return { kind, atUnixMs, tenant, interactionId, decisions: [] };
  }

  #hash(customerId: string): string {
    return createHmac('sha256', this.#deps.customerHashSecret).update(customerId).digest('hex');
  }

  async view(interactionId: string): Promise<InteractionView> {
    const interaction = await this.#find(interactionId);
    const turns = await fromStore(this.#deps, this.#deps.history.listTurns(interactionId, MAX_SHOWN_TURNS));
    return { interaction, state: this.#stateOf(interaction), turns };
  }

  /** Answers one message. The same message id again gives the stored answer, also in any later state. */
  async turn(interactionId: string, input: TurnInput, options: TurnOptions): Promise<TurnResult> {
    await this.#find(interactionId);
    const release = await this.#lock.acquire(interactionId, options.signal);
    try {
      const stored = await fromStore(this.#deps, this.#deps.history.findTurn(interactionId, input.messageId));
      if (stored !== undefined) return replay(stored, input);
      this.#next(await this.#find(interactionId), 'turn');
      return await runTurn(this.#deps, interactionId, input, options);
    } finally {
      release();
    }
  }

  escalate(interactionId: string, reason: string, signal: AbortSignal): Promise<InteractionView> {
    return this.#move(interactionId, { event: 'escalate', to: 'handed-off', reason }, signal);
  }

  async close(interactionId: string, reason: string, signal: AbortSignal): Promise<InteractionView> {
    const view = await this.#move(interactionId, { event: 'close', to: 'closed', reason }, signal);
    await this.#deps.contexts.delete(interactionId);
    return view;
  }

  /** A change of state waits for its place among the turns, so that no answer arrives after a close. */
  async #move(
    interactionId: string,
    move: { readonly event: InteractionEvent; readonly to: StoredState; readonly reason: string },
    signal: AbortSignal,
  ): Promise<InteractionView> {
    await this.#find(interactionId);
    const release = await this.#lock.acquire(interactionId, signal);
    try {
      const interaction = await this.#find(interactionId);
      this.#next(interaction, move.event);
      const atUnixMs = this.#deps.clock.unixMs();
      const kind = move.event === 'close' ? 'closed' : 'escalated';
      const change = { interactionId, state: move.to, reason: move.reason, atUnixMs };
      const entry = this.#entry(kind, interaction, atUnixMs);
      await fromStore(this.#deps, this.#deps.history.changeState(change, [entry]));
      return await this.view(interactionId);
    } finally {
      release();
    }
  }

  async #find(interactionId: string): Promise<InteractionRecord> {
    const found = await fromStore(this.#deps, this.#deps.history.findInteraction(interactionId));
    if (found === undefined) {
      throw new FaultError(createFault('caller_not_found', 'There is no such interaction.', { param: 'id' }));
    }
    return found;
  }

  #stateOf(interaction: InteractionRecord): InteractionState {
    return stateAt(interaction, this.#deps.clock.unixMs(), this.#deps.config.inactiveAfterMs);
  }

  #next(interaction: InteractionRecord, event: InteractionEvent): void {
    const state = this.#stateOf(interaction);
    if (TRANSITIONS[state][event] !== 'refused') return;
    throw new FaultError(
      createFault('caller_conflict', `The interaction is ${state}; it takes no ${event} any more.`),
    );
  }
}

function replay(turn: TurnRecord, input: TurnInput): TurnResult {
  if (turn.customerText === input.text) return { kind: 'replayed', turn };
  const message = 'This messageId was used for another text.';
  throw new FaultError(createFault('caller_conflict', message, { param: 'messageId' }));
}
