import type { CheckContext, Rule, Tier } from '../context.ts';
import { broken, type Draft, hold, missing, wrong } from '../finding.ts';
import { claimOf, claimsOf, constant, over, type Quantity, stated, times } from '../quantity.ts';
import { mainTier } from '../sizing.ts';
import { show } from '../text.ts';

const availabilityTarget = ({ claims }: CheckContext) =>
  claimOf(claims.targets.find(({ metric }) => metric === 'availability')?.target);

/** A capacity without a word on losses has none to spare: survivors absorb N ÷ (N − 1). */
function lossesStated(context: CheckContext): Draft[] {
  const tier = mainTier(context);
  const target = availabilityTarget(context);
  const [size] = context.claims.sizes;
  const instances = claimOf(size?.instances);
  if (tier === undefined || target === undefined || instances === undefined || tier.zonesLost !== undefined)
    return [];
  const needed = instances.low + 1;
  return [
    missing({
      place: instances,
      needed: { low: needed, high: needed, from: [target] },
      unit: 'instances',
      sentence: `nothing is kept for the loss of an instance or a zone: of ${show(instances.low, '')} instances (${size?.name}) that carry the day, one lost takes ${show(1 / instances.low, 'ratio')} of the capacity; surviving one takes ${show(needed, '')}`,
    }),
  ];
}

/** Daily figures at full load cannot stand beside a utilisation at which more instances are started. */
function headroomKept({ claims }: CheckContext): Draft[] {
  if (claims.demand.busyHourRatio !== undefined) return [];
  return claims.tiers.flatMap((tier) => {
    const utilisation = stated(tier.cpuUtilisation);
    if (utilisation === undefined || utilisation.high >= 1) return [];
    return tier.perInstance.slice(0, 1).flatMap((row) => {
      const claim = claimOf(row.interactionsPerDay);
      const kept = times(stated(row.interactionsPerDay), utilisation);
      if (claim === undefined || kept === undefined) return [];
      return [
        wrong(claim, kept, {
          unit: 'per day',
          severity: 'doubt',
          say: ({ claimed, right }) =>
            `sizes count on all ${claimed} a day of an instance (${row.case}), while more are started from ${show(utilisation.low, 'ratio')} on: at that level it carries ${right}, and less in a day with a busy hour, whose share is not stated`,
        }),
      ];
    });
  });
}

/** Writers that nothing takes over from. */
function singleWriter(context: CheckContext): Draft[] {
  const target = availabilityTarget(context);
  if (target === undefined) return [];
  return context.claims.tiers.flatMap((tier) => {
    const primary = claimOf(tier.primaries);
    const standby = claimOf(tier.standbys);
    if (primary === undefined || primary.high !== 1 || (standby !== undefined && standby.low >= 1)) return [];
    return [
      broken({
        place: primary,
        against: [target],
        severity: standby === undefined ? 'doubt' : 'contradiction',
        claimed: { low: 1, high: 1 },
        corrected: { low: 2, high: 2 },
        unit: 'instances',
        sentence: `${tier.id} has one writer and no standby that takes over, so its loss stops what must be ${show(target.low, 'ratio')} available; one primary and one standby at least`,
      }),
    ];
  });
}

function zonesSpread({ claims }: CheckContext): Draft[] {
  return claims.tiers.flatMap((tier) => {
    const zones = claimOf(tier.zones);
    const lost = claimOf(tier.zonesLost);
    const drafts: Draft[] = [];
    if (zones !== undefined && lost !== undefined && lost.high >= zones.low) {
      drafts.push(
        wrong(
          lost,
          { ...constant(zones.low - 1), from: [zones] },
          {
            unit: 'zones',
            say: ({ claimed, right }) =>
              `of ${show(zones.low, '')} zones ${tier.id} can lose ${right} at most, not ${claimed}`,
          },
        ),
      );
    }
    const least = claimOf(tier.minInstances);
    const across = zones === undefined || lost === undefined ? undefined : lost.high + 1;
    if (
      least !== undefined &&
      zones !== undefined &&
      across !== undefined &&
      lost !== undefined &&
      least.low < across &&
      lost.high < zones.low
    ) {
      drafts.push(
        wrong(
          least,
          { ...constant(across), from: [zones, lost] },
          {
            unit: 'instances',
            say: ({ claimed, right }) =>
              `${tier.id} survives ${show(lost.high, '')} zone only with ${right} instances in different ones, not ${claimed}`,
          },
        ),
      );
    }
    return drafts;
  });
}

/** Kubernetes counts utilisation against the request, not the limit (HorizontalPodAutoscaler documentation). */
function utilisationBase({ claims }: CheckContext): Draft[] {
  return claims.tiers.flatMap((tier) => {
    const utilisation = claimOf(tier.cpuUtilisation);
    const share = over(stated(tier.requestCores), stated(tier.limitCores));
    const ofLimit = times(stated(tier.cpuUtilisation), share);
    if (utilisation === undefined || share === undefined || ofLimit === undefined || share.high > 0.5)
      return [];
    return [
      wrong(utilisation, ofLimit, {
        unit: 'ratio',
        severity: 'doubt',
        say: ({ claimed, right }) =>
          `an autoscaler takes ${claimed} of the CPU requested, which is ${right} of the limit: ${tier.id} scales out when ${show(utilisation.low * (claimOf(tier.requestCores)?.low ?? 0), '')} of ${show(claimOf(tier.limitCores)?.low ?? 0, '')} cores are busy`,
      }),
    ];
  });
}

const SHAPES: readonly (readonly [
  keyof Tier & ('requestMemoryMb' | 'limitMemoryMb' | 'limitCores'),
  'minMemoryMb' | 'memoryMb' | 'cores',
  string,
])[] = [
  ['requestMemoryMb', 'minMemoryMb', 'MB'],
  ['limitMemoryMb', 'memoryMb', 'MB'],
  ['limitCores', 'cores', 'cores'],
];

/** The container's request is the minimum that the text asks for, its limit what it recommends. */
const containerShape = ({ claims }: CheckContext): Draft[] =>
  claims.tiers.flatMap((tier) =>
    SHAPES.flatMap(([inContainer, inText, unit]) =>
      hold(tier[inContainer], stated(tier[inText]), {
        unit,
        severity: 'doubt',
        say: ({ claimed, right }) =>
          `${tier.id} is given ${claimed} ${unit} where the text asks for ${right}`,
      }),
    ),
  );

/** Scaling out when the objective is reached acts when it is broken: a new instance needs time to start. */
function triggerBeforeTarget({ claims }: CheckContext): Draft[] {
  const target = claims.targets.find(({ metric }) => metric === 'p95-response-s');
  const limit = claimOf(target?.target);
  if (limit === undefined) return [];
  return claims.tiers.flatMap((tier) =>
    claimsOf(tier.scaleOutP95S)
      .filter((claim) => claim.high >= limit.high)
      .map((claim) =>
        wrong(claim, { low: 0, high: EARLY * limit.high, from: [limit] } as Quantity, {
          unit: 's',
          say: ({ claimed, right }) =>
            `${tier.id} scales out at a p95 of ${claimed} s, when the objective of ${show(limit.high, '')} s is already broken; ${right} s leaves time to start`,
        }),
      ),
  );
}

/** Share of the objective at which an early trigger lies. */
const EARLY = 0.75;

export const REDUNDANCY_RULES: readonly Rule[] = [
  { id: 'losses', title: 'survivors of a loss carry N ÷ (N − lost) of their share', check: lossesStated },
  { id: 'headroom', title: 'capacity at the plan = capacity × planned utilisation', check: headroomKept },
  {
    id: 'single-writer',
    title: 'what must be available has a second copy that takes over',
    check: singleWriter,
  },
  {
    id: 'zones',
    title: 'fewer zones are lost than there are, and copies lie in different ones',
    check: zonesSpread,
  },
  {
    id: 'utilisation-base',
    title: 'an autoscaler counts utilisation against the request',
    check: utilisationBase,
  },
  { id: 'container-shape', title: 'the container is given what the text asks for', check: containerShape },
  {
    id: 'trigger-before-target',
    title: 'scaling starts before the objective is reached',
    check: triggerBeforeTarget,
  },
];
