import type { TurnResult } from '../dialog/turn.ts';
import type { CompletionRequest } from '../llm/provider.ts';
import { NOTHING_SPENT, type Spent } from '../llm/spent.ts';
import type { Estimate } from '../tenants/ledger.ts';
import { type AuditedRequest, auditRefusal } from './completion-audit.ts';
import type { GatewayContext } from './context.ts';
import type { Meter, Metered } from './metering.ts';

const NOTHING: Estimate = { tokens: 0, costUsd: 0 };

/**
 * What a turn reserves to be let in: nothing but its place, since what it will ask of a model is known only when its
 * context is. A refusal has its row in the audit trail.
 */
export const turnReservation = (context: GatewayContext, audited: AuditedRequest): Metered => ({
  tenant: audited.tenant,
  estimate: () => NOTHING,
  onRefusal: (fault) => auditRefusal(context, audited, fault),
});

/** Reserves the most that the completions of a turn may use, before the first is asked for. */
export const reserveTurn =
  (context: GatewayContext, meter: Meter) =>
  (completions: () => readonly CompletionRequest[]): Promise<void> =>
    meter.extend(() => {
      let [tokens, costUsd] = [0, 0];
      for (const completion of completions()) {
        const one = context.chain.estimate(completion);
        tokens += one.tokens;
        costUsd += one.costUsd;
      }
      return { tokens, costUsd };
    });

/** What the providers were paid for a turn. */
export const spentOfTurn = (result: TurnResult): Spent =>
  result.kind === 'replayed' ? NOTHING_SPENT : result.answer.spent;
