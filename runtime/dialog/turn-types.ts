import type { Answer, AnswerSink } from '../llm/answer.ts';
import type { Fault } from '../llm/fault.ts';
import type { CompletionRequest } from '../llm/provider.ts';
import type { Decision } from '../store/audit.ts';
import type { DialogContext } from '../store/context-store.ts';
import type { HandOver, InteractionRecord, TurnRecord } from '../store/history-store.ts';
import type { DialogParts } from './dependencies.ts';

/** A customer's message, under the client's own id for it. */
export interface TurnInput {
  readonly messageId: string;
  readonly text: string;
  /** The customer's name as the caller knows it, to be redacted wherever it stands; kept nowhere. */
  readonly customerName?: string | undefined;
}

export interface TurnOptions {
  readonly requestId: string;
  readonly signal: AbortSignal;
  readonly sink?: AnswerSink;
  /** Whose request it is; `default` when absent. */
  readonly tenant?: string;
  /** Called before models are asked, with the longest prompts that they will get; rejects where they may not be. */
  readonly reserve?: (completions: () => readonly CompletionRequest[]) => Promise<void>;
  /** W3C trace context, sent on to providers. */
  readonly traceparent?: string;
}

export type Answered = Extract<Answer, { kind: 'answered' }>;

/** How a turn ended. Only `answered` and `replayed` turns have a row in history. */
export type TurnResult =
  | { readonly kind: 'replayed'; readonly turn: TurnRecord }
  | {
      readonly kind: 'answered';
      readonly turn: TurnRecord;
      readonly answer: Answered;
      /** Present when a person takes over after this turn. */
      readonly handOver?: HandOver;
    }
  | {
      readonly kind: 'refused';
      readonly fault: Fault;
      readonly answer: Answer;
      /** Present where a person takes over all the same. */
      readonly handOver?: HandOver;
    };

/** What the steps of one turn share. */
export interface TurnScope {
  readonly parts: DialogParts;
  readonly interaction: InteractionRecord;
  readonly input: TurnInput;
  readonly options: TurnOptions;
  readonly context: DialogContext;
  readonly startedAtUnixMs: number;
  /** The customer's message as it is kept. */
  readonly keptText: string;
  /** In the order in which they were taken. */
  readonly decisions: Decision[];
  /** Answers that a model began in this turn: one at most, and none where the script answers. */
  readonly begun: Answered[];
}

/** The customer's message as models may see it. */
export const sentText = ({ parts, input, keptText }: TurnScope): string =>
  parts.sendOriginalToProviders ? input.text : keptText;

/** A text of this turn that is not the customer's message, as it is kept: the customer's name may stand in any. */
export function keptTextOf({ parts, input: { customerName } }: TurnScope, text: string): string {
  return parts.redactor.redact(text, customerName === undefined ? {} : { names: [customerName] }).text;
}

/** Notes a decision for the audit trail; its reason is redacted, as it may quote. */
export function decide(scope: TurnScope, step: string, outcome: string, reason?: string): void {
  scope.decisions.push({
    step,
    outcome,
    ...(reason === undefined ? {} : { reason: keptTextOf(scope, reason) }),
  });
}
