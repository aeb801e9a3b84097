/** What may be lost together, and over how many zones replicas are spread evenly. */
export interface Survival {
  readonly zones: number;
  readonly zonesLost: number;
  readonly replicasLost: number;
}

/** Replicas left when the fullest zones and further single replicas are lost; never below 0. */
export function computeSurvivors(replicas: number, survival: Survival): number {
  const { zones, zonesLost, replicasLost } = survival;
  const fullZones = replicas % zones;
  const perZone = Math.floor(replicas / zones);
  const inLostZones = zonesLost * perZone + Math.min(zonesLost, fullZones);
  return Math.max(0, replicas - inLostZones - replicasLost);
}

/**
 * Fewest replicas, spread evenly over zones, of which `needed` remain after the losses. Survivors absorb what the
 * lost ones carried, so each runs at up to N/(N − lost) of its share.
 */
export function sizeRedundancy(needed: number, survival: Survival): number {
  if (survival.zonesLost >= survival.zones) {
    throw new RangeError(`losing ${survival.zonesLost} of ${survival.zones} zones leaves nothing`);
  }
  const { zones, zonesLost, replicasLost } = survival;
  // No fewer can do: an even spread keeps at most (zones − lost) ÷ zones of them.
  let replicas = Math.floor(((needed + replicasLost) * zones) / (zones - zonesLost));
  while (computeSurvivors(replicas, survival) < needed) replicas++;
  return replicas;
}
