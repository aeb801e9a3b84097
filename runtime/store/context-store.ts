import type { ScriptState } from '../dialog/script/script-state.ts';
import type { CompletionMessage } from '../llm/provider.ts';

/** The working memory of one interaction: what the next turn is asked with. Rebuilt from history when lost. */
export interface DialogContext {
  readonly interactionId: string;
  /** User and assistant messages, oldest first; the system prompt is not among them. */
  readonly messages: readonly CompletionMessage[];
  /** Prompt tokens per character seen last, for estimating what fits; undefined before the first answer. */
  readonly tokensPerChar?: number;
  readonly turns: number;
  /** Where the dialog script stands, as plain JSON; its slot values are as the customer wrote them. */
  readonly script?: ScriptState;
}

/** Keeps contexts for a while. One contract suite holds all (test/contracts/store-context.ts). */
export interface ContextStore {
  /** Undefined when absent or expired. Reading does not extend the life of an entry. */
  get(interactionId: string): Promise<DialogContext | undefined>;
  /** Replaces the entry; it expires `ttlMs` from now. */
  set(context: DialogContext, ttlMs: number): Promise<void>;
  delete(interactionId: string): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}
