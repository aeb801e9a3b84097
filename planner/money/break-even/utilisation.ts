import type { Sourced } from '../../../vocabulary/plan-file.ts';
import type { UtilisationBreakEven } from '../../../vocabulary/plan-sections/break-even.ts';
import { HOURS_PER_MONTH, percentFromRatio, S_PER_HOUR } from '../../../vocabulary/units.ts';
import { computeReplicas, type TierModel } from '../../size/tier.ts';
import { sourced } from '../../sourced.ts';
import { capacityInputs } from '../../uncertainty/capacity-inputs.ts';
import type { Draws } from '../../uncertainty/draws.ts';
import { computeMeanToSized } from '../volumes.ts';
import type { BoughtTier } from './bought-tier.ts';
import { drawBreakEvenUtilisation } from './draw-utilisation.ts';
import { drawnCosts } from './drawn-costs.ts';
import { nodesAt, type OwnNodes, type OwnTier, ownParts, ownUsdPerMonth, usefulHourUsd } from './own-tier.ts';

/** Volume so large that whole nodes no longer round the answer. */
const LARGE = 10_000;

/**
 * Turns/s of one unit at the objectives when kept full: its measured limit without the headroom that is kept free, and
 * its part of it where several units are one replica.
 */
function fullTurnsPerS(model: TierModel): number | undefined {
  const limit = model.limits.find(({ measuredAs }) => measuredAs === 'capacity');
  if (limit === undefined) return undefined;
  return limit.perReplica / (1 - model.headroomRatio) / (model.group?.units ?? 1);
}

interface AtScale {
  /** Mean busy share of the units over all hours of the month. */
  readonly utilisationRatio: number;
  readonly usdPerUnitHour: number;
}

/** The units that a demand `scale` times as large needs: how busy they are, and what an hour of one costs. */
function atScale(own: OwnTier, model: TierModel, fullPerS: number, scale: number): AtScale {
  const { demand } = own.context;
  const meanTurnsPerS = demand.sizingTurnsPerS * scale * computeMeanToSized(demand);
  const { replicas } = computeReplicas(model, { demand: scale, capacity: 1, gatewayCpu: 1 });
  return {
    utilisationRatio: Math.min(1, meanTurnsPerS / (replicas * fullPerS)),
    usdPerUnitHour: ownUsdPerMonth(own, replicas) / replicas / HOURS_PER_MONTH,
  };
}

/**
 * The busy share from which an own unit is cheaper than buying its work: all its cost of an hour ÷ what the same hour's
 * work costs at the vendor when the unit is full.
 */
export const computeBreakEvenUtilisation = (input: {
  readonly ownUsdPerUnitHour: number;
  readonly turnsPerSPerUnit: number;
  readonly boughtUsdPerTurn: number;
}): number => input.ownUsdPerUnitHour / (input.turnsPerSPerUnit * S_PER_HOUR * input.boughtUsdPerTurn);

const percent = (ratio: number): string => `${percentFromRatio(ratio).toPrecision(3)} %`;

type Cheaper = UtilisationBreakEven['cheaper'];

/** Own units win where they are at least as busy as they must be, now or once whole units and staff weigh little. */
function verdictOf(now: AtScale, large: AtScale, breakEvenOf: (usdPerUnitHour: number) => number): Cheaper {
  if (now.utilisationRatio >= breakEvenOf(now.usdPerUnitHour)) return 'own';
  return large.utilisationRatio >= breakEvenOf(large.usdPerUnitHour) ? 'own-at-larger-volume' : 'bought';
}

const VERDICT: Readonly<Record<Cheaper, string>> = {
  own: 'own hardware is the cheaper one at this volume',
  'own-at-larger-volume': 'the vendor is cheaper at this volume, own hardware at a larger one',
  bought: 'the vendor is cheaper at any volume',
};

interface FigureInput {
  readonly own: OwnTier;
  readonly bought: BoughtTier;
  readonly sized: OwnNodes;
  readonly turnsPerSPerUnit: number;
  readonly ownUsdPerUnitHour: number;
  readonly planned: number;
}

function figuresOf(input: FigureInput): Sourced[] {
  const { own, bought, turnsPerSPerUnit, ownUsdPerUnitHour, planned } = input;
  const { nodes, modelled } = input.sized;
  const simulated = modelled.measurement?.result.target.simulated === true;
  const derived = (name: string, value: number, unit: string, source: string): Sourced =>
    sourced(name, value, unit, { basis: 'derived', source });
  return [
    sourced('turnsPerSPerUnit', turnsPerSPerUnit, 'turns per second', {
      basis: simulated ? 'simulated' : 'measured',
      source: `capacity at the objectives in run ${modelled.measurement?.result.runId ?? 'unknown'}`,
    }),
    derived(
      'ownUsdPerUnitHour',
      ownUsdPerUnitHour,
      'USD per node-hour',
      `purchase ÷ life, maintenance, energy, space and ${own.extraOperatorHours} operator hours a month, over ${nodes} nodes`,
    ),
    derived(
      'ownUsdPerUsefulHour',
      usefulHourUsd(own, nodes, planned),
      'USD per busy node-hour',
      `capital, maintenance, space and staff ÷ ${percent(planned)} of the hours, energy of a busy hour`,
    ),
    derived(
      'boughtUsdPerTurn',
      bought.usdPerTurn,
      'USD per turn',
      `tokens per turn at the prices of ${bought.sizing.priceId}, retries included`,
    ),
  ];
}

/**
 * Break-even utilisation of own GPUs against a vendor's price by the token. Planned and reachable utilisation carry the
 * hour profile (mean to peak), the headroom and the spares that the mode asks for. Undefined where the tier has no
 * measured capacity, or the vendor's work costs nothing.
 */
export function utilisationBreakEven(
  own: OwnTier,
  bought: BoughtTier,
  { draws, seed }: { readonly draws: Draws; readonly seed: number },
): UtilisationBreakEven | undefined {
  const sized = nodesAt(own, own.context.demand.interactionsPerDay);
  if (sized.kind === 'refused' || bought.usdPerTurn === 0) return undefined;
  const { nodes, modelled } = sized.value;
  const turnsPerSPerUnit = fullTurnsPerS(modelled.model);
  if (turnsPerSPerUnit === undefined || nodes === 0) return undefined;
  const boughtUsdPerTurn = bought.usdPerTurn;
  const breakEvenOf = (ownUsdPerUnitHour: number): number =>
    computeBreakEvenUtilisation({ ownUsdPerUnitHour, turnsPerSPerUnit, boughtUsdPerTurn });
  const now = atScale(own, modelled.model, turnsPerSPerUnit, 1);
  const large = atScale(own, modelled.model, turnsPerSPerUnit, LARGE);
  const ownUsdPerUnitHour = now.usdPerUnitHour;
  const breakEven = breakEvenOf(ownUsdPerUnitHour);
  const [planned, reachable] = [now.utilisationRatio, large.utilisationRatio];
  const cheaper = verdictOf(now, large, breakEvenOf);
  const { measurement } = modelled;
  const drawn = drawBreakEvenUtilisation({
    central: breakEven,
    own: drawnCosts(ownParts(own, nodes), own.context),
    bought: drawnCosts(bought.parts, bought.context),
    capacity: (measurement === undefined ? [] : capacityInputs(measurement, seed)).map((input) => ({
      input,
      power: 1,
    })),
    plannedUtilisationRatio: planned,
    draws,
  });
  return {
    own: own.unit.name,
    bought: bought.sizing.priceId,
    ownUsdPerUnitHour,
    turnsPerSPerUnit,
    boughtUsdPerTurn,
    breakEvenUtilisationRatio: breakEven,
    breakEvenInterval: drawn.breakEven,
    ownCheaperProbability: drawn.ownCheaperProbability,
    plannedUtilisationRatio: planned,
    reachableUtilisationRatio: reachable,
    cheaper,
    sentence: `${own.unit.name} must be ${percent(breakEven)} busy (${percent(drawn.breakEven.p10)} to ${percent(drawn.breakEven.p90)}) to match ${bought.sizing.priceId}; the plan keeps it ${percent(planned)} busy over the month and no volume more than ${percent(reachable)}: ${VERDICT[cheaper]}`,
    figures: figuresOf({ own, bought, sized: sized.value, turnsPerSPerUnit, ownUsdPerUnitHour, planned }),
  };
}
