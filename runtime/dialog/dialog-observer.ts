import type { EscalationTrigger } from './escalation/hand-over.ts';
import type { LogicFailure } from './sandbox/logic-protocol.ts';
import type { Verdict } from './supervisor/verdict.ts';

/** What telemetry learns of the dialog. All labels are from closed lists. */
export interface DialogObserver {
  turnDecided(decidedBy: 'script' | 'agent'): void;
  escalated(trigger: EscalationTrigger): void;
  reviewed(verdict: Verdict['kind'], by: 'rules' | 'model'): void;
  reviewFailed(): void;
  /** The whole review of one answer, by rules and by a model. */
  supervised?(spanMs: number): void;
  /** The script's part of a turn, without logic.js. */
  scriptStepped(spanMs: number): void;
  logicCalled(result: 'ok' | LogicFailure, spanMs: number): void;
  scriptLoaded(result: 'ok' | 'failed'): void;
}

export const SILENT_DIALOG_OBSERVER: DialogObserver = {
  turnDecided: () => undefined,
  escalated: () => undefined,
  reviewed: () => undefined,
  reviewFailed: () => undefined,
  scriptStepped: () => undefined,
  logicCalled: () => undefined,
  scriptLoaded: () => undefined,
};
