import type { TurnResult } from '../dialog/turn.ts';
import type { CompletionEstimate } from '../llm/chain.ts';
import { NOTHING_SPENT, type Spent } from '../llm/spent.ts';
import type { Tenant } from '../tenants/ledger.ts';
import type { GatewayContext } from './context.ts';
import type { Metered } from './metering.ts';

/** Estimating counts two bytes for a token. */
const BYTES_PER_TOKEN = 2;

interface Sized {
  readonly contextTokens: number;
  readonly estimate: CompletionEstimate;
}
/** The window changes when an engine tells its own, which is seldom. */
const sized = new WeakMap<GatewayContext, Sized>();

/** The most that one turn may use: a full context window for the agent, and one for a model that reviews it. */
function estimateTurn(context: GatewayContext): CompletionEstimate {
  const { dialog } = context.config;
  const contextTokens = context.states.contextTokens ?? dialog.contextTokens;
  const known = sized.get(context);
  if (known?.contextTokens === contextTokens) return known.estimate;
  const promptTokens = Math.max(1, contextTokens - dialog.maxOutputTokens);
  const completions = dialog.supervisor.mode !== 'off' && dialog.supervisor.model.enabled ? 2 : 1;
  const one = context.chain.estimate({
    requestId: 'estimate',
    messages: [{ role: 'user', content: 'x'.repeat(promptTokens * BYTES_PER_TOKEN) }],
    maxOutputTokens: dialog.maxOutputTokens,
    temperature: 0,
    topP: 1,
    stop: [],
    ignoreEos: false,
    tenant: 'default',
  });
  const estimate = { tokens: one.tokens * completions, costUsd: one.costUsd * completions };
  sized.set(context, { contextTokens, estimate });
  return estimate;
}

/** What a turn reserves. A turn that is replayed or decided by a script gives it all back. */
export const turnReservation = (context: GatewayContext, tenant: Tenant): Metered => ({
  tenant,
  estimate: () => estimateTurn(context),
});

/** What the providers were paid for a turn. */
export const spentOfTurn = (result: TurnResult): Spent =>
  result.kind === 'replayed' ? NOTHING_SPENT : result.answer.spent;
