import type { Catalogue, GpuPrice } from '../../../scenarios/catalogue.ts';
import { HOURS_PER_MONTH } from '../../../vocabulary/units.ts';
import { computeSpot } from '../purchase.ts';
import { readSpotTerms } from '../spot-terms.ts';
import type { CostOption } from './option.ts';
import { nodesAt, type OwnTier, ownUsdPerMonth } from './own-tier.ts';

/** `H100` is `H100-80GB`; `H100` is not `H1000`. */
const isSameGpu = (wanted: string, offered: string): boolean =>
  offered === wanted || offered.startsWith(`${wanted}-`);

const gpuPricesOf = (catalogue: Catalogue, gpu: string): GpuPrice[] =>
  [...catalogue.entries.values()].flatMap((found) =>
    found.group === 'gpu-prices' && isSameGpu(gpu, found.entry.gpu) ? [found.entry] : [],
  );

const lowest = (
  offers: readonly GpuPrice[],
  usdOf: (offer: GpuPrice) => number | undefined,
): { readonly offer: GpuPrice; readonly usdPerGpuHour: number } | undefined => {
  let best: { offer: GpuPrice; usdPerGpuHour: number } | undefined;
  for (const offer of offers) {
    const usdPerGpuHour = usdOf(offer);
    if (usdPerGpuHour !== undefined && (best === undefined || usdPerGpuHour < best.usdPerGpuHour)) {
      best = { offer, usdPerGpuHour };
    }
  }
  return best;
};

/** Own nodes, sized with headroom and spares; capital, energy, space, maintenance and staff. */
export function ownOption(own: OwnTier): CostOption {
  const { context, unit } = own;
  const simulated = nodesAt(own, context.demand.interactionsPerDay);
  const isSimulated =
    simulated.kind === 'planned' && simulated.value.modelled.measurement?.result.target.simulated === true;
  return {
    id: `own ${unit.name} (${context.mode.id})`,
    title: `own ${unit.name}`,
    basis: isSimulated ? 'simulated' : 'measured',
    source: `${unit.capex.id} and the power, space and maintenance of mode ${context.mode.id}; capacity measured or simulated`,
    entryIds: (['capex', 'life', 'power', 'pue', 'electricity', 'colocation'] as const).map(
      (key) => unit[key].id,
    ),
    priceAt: (perDay) => {
      const sized = nodesAt(own, perDay);
      if (sized.kind === 'refused') return { kind: 'refused', reason: sized.reason };
      const { nodes } = sized.value;
      return { kind: 'priced', usdPerMonth: ownUsdPerMonth(own, nodes), units: nodes };
    },
  };
}

interface Rent {
  readonly words: string;
  readonly offer: GpuPrice;
  readonly usdPerGpuHour: number;
  /** Nodes rented for each that is needed. */
  readonly overProvisionRatio: number;
}

/** The cheapest offer of each kind of rent: on demand by the node, for three years, interruptible. */
function rentsOf(own: OwnTier): Rent[] {
  const { catalogue } = own.context;
  const offers = gpuPricesOf(catalogue, own.unit.gpu);
  const wholeNodes = offers.filter(({ gpus }) => gpus === own.unit.gpus);
  const perGpu = (usd: number | undefined, gpus: number) => (usd === undefined ? undefined : usd / gpus);
  const rents: Rent[] = [];
  const onDemand = lowest(wholeNodes, ({ usdPerHour, gpus }) => perGpu(usdPerHour, gpus));
  if (onDemand !== undefined) rents.push({ words: 'on demand', overProvisionRatio: 1, ...onDemand });
  const years = lowest(offers, ({ rent3YearUsdPerGpuHour }) => rent3YearUsdPerGpuHour);
  if (years !== undefined) rents.push({ words: 'for three years', overProvisionRatio: 1, ...years });
  const spot = lowest(wholeNodes, ({ spotUsdPerHour, gpus }) => perGpu(spotUsdPerHour, gpus));
  const terms = readSpotTerms(catalogue);
  if (spot !== undefined && terms !== undefined) {
    const need = { replicasByHour: [1], onDemandUsdPerHour: 0 };
    const { overProvisionRatio } = computeSpot(need, { ...terms, spotUsdPerHour: spot.usdPerGpuHour });
    rents.push({ words: 'interruptible', overProvisionRatio, ...spot });
  }
  return rents;
}

/** The same nodes rented, all hours of the month. */
export function rentedOptions(own: OwnTier): CostOption[] {
  const { basis } = ownOption(own);
  return rentsOf(own).map(({ words, offer, usdPerGpuHour, overProvisionRatio }) => ({
    id: `rented ${own.unit.gpus} × ${offer.gpu} ${words} (${offer.id}, ${own.context.mode.id})`,
    title: `rented ${own.unit.gpus} × ${offer.gpu}, ${words}`,
    basis,
    source: `${offer.id}: ${offer.source}; as many nodes as mode ${own.context.mode.id} needs`,
    date: offer.date,
    entryIds: [offer.id],
    priceAt: (perDay) => {
      const sized = nodesAt(own, perDay);
      if (sized.kind === 'refused') return { kind: 'refused', reason: sized.reason };
      // Spares of the plan stand in while a place is empty, so the mean counts, not whole nodes more.
      const units = sized.value.nodes * overProvisionRatio;
      const gpuHours = units * own.unit.gpus * HOURS_PER_MONTH;
      const staff = own.extraOperatorHours * own.context.assumptions.operatorUsdPerHour.value;
      return { kind: 'priced', usdPerMonth: gpuHours * usdPerGpuHour + staff, units };
    },
  }));
}
