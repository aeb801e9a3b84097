import type { SlotValues } from './slots.ts';

/** Where a script stands in one interaction. Plain JSON: it is kept with the context, also in a shared store. */
export interface ScriptState {
  /** With which version the interaction began. */
  readonly version: string;
  /** The intent being worked on. */
  readonly intent?: string;
  readonly slots: SlotValues;
  /** The slot that the last answer asked for. */
  readonly awaiting?: string;
  /** Questions in a row that were not answered. */
  readonly reprompts: number;
  /** Turns in a row that were not understood. */
  readonly unsureTurns: number;
  /** What logic.js keeps. */
  readonly memory?: unknown;
}

export const beginScript = (version: string): ScriptState => ({
  version,
  slots: {},
  reprompts: 0,
  unsureTurns: 0,
});
