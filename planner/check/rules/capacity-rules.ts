import { S_PER_HOUR } from '../../../vocabulary/units.ts';
import type { CheckContext, Rule } from '../context.ts';
import { broken, type Draft, hold, missing, wrong } from '../finding.ts';
import { claimOf, claimsOf, constant, over, plus, type Quantity, stated, times } from '../quantity.ts';
import { interactionsPerDayOf, mainTier, turnsPerSAtConcurrency } from '../sizing.ts';
import { show, showRange } from '../text.ts';
import { busyHourTurnsPerS } from './load-rules.ts';

const text = (quantity: Quantity | undefined, unit = ''): string =>
  quantity === undefined ? '?' : showRange(quantity, unit);

/** N = X·(R + Z) on what one instance carries. */
function littlePerInstance(context: CheckContext): Draft[] {
  const { meanResponseS, thinkTimeS } = context.claims.interaction;
  return context.claims.tiers.flatMap(({ perInstance }) =>
    perInstance.flatMap((row) => {
      const expected = turnsPerSAtConcurrency(row, context);
      const pause =
        thinkTimeS === undefined ? 'back to back' : `with ${text(stated(thinkTimeS))} s of thinking`;
      return hold(row.turnsPerS, expected, {
        unit: 'per s',
        say: ({ claimed, right }) =>
          `${text(stated(row.concurrentInteractions))} concurrent interactions at ${text(stated(meanResponseS))} s a turn ${pause} are ${right} turns/s (${row.case}), not ${claimed}`,
      });
    }),
  );
}

/** A pause shorter than this between an answer and the next message is nobody's. */
const SHORTEST_THINK_S = 1;

/** Open conversations of people contain the time that people think: without it N = X·R hides most of them. */
function thinkTimeStated({ claims }: CheckContext): Draft[] {
  if (claims.interaction.thinkTimeS !== undefined) return [];
  const response = stated(claims.interaction.meanResponseS);
  for (const { perInstance } of claims.tiers) {
    for (const row of perInstance) {
      const concurrent = claimOf(row.concurrentInteractions);
      const cycle = over(stated(row.concurrentInteractions), stated(row.turnsPerS));
      if (concurrent === undefined || cycle === undefined || response === undefined) continue;
      const impliedS = cycle.low - response.high;
      if (impliedS >= SHORTEST_THINK_S) continue;
      return [
        missing({
          place: concurrent,
          needed: { ...constant(SHORTEST_THINK_S), from: [...cycle.from, ...response.from] },
          unit: 's',
          sentence: `open interactions contain the pauses of their customers, of which the document says nothing: ${show(concurrent.low, '')} interactions at ${text(stated(row.turnsPerS))} turns/s leave ${show(Math.max(0, impliedS), '')} s for reading and typing`,
        }),
      ];
    }
  }
  return [];
}

/** Interactions a day of one instance from its turns/s. */
function dailyPerInstance(context: CheckContext): Draft[] {
  const { claims } = context;
  const turns = stated(claims.interaction.turns);
  const busy = stated(claims.demand.busyHourRatio);
  return claims.tiers.flatMap((tier) =>
    tier.perInstance.flatMap((row) => {
      const rate = stated(row.turnsPerS) ?? turnsPerSAtConcurrency(row, context);
      const day =
        busy === undefined ? 'all day' : `with ${text(busy, 'ratio')} of the day in its busiest hour`;
      const implied = impliedBusyHour(rate, turns, stated(row.interactionsPerDay));
      const hint =
        busy === undefined && implied !== undefined
          ? `; that would put ${implied} of the day into one hour`
          : '';
      return hold(row.interactionsPerDay, interactionsPerDayOf(row, tier, context), {
        unit: 'per day',
        say: ({ claimed, right }) =>
          `${text(rate)} turns/s ${day} are ${right} interactions of ${text(turns)} turns a day (${row.case}), not ${claimed}${hint}`,
      });
    }),
  );
}

/** Share of the day in one hour that would make rate and day agree, where it is a share. */
function impliedBusyHour(
  rate: Quantity | undefined,
  turns: Quantity | undefined,
  perDay: Quantity | undefined,
): string | undefined {
  const share = over(times(rate, constant(S_PER_HOUR)), times(perDay, turns));
  return share === undefined || share.high > 1 ? undefined : text(share, 'ratio');
}

/** N = X·(R + Z) on the demand itself, and its rates against its volumes. */
function littleOfDemand(context: CheckContext): Draft[] {
  const { interaction, demand } = context.claims;
  const perHour = times(stated(demand.interactionsPerDay), stated(demand.busyHourRatio));
  const perS = over(perHour, constant(S_PER_HOUR));
  const cycle = plus(stated(interaction.meanResponseS), stated(interaction.thinkTimeS));
  const fromInteractions = times(stated(demand.busyHourInteractionsPerS) ?? perS, stated(interaction.turns));
  return [
    ...hold(demand.busyHourInteractionsPerS, perS, {
      unit: 'per s',
      say: ({ claimed, right }) => `the busy hour of that day has ${right} interactions/s, not ${claimed}`,
    }),
    ...hold(demand.busyHourTurnsPerS, fromInteractions, {
      unit: 'per s',
      say: ({ claimed, right }) => `the busy hour has ${right} turns/s, not ${claimed}`,
    }),
    ...hold(demand.openInteractions, times(busyHourTurnsPerS(context), cycle), {
      unit: 'interactions',
      say: ({ claimed, right }) =>
        `turns/s × (response + think time) are ${right} open interactions, not ${claimed}`,
    }),
  ];
}

function concurrencyOfAll(context: CheckContext): Draft[] {
  const tier = mainTier(context);
  const claims = claimsOf(context.claims.principles.concurrentInteractions);
  const most = stated(tier?.maxInstances);
  const each = tier?.perInstance.flatMap((row) => claimsOf(row.concurrentInteractions)) ?? [];
  if (most === undefined || each.length === 0) return [];
  const largest = each.reduce((best, next) => (next.high > best.high ? next : best));
  const limit: Quantity = {
    low: most.high * largest.high,
    high: most.high * largest.high,
    from: [...most.from, { path: largest.path, line: largest.line }],
  };
  return claims
    .filter((claim) => claim.high > limit.high * 1.02)
    .map((claim) =>
      wrong(claim, limit, {
        unit: 'interactions',
        say: ({ claimed, right }) =>
          `at most ${show(most.high, '')} instances of ${show(largest.high, '')} interactions hold ${right} at once: that is not ${claimed}`,
      }),
    );
}

/** Work that queues before an instance waits queue ÷ rate. */
function queueBehindTarget({ claims }: CheckContext): Draft[] {
  const target = claims.targets.find(({ metric }) => metric === 'p95-response-s');
  const limit = claimOf(target?.target);
  const response = stated(claims.interaction.meanResponseS);
  if (limit === undefined || response === undefined) return [];
  return claims.tiers.flatMap((tier) => {
    const rates = tier.perInstance.flatMap((row) => claimsOf(row.turnsPerS));
    if (rates.length === 0) return [];
    const slowest = rates.reduce((least, next) => (next.low < least.low ? next : least));
    const spareS = Math.max(0, limit.high - response.low);
    const allowed = {
      ...constant(Math.floor(spareS * slowest.low)),
      from: [slowest, limit, ...response.from],
    };
    return claimsOf(tier.queuedRequests)
      .filter((claim) => claim.low / slowest.low > limit.high)
      .map((claim) =>
        wrong(claim, allowed, {
          unit: 'requests',
          say: ({ claimed, right }) =>
            `${claimed} requests before an instance of ${show(slowest.low, '')}/s wait ${show(claim.low / slowest.low, '')} s, when the p95 of ${show(limit.high, '')} s is long broken; ${right} fit into it`,
        }),
      );
  });
}

const withoutOpenEnd = ({ claims }: CheckContext): Draft[] =>
  claims.tiers.flatMap((tier) => {
    const least = claimOf(tier.minInstances);
    const most = claimOf(tier.maxInstances);
    if (least === undefined || most === undefined || least.low <= most.high) return [];
    return [
      broken({
        place: least,
        against: [most],
        claimed: least,
        corrected: { low: most.high, high: most.high },
        unit: 'instances',
        sentence: `at least ${show(least.low, '')} instances of ${tier.id} cannot be at most ${show(most.high, '')}`,
      }),
    ];
  });

export const CAPACITY_RULES: readonly Rule[] = [
  {
    id: 'little',
    title: "Little's law: N = X·(R + Z)",
    check: (context) => [...littlePerInstance(context), ...littleOfDemand(context)],
  },
  {
    id: 'think-time',
    title: 'the interactive law: open conversations contain think time',
    check: thinkTimeStated,
  },
  {
    id: 'daily-capacity',
    title: 'interactions a day = turns/s × 86,400 ÷ turns, or from the busy hour',
    check: dailyPerInstance,
  },
  { id: 'concurrency-limit', title: 'at once ≤ instances × what one holds', check: concurrencyOfAll },
  {
    id: 'queue-wait',
    title: 'wait in a queue = its length ÷ its rate, and must fit into the objective',
    check: queueBehindTarget,
  },
  { id: 'limits-order', title: 'a minimum is not above its maximum', check: withoutOpenEnd },
];
