import type { Clock } from '../../vocabulary/clock.ts';
import type { DialogConfig } from '../config.ts';
import type { AnswerObserver } from '../llm/answer.ts';
import type { ProviderChain } from '../llm/chain.ts';
import type { ContextStore } from '../store/context-store.ts';
import type { HistoryStore } from '../store/history-store.ts';
import type { StoreFailureReport } from './store-fault.ts';

/** What the dialog works with. */
export interface DialogDependencies extends StoreFailureReport {
  readonly config: DialogConfig;
  readonly chain: ProviderChain;
  readonly contexts: ContextStore;
  readonly history: HistoryStore;
  readonly observer: AnswerObserver;
  readonly clock: Clock;
  /** Keys the hash of customer ids, so that a list of ids does not reveal who is stored. */
  readonly customerHashSecret: string;
  /** Window of the engine that answers now. */
  readonly contextTokens: () => number;
}
