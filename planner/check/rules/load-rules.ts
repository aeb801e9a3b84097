import { S_PER_HOUR } from '../../../vocabulary/units.ts';
import type { CheckContext, Rule } from '../context.ts';
import { type Draft, hold, wrong } from '../finding.ts';
import { claimOf, constant, mapEnds, over, type Quantity, stated, times } from '../quantity.ts';
import { turnsPerSAtConcurrency } from '../sizing.ts';
import { show, showRange } from '../text.ts';

type Maybe = Quantity | undefined;

/** Turns/s of the busy hour: stated, else from the day and the share of that hour. */
export function busyHourTurnsPerS({ claims }: CheckContext): Maybe {
  const { demand, interaction } = claims;
  const perHour = times(stated(demand.interactionsPerDay), stated(demand.busyHourRatio));
  const interactionsPerS = stated(demand.busyHourInteractionsPerS) ?? over(perHour, constant(S_PER_HOUR));
  return stated(demand.busyHourTurnsPerS) ?? times(interactionsPerS, stated(interaction.turns));
}

/** A queue whose offered load reaches its capacity grows without end. */
function stability(context: CheckContext): Draft[] {
  const offered = busyHourTurnsPerS(context);
  return context.claims.tiers.flatMap((tier) =>
    tier.perInstance.flatMap((row) => {
      const each = stated(row.turnsPerS) ?? turnsPerSAtConcurrency(row, context);
      const needed = over(offered, each);
      const running = claimOf(tier.instances);
      const utilisation = over(needed, stated(tier.instances));
      const atPlan = hold(tier.busyHourUtilisation, utilisation, {
        unit: 'ratio',
        say: ({ claimed, right }) =>
          `${showRange(offered ?? constant(0), '')} turns/s over all instances of ${tier.id} use ${right} of what they carry (${row.case}), not ${claimed}`,
      });
      if (needed === undefined || running === undefined || utilisation === undefined || utilisation.low < 1)
        return atPlan;
      const least = mapEnds(needed, (instances) => Math.floor(instances) + 1) as Quantity;
      return [
        ...atPlan,
        wrong(running, least, {
          unit: 'instances',
          say: ({ claimed, right }) =>
            `${claimed} instances of ${tier.id} at ${showRange(each ?? constant(0), '')} turns/s (${row.case}) are offered ${showRange(offered ?? constant(0), '')} and fall behind without end: ${right} at least`,
        }),
      ];
    }),
  );
}

/** Share of the key-value cache that conversations may hold: beyond it an engine evicts and computes again. */
const MAX_KV_SHARE = 0.9;

/** Conversations in residence × their tokens against the cache of the engine. */
function kvTokens({ claims }: CheckContext): Draft[] {
  return claims.tiers.flatMap((tier) =>
    tier.perInstance.flatMap((row) => {
      const claim = claimOf(row.concurrentInteractions);
      const fits = over(
        times(stated(row.kvTokens), constant(MAX_KV_SHARE)),
        stated(row.tokensPerConversation),
      );
      if (claim === undefined || fits === undefined || claim.high <= fits.low * 1.02) return [];
      return [
        wrong(claim, mapEnds(fits, Math.floor) as Quantity, {
          unit: 'interactions',
          say: ({ claimed, right }) =>
            `${claimed} conversations of ${showRange(stated(row.tokensPerConversation) ?? constant(0), '')} tokens do not fit into ${show(MAX_KV_SHARE, 'ratio')} of ${showRange(stated(row.kvTokens) ?? constant(0), '')} tokens of cache (${row.case}); ${right} do`,
        }),
      ];
    }),
  );
}

export const LOAD_RULES: readonly Rule[] = [
  { id: 'stability', title: 'utilisation = offered ÷ carried, and below 1', check: stability },
  { id: 'kv-tokens', title: 'tokens in residence ≤ 0.9 of the cache of the engine', check: kvTokens },
];
