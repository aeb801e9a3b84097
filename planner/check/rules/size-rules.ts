import type { CheckContext, Rule } from '../context.ts';
import { broken, type Draft, othersThan } from '../finding.ts';
import { type Claim, claimOf, claimsOf, type Place, placeOf } from '../quantity.ts';
import { instancesFor, mainTier, type Need, needsOf } from '../sizing.ts';
import { show } from '../text.ts';

interface End {
  readonly size: string;
  readonly case: string | undefined;
  readonly instances: number;
  readonly perDay: number;
  readonly place: Place;
  readonly also: Place;
}

/** The rows of the table of sizes, smallest and largest end of each: [2–4] for [50,000–200,000] is two ends. */
function endsOfSizes({ claims }: CheckContext): End[] {
  return claims.sizes.flatMap((size) => {
    const instances = claimOf(size.instances);
    const perDay = claimOf(size.interactionsPerDay);
    if (instances === undefined || perDay === undefined) return [];
    const common = { size: size.name, case: size.case, place: placeOf(perDay), also: placeOf(instances) };
    const low = { ...common, instances: instances.low, perDay: perDay.low };
    const high = { ...common, instances: instances.high, perDay: perDay.high };
    const isOne = low.instances === high.instances && low.perDay === high.perDay;
    return (isOne ? [low] : [low, high]).filter(
      (end) => Number.isFinite(end.perDay) && Number.isFinite(end.instances),
    );
  });
}

const listed = (needs: readonly Need[], of: (need: Need) => number): string =>
  needs.map((need) => `${show(of(need), '')} (${need.name})`).join(' or ');

/** Instances × what one carries, with the losses that the tier survives, against each end of each row. */
function sizesAgainstInstances(context: CheckContext): Draft[] {
  const tier = mainTier(context);
  const most = claimOf(tier?.maxInstances);
  return endsOfSizes(context).flatMap((end) => {
    const needs = needsOf(end.perDay, context, end.case);
    if (needs.length === 0) return [];
    if (needs.some(({ least, most: largest }) => end.instances >= least && end.instances <= largest))
      return [];
    const fewest = Math.min(...needs.map(({ least }) => least));
    const counts = needs.map(({ instances }) => instances);
    const corrected = { low: Math.min(...counts), high: Math.max(...counts) };
    const carried = listed(needs, ({ perDay }) => perDay.high * end.instances);
    const limit =
      most !== undefined && corrected.low > most.high ? `; more than ${show(most.high, '')} may not run` : '';
    return [
      broken({
        place: end.place,
        against: [
          end.also,
          ...needs.flatMap(({ perDay }) => perDay.from),
          ...(limit === '' || most === undefined ? [] : [most]),
        ],
        severity: end.instances < fewest || needs.length > 1 ? 'contradiction' : 'doubt',
        claimed: { low: end.instances, high: end.instances },
        corrected,
        unit: 'instances',
        sentence: `${show(end.perDay, '')} interactions a day (${end.size}) take ${listed(needs, ({ instances }) => instances)} instances, not ${show(end.instances, '')}, which carry ${carried}${limit}`,
      }),
    ];
  });
}

/** What one instance carries may not grow with their number (Gunther's universal scalability law: it falls). */
function scalingGain(context: CheckContext): Draft[] {
  const tier = mainTier(context);
  if (tier === undefined) return [];
  const ends = endsOfSizes(context);
  for (const large of [...ends].sort((a, b) => b.perDay / b.instances - a.perDay / a.instances)) {
    const each = large.perDay / large.instances;
    const wasteful = ends.find(
      (small) =>
        small.case === large.case &&
        small.instances < large.instances &&
        instancesFor(small.perDay / each, tier) * WASTE < small.instances,
    );
    if (wasteful === undefined) continue;
    const smallEach = wasteful.perDay / wasteful.instances;
    return [
      broken({
        place: large.place,
        against: [large.also, wasteful.place, wasteful.also],
        claimed: { low: each, high: each },
        corrected: { low: smallEach, high: smallEach },
        unit: 'per day',
        sentence: `one of ${show(large.instances, '')} instances would carry ${show(each, '')} interactions a day and one of ${show(wasteful.instances, '')} only ${show(smallEach, '')}: no instance carries more for having more beside it`,
      }),
    ];
  }
  return [];
}

/** More than whole instances and redundancy explain. */
const WASTE = 1.5;

/** The largest demand against all instances that may be started. */
function demandAboveLimit(context: CheckContext): Draft[] {
  const tier = mainTier(context);
  const most = claimOf(tier?.maxInstances);
  if (tier === undefined || most === undefined) return [];
  return claimsOf(context.claims.demand.interactionsPerDay).flatMap((claim) => {
    if (!Number.isFinite(claim.high)) return [];
    const needs = needsOf(claim.high, context);
    const fewest = Math.min(...needs.map(({ least }) => least));
    if (needs.length === 0 || fewest <= most.high) return [];
    const carried = Math.max(...needs.map(({ perDay }) => perDay.high)) * most.high;
    return [
      broken({
        place: claim,
        against: [most, ...needs.flatMap(({ perDay }) => perDay.from)],
        claimed: { low: claim.high, high: claim.high },
        corrected: { low: carried, high: carried },
        unit: 'per day',
        sentence: `${show(claim.high, '')} interactions a day take ${listed(needs, ({ instances }) => instances)} instances, but no more than ${show(most.high, '')} may run, which carry ${show(carried, '')}`,
      }),
    ];
  });
}

/** A table of sizes by range should leave no size between two rows. */
function sizeGaps({ claims }: CheckContext): Draft[] {
  const rows = claims.sizes
    .flatMap((size) => {
      const instances = claimOf(size.instances);
      return instances === undefined || instances.low === instances.high
        ? []
        : [{ name: size.name, instances }];
    })
    .sort((a, b) => a.instances.low - b.instances.low);
  return rows.flatMap((row, i) => {
    const next = rows[i + 1];
    if (next === undefined) return [];
    const from = row.instances.high + 1;
    const to = next.instances.low - 1;
    if (from > to) return [];
    return [
      broken({
        place: next.instances,
        against: [row.instances],
        severity: 'doubt',
        claimed: next.instances,
        corrected: { low: from, high: next.instances.high },
        unit: 'instances',
        sentence: `no row covers ${show(from, '')} to ${show(to, '')} instances, between ${row.name} and ${next.name}`,
      }),
    ];
  });
}

/** The largest size that uses every instance allowed has none to start when one fails. */
function sizeAtLimit(context: CheckContext): Draft[] {
  const most = claimOf(mainTier(context)?.maxInstances);
  const survives = claimOf(mainTier(context)?.zonesLost);
  if (most === undefined || (survives !== undefined && survives.low > 0)) return [];
  return context.claims.sizes.flatMap((size) => {
    const claim: Claim | undefined = claimOf(size.instances);
    if (claim === undefined || claim.high !== most.high) return [];
    return [
      broken({
        place: claim,
        against: othersThan(claim, [most]),
        severity: 'doubt',
        claimed: { low: claim.high, high: claim.high },
        corrected: { low: claim.high - 1, high: claim.high - 1 },
        unit: 'instances',
        sentence: `${size.name} uses all ${show(most.high, '')} instances that may run, so none can be started for one that fails or for a peak`,
      }),
    ];
  });
}

export const SIZE_RULES: readonly Rule[] = [
  {
    id: 'instances',
    title: 'instances = ⌈demand ÷ what one carries⌉, with the losses to survive',
    check: sizesAgainstInstances,
  },
  {
    id: 'no-gain-from-scale',
    title: 'one instance carries no more when there are more of them',
    check: scalingGain,
  },
  { id: 'demand-limit', title: 'demand ≤ the most instances × what one carries', check: demandAboveLimit },
  { id: 'size-gaps', title: 'rows of a table of ranges meet', check: sizeGaps },
  {
    id: 'room-to-grow',
    title: 'a size below the limit, so that one more can be started',
    check: sizeAtLimit,
  },
];
