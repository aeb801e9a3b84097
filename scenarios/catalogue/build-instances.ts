import { commonFields, type Fact, figureEntry, withoutAbsent } from './build-figures.ts';

const pairOf = (value: unknown): unknown =>
  Array.isArray(value) ? { low: Math.min(...value), high: Math.max(...value) } : undefined;

/** A rented CPU machine. */
export function cpuEntry(fact: Fact): Record<string, unknown> {
  return withoutAbsent({
    ...commonFields(fact),
    provider: fact.provider,
    region: fact.region,
    instance: fact.instance,
    vcpus: fact.vcpu,
    memoryGib: fact.mem_gib,
    usdPerHour: fact.usd_per_hour,
    spotUsdPerHour: fact.spot_usd_per_hour,
  });
}

/** Market ranges by GPU and kind of seller become entries of their own, with one parent source. */
function rangesOf(fact: Fact): Record<string, unknown>[] {
  const ranges = fact.ranges as Record<string, Record<string, number[]>>;
  return Object.entries(ranges).flatMap(([gpu, bySeller]) =>
    Object.entries(bySeller).map(([seller, pair]) =>
      withoutAbsent({
        ...commonFields({ ...fact, id: `${String(fact.id)}/${gpu}/${seller}` }),
        provider: fact.provider,
        gpu,
        gpus: fact.gpus,
        marketUsdPerGpuHour: pairOf(pair),
        notes: fact.note === undefined ? undefined : [fact.note],
      }),
    ),
  );
}

function earlierOf(fact: Fact): string[] | undefined {
  const earlier = fact.earlier as Record<string, number> | undefined;
  return earlier && Object.entries(earlier).map(([month, usd]) => `${month}: ${usd} USD per GPU-hour`);
}

/** A rented GPU machine, a market index, or a model of owning cost. */
export function gpuEntries(fact: Fact): Record<string, unknown>[] {
  if (fact.ranges !== undefined) return rangesOf(fact);
  return [
    withoutAbsent({
      ...commonFields(fact),
      provider: fact.provider,
      region: fact.region,
      instance: fact.instance,
      gpu: fact.gpu,
      gpus: fact.gpus,
      usdPerHour: fact.usd_per_hour,
      usdPerGpuHour: fact.usd_per_gpu_hour,
      spotUsdPerHour: fact.spot_usd_per_hour,
      ownHyperscalerUsdPerGpuHour: fact.usd_per_gpu_hour_own_hyperscaler,
      ownNeocloudUsdPerGpuHour: fact.usd_per_gpu_hour_own_neocloud,
      rent3YearUsdPerGpuHour: fact.usd_per_gpu_hour_rent_3yr,
      allInKwPerGpu: fact.all_in_kw_per_gpu,
      marketUsdPerGpuHour: pairOf(fact.market_range),
      marketMedianUsdPerGpuHour: fact.market_median,
      marketProviders: fact.providers,
      notes: earlierOf(fact),
    }),
  ];
}

/** Hardware: figures plus what the thing is, read from the id. */
export const hardwareEntry = (fact: Fact): Record<string, unknown> => figureEntry(fact);
