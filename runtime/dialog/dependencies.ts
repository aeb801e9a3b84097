import type { Clock } from '../../vocabulary/clock.ts';
import type { DialogConfig } from '../config.ts';
import type { AnswerObserver } from '../llm/answer.ts';
import type { ProviderChain } from '../llm/chain.ts';
import type { Redactor } from '../privacy/redactor.ts';
import type { ContextStore } from '../store/context-store.ts';
import type { HistoryStore } from '../store/history-store.ts';
import type { InteractionLock } from '../store/interaction-lock.ts';
import { type DialogObserver, SILENT_DIALOG_OBSERVER } from './dialog-observer.ts';
import type { ScriptLibrary } from './script/script-library.ts';
import { phraseKeys } from './script/tokens.ts';
import type { StoreFailureReport } from './store-fault.ts';
import { createRuleReview, type RuleReview } from './supervisor/rules.ts';

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
  /** Order within an interaction; in this process alone when absent. */
  readonly lock?: InteractionLock;
  /** What is kept goes through it; absent: texts are kept as they are. */
  readonly redactor?: Redactor;
  /** Whether the message being answered goes to the model as it was written; true when absent. */
  readonly sendOriginalToProviders?: boolean;
  /** Absent: every turn goes to the agent. */
  readonly scripts?: ScriptLibrary;
  readonly dialogObserver?: DialogObserver;
}

/** Dependencies with everything filled in and compiled that turns would else do again and again. */
export interface DialogParts extends DialogDependencies {
  readonly redactor: Redactor;
  readonly sendOriginalToProviders: boolean;
  readonly dialogObserver: DialogObserver;
  readonly reviewByRules: RuleReview;
  readonly humanKeys: readonly string[];
  /** Where only keyword rules are configured, their answers are no degradation. */
  readonly isKeywordOnly: boolean;
}

const NOTHING_FOUND = Object.freeze({});
const KEEP: Redactor = { redact: (text) => ({ text, found: NOTHING_FOUND }) };

export function completeParts(deps: DialogDependencies): DialogParts {
  const redactor = deps.redactor ?? KEEP;
  return {
    ...deps,
    redactor,
    sendOriginalToProviders: deps.sendOriginalToProviders ?? true,
    dialogObserver: deps.dialogObserver ?? SILENT_DIALOG_OBSERVER,
    reviewByRules: createRuleReview(deps.config.supervisor.rules, redactor),
    humanKeys: phraseKeys(deps.config.escalation.humanPhrases),
    isKeywordOnly: deps.chain.providers.every((provider) => provider.kind === 'keyword'),
  };
}
