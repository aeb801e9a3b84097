import type { DeploymentMode, ModeTier } from '../scenarios/mode.ts';
import { computeBinomialCdf } from '../vocabulary/binomial.ts';
import type { TierPlan } from '../vocabulary/plan-file.ts';
import type { AvailabilitySection } from '../vocabulary/plan-sections/availability.ts';
import { HOURS_PER_MONTH, MIN_PER_HOUR } from '../vocabulary/units.ts';
import type { TierModel, TierProvider, UnitGroup } from './size/tier.ts';

/** So many standard deviations from its mean a count of failures never is, to the digits of a double. */
const SURE_DEVIATIONS = 40;

/** Probability that at least `needed` of `replicas` are up, each up with `ratio`, independent of one another. */
export function computeTierAvailability(replicas: number, needed: number, ratio: number): number {
  if (needed <= 0) return 1;
  const spare = replicas - needed;
  if (spare < 0) return 0;
  const meanDown = replicas * (1 - ratio);
  const reach = SURE_DEVIATIONS * (1 + Math.sqrt(meanDown * ratio));
  if (spare > meanDown + reach) return 1;
  return spare < meanDown - reach ? 0 : computeBinomialCdf(spare, replicas, 1 - ratio);
}

/** Shares of a vendor's calls that add up to 1 but for rounding are all of them. */
const ROUNDING = 1e-9;

/** Which zones are up, by their place. */
type ZonesUp = readonly boolean[];

/** A tier as its failures see it. */
interface FailingTier {
  readonly id: string;
  readonly zones: number;
  readonly outsideZones: boolean;
  readonly replicas: number;
  /** Replicas, or groups of them, that carry the busy hour. */
  readonly needed: number;
  readonly replicaRatio: number;
  readonly group: UnitGroup | undefined;
  readonly providers: readonly TierProvider[];
}

function failingTier(tier: ModeTier, model: TierModel | undefined, plan: TierPlan): FailingTier {
  const fixed = tier.sizing.kind === 'fixed';
  const units = model?.group?.kind === 'spanning' ? model.group.units : 1;
  return {
    id: tier.id,
    zones: tier.zones,
    outsideZones: tier.outsideZones === true,
    replicas: plan.replicas,
    // A fixed tier serves while one of its replicas does: its standby is not there for load.
    needed: fixed ? Math.min(1, plan.replicas) : plan.replicasForLoad / units,
    replicaRatio: tier.replicaAvailabilityRatio,
    group: model?.group,
    providers: model?.providers ?? [],
  };
}

/** Of `count` things dealt out evenly over zones, those in zones that are up. */
function countUp(count: number, zones: number, up: ZonesUp): number {
  const perZone = Math.floor(count / zones);
  const fuller = count % zones;
  let left = 0;
  for (let zone = 0; zone < zones; zone++) if (up[zone]) left += perZone + (zone < fuller ? 1 : 0);
  return left;
}

/** Each share of the data has a copy in so many zones and answers while one copy is up. */
function copiesRatio(tier: FailingTier, copies: number, up: ZonesUp): number {
  const shares = Math.floor(tier.replicas / copies);
  const copiesUp = countUp(copies, tier.zones, up);
  return (1 - (1 - tier.replicaRatio) ** copiesUp) ** shares;
}

/** Sets of vendors that are up, in order of the first vendor's answer; accounts of one vendor fail together. */
function vendorsRatio(providers: readonly TierProvider[], accounts: number): number {
  let left = accounts;
  const shares = providers.map(({ maxAccounts, callsRatioPerAccount }) => {
    const own = Math.min(left, maxAccounts);
    left -= own;
    return own * callsRatioPerAccount;
  });
  let ratio = 0;
  for (let set = 0; set < 2 ** providers.length; set++) {
    let probability = 1;
    let carried = 0;
    providers.forEach(({ availabilityRatio }, index) => {
      const isUp = (set >> index) % 2 === 1;
      probability *= isUp ? availabilityRatio : 1 - availabilityRatio;
      carried += isUp ? (shares[index] ?? 0) : 0;
    });
    if (carried >= 1 - ROUNDING) ratio += probability;
  }
  return ratio;
}

/** Probability that the tier carries the busy hour when these zones are up. */
function ratioIn(tier: FailingTier, zonesUp: ZonesUp): number {
  const { replicas, needed, replicaRatio, group, providers, zones } = tier;
  if (replicas === 0) return 1;
  if (providers.length > 0) return vendorsRatio(providers, replicas);
  const up = tier.outsideZones ? Array.from({ length: zones }, () => true) : zonesUp;
  if (group?.kind === 'copies') return copiesRatio(tier, group.units, up);
  const units = group?.units ?? 1;
  const groups = countUp(Math.floor(replicas / units), zones, up);
  return computeTierAvailability(groups, needed, replicaRatio ** units);
}

/** The tier as if each replica had a zone of its own: as likely up as before, and nothing lost together. */
function alone(tier: FailingTier, zoneRatio: number): FailingTier {
  if (tier.outsideZones) return tier;
  const units = tier.group?.kind === 'spanning' ? tier.group.units : 1;
  return { ...tier, replicaRatio: tier.replicaRatio * zoneRatio ** (1 / units) };
}

const productOf = (tiers: readonly FailingTier[], up: ZonesUp): number =>
  tiers.reduce((product, tier) => product * ratioIn(tier, up), 1);

/** Sum over every set of zones that may be up: zones fail on their own, and all that lies in one goes with it. */
function ratioOverZones(tiers: readonly FailingTier[], zones: number, zoneRatio: number): number {
  let ratio = 0;
  for (let set = 0; set < 2 ** zones; set++) {
    const up = Array.from({ length: zones }, (_, zone) => (set >> zone) % 2 === 1);
    const upCount = up.filter(Boolean).length;
    const probability = zoneRatio ** upCount * (1 - zoneRatio) ** (zones - upCount);
    if (probability > 0) ratio += probability * productOf(tiers, up);
  }
  return ratio;
}

const explanationOf = (mode: DeploymentMode, zones: number): string =>
  mode.zoneAvailabilityRatio === undefined
    ? 'the mode states no zoneAvailabilityRatio: replicas are taken to fail one by one, and the truth is lower'
    : `each of ${zones} zone${zones === 1 ? '' : 's'} up ${mode.zoneAvailabilityRatio} of the time (assumed), lost with all that lies in it; accounts of a vendor fail together; a tier lies in the first zones of the mode`;

/**
 * Share of time in which every tier has the replicas up that the busy hour needs. Zones are lost whole, with what every
 * tier has in them; replicas in zones that are up fail independently; tiers fail independently of one another given the
 * zones. Loss of a whole region and of the network to the client are not in it.
 */
export function planAvailability(
  mode: DeploymentMode,
  models: readonly TierModel[],
  plans: readonly TierPlan[],
): AvailabilitySection {
  const tiers = mode.tiers.flatMap((tier, index) => {
    const plan = plans[index];
    return plan === undefined ? [] : [failingTier(tier, models[index], plan)];
  });
  const zones = Math.max(1, ...tiers.filter((tier) => !tier.outsideZones).map((tier) => tier.zones));
  const allUp = Array.from({ length: zones }, () => true);
  const zoneRatio = mode.zoneAvailabilityRatio ?? 1;
  const ratio = Math.min(1, ratioOverZones(tiers, zones, zoneRatio));
  const independent = tiers.map((tier) => alone(tier, zoneRatio));
  return {
    ratio,
    independentRatio: Math.min(1, productOf(independent, allUp)),
    downMinutesPerMonth: (1 - ratio) * HOURS_PER_MONTH * MIN_PER_HOUR,
    ...(mode.zoneAvailabilityRatio === undefined
      ? {}
      : { zoneAvailabilityRatio: mode.zoneAvailabilityRatio }),
    explanation: explanationOf(mode, zones),
    tiers: tiers.map((tier) => ({
      tier: tier.id,
      replicas: tier.replicas,
      needed: tier.needed,
      ratio: Math.min(1, ratioIn(tier, allUp)),
    })),
  };
}
