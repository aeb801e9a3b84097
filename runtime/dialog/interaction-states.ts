import type { InteractionRecord, StoredState } from '../store/history-store.ts';

/** `inactive` is an active interaction without a turn for some time; it differs for people, not for storage. */
export const INTERACTION_STATES = ['active', 'inactive', 'handed-off', 'closed'] as const;
export type InteractionState = (typeof INTERACTION_STATES)[number];
export type InteractionEvent = 'turn' | 'idle' | 'escalate' | 'close';

/** Where each event leads from each state; `refused` leaves it as it is. */
export const TRANSITIONS: Readonly<
  Record<InteractionState, Readonly<Record<InteractionEvent, InteractionState | 'refused'>>>
> = {
  active: { turn: 'active', idle: 'inactive', escalate: 'handed-off', close: 'closed' },
  inactive: { turn: 'active', idle: 'inactive', escalate: 'handed-off', close: 'closed' },
  'handed-off': { turn: 'refused', idle: 'handed-off', escalate: 'refused', close: 'closed' },
  closed: { turn: 'refused', idle: 'closed', escalate: 'refused', close: 'refused' },
};

/** The state of a stored interaction at an instant. */
export function stateAt(
  record: Pick<InteractionRecord, 'state' | 'updatedAtUnixMs'>,
  nowUnixMs: number,
  inactiveAfterMs: number,
): InteractionState {
  const isIdle = nowUnixMs - record.updatedAtUnixMs >= inactiveAfterMs;
  const state: StoredState = record.state;
  return isIdle ? (TRANSITIONS[state].idle as InteractionState) : state;
}
