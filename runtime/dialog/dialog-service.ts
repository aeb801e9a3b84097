import { randomUUID } from 'node:crypto';
import { createFault, FaultError } from '../llm/fault.ts';
import type { AuditEntry, AuditKind } from '../store/audit.ts';
import type { InteractionRecord, StateChange, TurnRecord } from '../store/history-store.ts';
import type { InteractionLock } from '../store/interaction-lock.ts';
import { completeParts, type DialogDependencies, type DialogParts } from './dependencies.ts';
import { handOverFrom } from './escalation/hand-over.ts';
import { type InteractionEvent, type InteractionState, stateAt, TRANSITIONS } from './interaction-states.ts';
import { keptMessageId, redactionContextAt } from './kept-text.ts';
import { createMemoryLock } from './memory-lock.ts';
import { hashCustomerId } from './script/compile-script.ts';
import type { ScriptLibrary } from './script/script-library.ts';
import { fromStore } from './store-fault.ts';
import { runTurn, type TurnInput, type TurnOptions, type TurnResult } from './turn.ts';
import { loadContext } from './turn-context.ts';

/** An interaction as clients see it. */
export interface InteractionView {
  readonly interaction: InteractionRecord;
  readonly state: InteractionState;
  readonly turns: readonly TurnRecord[];
}

/** What an interaction begins with. */
export interface InteractionInput {
  readonly customerId?: string | undefined;
  readonly channel: string;
  readonly tenant?: string;
}

/** Turns shown with an interaction; older ones stay in the store. */
const MAX_SHOWN_TURNS = 500;
const DEFAULT_TENANT = 'default';
const FORGET_WAIT_MS = 2000;

/**
 * Interactions and their turns: one at a time and in order within an interaction. Refusals are FaultErrors. An
 * interaction of another tenant is not found.
 */
export class DialogService {
  readonly #parts: DialogParts;
  readonly #lock: InteractionLock;

  constructor(deps: DialogDependencies) {
    this.#parts = completeParts(deps);
    this.#lock = deps.lock ?? createMemoryLock(deps.config.maxQueuedTurns);
  }

  /** The script folder, where one is configured. */
  get scripts(): ScriptLibrary | undefined {
    return this.#parts.scripts;
  }

  /** Under which a customer's interactions are kept. */
  customerHashOf(customerId: string): string {
    return hashCustomerId(this.#parts.customerHashSecret, customerId);
  }

  /**
   * Drops working memory, where it can be reached; what history has stays. A turn that was written just before still
   * keeps its context, so it goes once more when the turn is over, or has had long enough for that.
   */
  async forget(interactionId: string): Promise<void> {
    const { contexts, onStoreFailure } = this.#parts;
    await contexts.delete(interactionId).catch(onStoreFailure);
    const held = this.#lock.acquire(interactionId, AbortSignal.timeout(FORGET_WAIT_MS));
    const release = await held.catch(() => undefined);
    await contexts.delete(interactionId).catch(onStoreFailure);
    release?.();
  }

  async create(input: InteractionInput): Promise<InteractionView> {
    const { clock, history, customerHashSecret, scripts } = this.#parts;
    const nowUnixMs = clock.unixMs();
    const { customerId, channel, tenant = DEFAULT_TENANT } = input;
    const interaction: InteractionRecord = {
      interactionId: randomUUID(),
      tenant,
      channel,
      state: 'active',
      createdAtUnixMs: nowUnixMs,
      updatedAtUnixMs: nowUnixMs,
      ...(customerId === undefined ? {} : { customerHash: hashCustomerId(customerHashSecret, customerId) }),
      ...(scripts === undefined ? {} : { scriptVersion: scripts.active.version }),
    };
    const decisions =
      scripts === undefined ? [] : [{ step: 'script', outcome: `version:${scripts.active.version}` }];
    const created = entryOf('interaction_created', interaction, { atUnixMs: nowUnixMs, decisions });
    await fromStore(this.#parts, history.createInteraction(interaction, [created]));
    return { interaction, state: 'active', turns: [] };
  }

  async view(interactionId: string, tenant?: string): Promise<InteractionView> {
    const interaction = await this.#find(interactionId, tenant);
    const turns = await fromStore(this.#parts, this.#parts.history.listTurns(interactionId, MAX_SHOWN_TURNS));
    return { interaction, state: this.#stateOf(interaction), turns };
  }

  /** Answers one message. The same message id again gives the stored answer, also in any later state. */
  async turn(interactionId: string, input: TurnInput, options: TurnOptions): Promise<TurnResult> {
    await this.#find(interactionId, options.tenant);
    const release = await this.#lock.acquire(interactionId, options.signal);
    try {
      const messageId = this.keptMessageId(interactionId, input.messageId);
      const stored = await this.#findTurn(interactionId, messageId, input.messageId);
      if (stored !== undefined) return withId(await this.#replay(stored, input), input.messageId);
      const interaction = await this.#find(interactionId, options.tenant);
      this.#next(interaction, 'turn');
      const result = await runTurn(this.#parts, interaction, { ...input, messageId }, options);
      return withId(result, input.messageId);
    } finally {
      release();
    }
  }

  /** Under which the history and the audit trail know a message. */
  keptMessageId(interactionId: string, messageId: string): string {
    return keptMessageId(this.#parts, interactionId, messageId);
  }

  /** Turns of earlier releases have the id as it was sent. */
  async #findTurn(interactionId: string, kept: string, sent: string): Promise<TurnRecord | undefined> {
    const { history } = this.#parts;
    const found = await fromStore(this.#parts, history.findTurn(interactionId, kept));
    if (found !== undefined || kept === sent) return found;
    return fromStore(this.#parts, history.findTurn(interactionId, sent));
  }

  /** What is stored is redacted, so texts are compared in the form in which they are kept. */
  async #replay(turn: TurnRecord, input: TurnInput): Promise<TurnResult> {
    const { history, redactor } = this.#parts;
    const context = await fromStore(this.#parts, redactionContextAt(history, turn, input));
    const kept = redactor.redact(input.text, context).text;
    if (turn.customerText === kept) return { kind: 'replayed', turn };
    const message = 'This messageId was used for another text.';
    throw new FaultError(createFault('caller_conflict', message, { param: 'messageId' }));
  }

  /** Hands an interaction to a person at the caller's wish, with the summary of what was said. */
  async escalate(
    interactionId: string,
    reason: string,
    signal: AbortSignal,
    tenant?: string,
  ): Promise<InteractionView> {
    const view = await this.#move(
      { interactionId, event: 'escalate', signal, tenant },
      async (interaction) => {
        const { clock, redactor } = this.#parts;
        const context = await loadContext(this.#parts, interaction);
        const atUnixMs = clock.unixMs();
        const kept = redactor.redact(reason).text;
        const handOver = handOverFrom({
          escalation: { trigger: 'manual', reasonCode: 'manual', reason: kept },
          intent: context.script?.intent,
          slots: context.script?.slots ?? {},
          messages: context.messages,
          atUnixMs,
        });
        const summary = redactor.redact(handOver.summary).text;
        const change: StateChange = {
          interactionId,
          state: 'handed-off',
          reason: kept,
          handOver: { ...handOver, summary },
          atUnixMs,
        };
        const decisions = [{ step: 'escalation', outcome: 'manual:manual', reason: kept }];
        return { change, entry: entryOf('escalated', interaction, { atUnixMs, decisions }) };
      },
    );
    this.#parts.dialogObserver.escalated('manual');
    return view;
  }

  async close(
    interactionId: string,
    reason: string,
    signal: AbortSignal,
    tenant?: string,
  ): Promise<InteractionView> {
    const view = await this.#move({ interactionId, event: 'close', signal, tenant }, async (interaction) => {
      const atUnixMs = this.#parts.clock.unixMs();
      const kept = this.#parts.redactor.redact(reason).text;
      const change: StateChange = { interactionId, state: 'closed', reason: kept, atUnixMs };
      const decisions = [{ step: 'close', outcome: 'closed', reason: kept }];
      return { change, entry: entryOf('closed', interaction, { atUnixMs, decisions }) };
    });
    await this.#parts.contexts.delete(interactionId).catch(this.#parts.onStoreFailure);
    return view;
  }

  /** Notes which person looks after an interaction that was handed off; it stays so. The last to take it has it. */
  take(interactionId: string, who: Taker, signal: AbortSignal, tenant?: string): Promise<InteractionView> {
    return this.#change({ interactionId, signal, tenant }, async (interaction) => {
      const { state, handOver } = interaction;
      if (state !== 'handed-off')
        throw new FaultError(
          createFault('caller_conflict', `The interaction is ${state}, and nobody waits for a person.`),
        );
      const atUnixMs = this.#parts.clock.unixMs();
      const reason = `taken by ${who.by}`;
      const change: StateChange = { interactionId, state, reason, atUnixMs, ...(handOver && { handOver }) };
      const decisions = [{ step: 'admin', outcome: 'take_escalation', reason }];
      const { tenant: administrator, requestId } = who;
      const by = { tenant: administrator, requestId };
      return { change, entry: { kind: 'admin_action', atUnixMs, ...by, interactionId, decisions } };
    });
  }

  #move(
    { event, ...place }: Place & { readonly event: InteractionEvent },
    describe: (interaction: InteractionRecord) => Promise<Moved>,
  ): Promise<InteractionView> {
    return this.#change(place, (interaction) => {
      this.#next(interaction, event);
      return describe(interaction);
    });
  }

  /** A change of state waits for its place among the turns, so that no answer arrives after a close. */
  async #change(
    { interactionId, signal, tenant }: Place,
    describe: (interaction: InteractionRecord) => Promise<Moved>,
  ): Promise<InteractionView> {
    await this.#find(interactionId, tenant);
    const release = await this.#lock.acquire(interactionId, signal);
    try {
      const { change, entry } = await describe(await this.#find(interactionId, tenant));
      await fromStore(this.#parts, this.#parts.history.changeState(change, [entry]));
      return await this.view(interactionId, tenant);
    } finally {
      release();
    }
  }

  async #find(interactionId: string, tenant = DEFAULT_TENANT): Promise<InteractionRecord> {
    const found = await fromStore(this.#parts, this.#parts.history.findInteraction(interactionId));
    if (found === undefined || found.tenant !== tenant) {
      throw new FaultError(createFault('caller_not_found', 'There is no such interaction.', { param: 'id' }));
    }
    return found;
  }

  #stateOf(interaction: InteractionRecord): InteractionState {
    return stateAt(interaction, this.#parts.clock.unixMs(), this.#parts.config.inactiveAfterMs);
  }

  #next(interaction: InteractionRecord, event: InteractionEvent): void {
    const state = this.#stateOf(interaction);
    if (TRANSITIONS[state][event] !== 'refused') return;
    throw new FaultError(
      createFault('caller_conflict', `The interaction is ${state}; it takes no ${event} any more.`),
    );
  }
}

/** The client learns of its turn under the id that it gave. */
const withId = (result: TurnResult, messageId: string): TurnResult =>
  result.kind === 'refused' || result.turn.messageId === messageId
    ? result
    : { ...result, turn: { ...result.turn, messageId } };

/** Who takes an interaction over, and the administrator whose request says so. */
export interface Taker {
  readonly by: string;
  readonly tenant: string;
  readonly requestId: string;
}

interface Place {
  readonly interactionId: string;
  readonly signal: AbortSignal;
  readonly tenant: string | undefined;
}

interface Moved {
  readonly change: StateChange;
  readonly entry: AuditEntry;
}

const entryOf = (
  kind: AuditKind,
  { interactionId, tenant }: InteractionRecord,
  what: Pick<AuditEntry, 'atUnixMs' | 'decisions'>,
): AuditEntry => ({ kind, tenant, interactionId, ...what });
