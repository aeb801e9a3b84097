import type { Issue } from '../../vocabulary/errors.ts';
import type { DeploymentMode, ModeTier, RatedLimit } from './schema.ts';

function duplicateIssues(mode: DeploymentMode): Issue[] {
  return mode.tiers.flatMap((tier, index) =>
    mode.tiers.findIndex((other) => other.id === tier.id) === index
      ? []
      : [
          {
            path: `tiers[${index}].id`,
            expected: 'tier ids that are unique',
            got: tier.id,
            fix: 'rename one of the two',
          },
        ],
  );
}

/** References to tiers: colocated units and links name a tier of the same mode (or a place outside it). */
function tierIssues(mode: DeploymentMode): Issue[] {
  const known = new Set(mode.tiers.map((tier) => tier.id));
  const places = new Set([...known, 'client', 'internet']);
  const issues: Issue[] = [];
  const check = (path: string, id: string, among: ReadonlySet<string>): void => {
    if (among.has(id)) return;
    issues.push({
      path,
      expected: `one of ${[...among].join(', ')}`,
      got: id,
      fix: 'name a tier of this mode',
    });
  };
  mode.tiers.forEach((tier, index) => {
    if (tier.unit.kind === 'colocated') check(`tiers[${index}].unit.onTier`, tier.unit.onTier, known);
  });
  mode.links.forEach((link, index) => {
    check(`links[${index}].from`, link.from, places);
    check(`links[${index}].to`, link.to, places);
  });
  return issues;
}

/** Rated limits that a tier has, with where they stand. */
const ratedLimits = ({ sizing }: ModeTier): readonly RatedLimit[] =>
  sizing.kind === 'rated' || sizing.kind === 'memory' ? (sizing.limits ?? []) : [];

/** Limits that grow with another tier's replicas: the tier must exist, and must not wait for this one in turn. */
function awaitedIssues(mode: DeploymentMode): Issue[] {
  const awaitedOf = (id: string): string[] =>
    mode.tiers
      .filter((tier) => tier.id === id)
      .flatMap((tier) => ratedLimits(tier).flatMap((limit) => limit.tier ?? []));
  const reaches = (from: string, to: string, seen: ReadonlySet<string>): boolean =>
    awaitedOf(from).some(
      (next) => next === to || (!seen.has(next) && reaches(next, to, new Set([...seen, next]))),
    );
  return mode.tiers.flatMap((tier, index) =>
    ratedLimits(tier).flatMap((limit, place) => {
      if (limit.tier === undefined) return [];
      const path = `tiers[${index}].sizing.limits[${place}].tier`;
      const known = mode.tiers.some(({ id }) => id === limit.tier);
      if (known && !reaches(tier.id, tier.id, new Set())) return [];
      return [
        {
          path,
          expected: known
            ? 'a tier that does not wait for this one'
            : `one of ${mode.tiers.map(({ id }) => id).join(', ')}`,
          got: limit.tier,
          fix: known ? 'let one of the limits grow with something else' : 'name a tier of this mode',
        },
      ];
    }),
  );
}

/** Replicas of `count` that are left when the fullest zones and further single replicas are lost. */
function leftOf(count: number, { zones, survives }: ModeTier): number {
  const inLostZones = Array.from(
    { length: survives.zones },
    (_, zone) => Math.floor(count / zones) + (zone < count % zones ? 1 : 0),
  ).reduce((sum, replicas) => sum + replicas, 0);
  return count - inLostZones - survives.replicas;
}

/** Redundancy that cannot be had: losses that leave nothing, and bounds that contradict each other. */
function redundancyIssues(mode: DeploymentMode): Issue[] {
  return mode.tiers.flatMap((tier, index) => {
    const at = `tiers[${index}]`;
    const { zones, survives, sizing, minReplicas, maxReplicas } = tier;
    if (survives.zones >= zones) {
      return [
        {
          path: `${at}.survives.zones`,
          expected: `fewer than the ${zones} zones of the tier`,
          got: String(survives.zones),
          fix: 'lower it, or spread the tier over more zones',
        },
      ];
    }
    const fixed = sizing.kind === 'fixed' ? sizing.replicas : undefined;
    const copies = sizing.kind === 'rated' ? sizing.copies : undefined;
    return [
      ...boundIssue(`${at}.minReplicas`, minReplicas, maxReplicas),
      ...boundIssue(`${at}.sizing.replicas`, fixed, maxReplicas),
      ...survivorIssue(`${at}.maxReplicas`, maxReplicas, tier),
      ...survivorIssue(`${at}.sizing.replicas`, fixed, tier),
      ...survivorIssue(`${at}.sizing.copies`, copies, tier),
    ];
  });
}

function boundIssue(path: string, value: number | undefined, most: number | undefined): Issue[] {
  if (value === undefined || most === undefined || value <= most) return [];
  return [
    {
      path,
      expected: `at most maxReplicas, ${most}`,
      got: String(value),
      fix: 'lower it, or raise maxReplicas',
    },
  ];
}

function survivorIssue(path: string, count: number | undefined, tier: ModeTier): Issue[] {
  if (count === undefined || leftOf(count, tier) >= 1) return [];
  const { zones, replicas } = tier.survives;
  return [
    {
      path,
      expected: `enough that one is left after losing ${zones} of ${tier.zones} zones and ${replicas} replicas`,
      got: String(count),
      fix: 'raise it, or lower survives',
    },
  ];
}

/** A mode that forbids egress cannot send turns to somebody else's model. */
function egressIssues(mode: DeploymentMode): Issue[] {
  if (mode.residency.egressAllowed) return [];
  return mode.tiers.flatMap((tier, index) =>
    tier.sizing.kind === 'vendor' || tier.operatedBy === 'llm-vendor'
      ? [
          {
            path: `tiers[${index}]`,
            expected: 'no vendor, since residency.egressAllowed is false',
            got: `${tier.id}, operated by ${tier.operatedBy}`,
            fix: 'use a local tier, or allow egress',
          },
        ]
      : [],
  );
}

/** A vendor's median answer cannot take longer than 19 in 20 of its answers. */
function latencyIssues(mode: DeploymentMode): Issue[] {
  return mode.tiers.flatMap(({ sizing }, index) =>
    sizing.kind !== 'vendor' || sizing.assumedTurnP50Ms <= sizing.assumedTurnP95Ms
      ? []
      : [
          {
            path: `tiers[${index}].sizing.assumedTurnP50Ms`,
            expected: `at most assumedTurnP95Ms, ${sizing.assumedTurnP95Ms}`,
            got: String(sizing.assumedTurnP50Ms),
            fix: 'check which of the two is which',
          },
        ],
  );
}

/** What a mode must keep beyond the types of its fields and the entries of the catalogue. */
export const modeIssues = (mode: DeploymentMode): Issue[] => [
  ...duplicateIssues(mode),
  ...tierIssues(mode),
  ...awaitedIssues(mode),
  ...redundancyIssues(mode),
  ...latencyIssues(mode),
  ...egressIssues(mode),
];
