import type { Interval, PlannedMode } from '../../vocabulary/plan-file.ts';
import type {
  DrawnCorrelation,
  DrawnInput,
  ObjectiveMiss,
  TierUncertainty,
  UncertaintySection,
} from '../../vocabulary/plan-sections/uncertainty.ts';
import type { Slo } from '../../vocabulary/slo.ts';
import type { DrivenLine } from '../money/cost-line.ts';
import type { DrawnCosts } from './cheapest.ts';
import { type Column, intervalOf, shareOf } from './columns.ts';
import type { RankCorrelation } from './correlation.ts';
import { withGiven } from './default-correlations.ts';
import { computeQuantile, endsOf } from './distribution.ts';
import { computeCorrelation, createDraws, DRAWS, type Draws, drawColumn } from './draws.ts';
import type { UncertainInput } from './inputs.ts';
import type { DrawnTier, Misses, TierColumns } from './load-model.ts';
import {
  createModeModel,
  evaluateMode,
  type ModeColumns,
  type ModeModel,
  type UncertaintyInput,
} from './mode-model.ts';
import { agentsInterval, evaluatePeople } from './people.ts';
import { statedCorrelations } from './stated-correlations.ts';
import { computeTornado } from './tornado.ts';

const P10 = 0.1;
const P90 = 0.9;

function describeInput({ uncertainty, central, scale, ...input }: UncertainInput): DrawnInput {
  const { low, high } = endsOf(uncertainty);
  return {
    ...input,
    distribution: uncertainty.kind,
    low: low * scale,
    value: central * scale,
    high: high * scale,
    p10: computeQuantile(uncertainty, P10) * scale,
    p90: computeQuantile(uncertainty, P90) * scale,
  };
}

/** The stated correlations of inputs that the mode has, beside those that the draws have. */
function describeCorrelations(
  correlations: readonly RankCorrelation[],
  inputs: readonly UncertainInput[],
  draws: Draws,
): DrawnCorrelation[] {
  const drawn = (key: string): boolean => inputs.some((input) => input.key === key);
  return correlations
    .filter(({ a, b }) => drawn(a) && drawn(b))
    .map(({ a, b, rankCorrelation, reason }) => ({
      a,
      b,
      rankCorrelation,
      drawnRankCorrelation: computeCorrelation(draws.uniformsOf(a), draws.uniformsOf(b)),
      reason,
    }));
}

const shareOfMisses = ({ allUp, afterLosses }: Misses): { allUp: number; afterLosses: number } => ({
  allUp: shareOf(allUp, (missed) => missed > 0),
  afterLosses: shareOf(afterLosses, (missed) => missed > 0),
});

function tierRow({ plan, model }: DrawnTier, columns: TierColumns): TierUncertainty {
  const { needed, missed } = columns;
  const { maxReplicas } = model.tier;
  return {
    tier: plan.tier,
    unit: plan.unit,
    planned: plan.replicas,
    needed: intervalOf(needed),
    sufficientRatio: shareOf(needed, (replicas) => replicas <= plan.replicas),
    ...(maxReplicas === undefined ? {} : { maxReplicas }),
    aboveMaxRatio: shareOf(needed, (replicas) => replicas > (maxReplicas ?? Number.POSITIVE_INFINITY)),
    missProbability: shareOfMisses(missed),
  };
}

/** Row by row whether any of the columns holds. */
function anyOf(columns: readonly Column[], rows: number): Column {
  const any = new Float64Array(rows);
  for (const column of columns) {
    for (let row = 0; row < rows; row++) if ((column[row] ?? 0) > 0) any[row] = 1;
  }
  return any;
}

const anyMiss = (misses: readonly Misses[], rows: number): { allUp: number; afterLosses: number } =>
  shareOfMisses({
    allUp: anyOf(
      misses.map(({ allUp }) => allUp),
      rows,
    ),
    afterLosses: anyOf(
      misses.map(({ afterLosses }) => afterLosses),
      rows,
    ),
  });

function objectiveMisses(model: ModeModel, { tiers }: ModeColumns, slos: readonly Slo[]): ObjectiveMiss[] {
  const measured = model.tiers.filter(({ limits }) =>
    limits.some(({ limit }) => limit.measuredAs === 'capacity'),
  );
  return slos.map((slo, index) => ({
    slo,
    tiers: measured.map(({ plan }) => plan.tier),
    ...anyMiss(
      tiers.flatMap(({ missedByObjective }) => missedByObjective[index] ?? []),
      DRAWS,
    ),
  }));
}

/** 1 in the draws in which a tier needs more replicas than the mode can have. */
function aboveMaxColumn(model: ModeModel, { tiers }: ModeColumns): Column {
  const above = tiers.map(({ needed }, index) => {
    const most = model.tiers[index]?.model.tier.maxReplicas ?? Number.POSITIVE_INFINITY;
    return needed.map((replicas) => (replicas > most ? 1 : 0));
  });
  return anyOf(above, DRAWS);
}

interface Judged {
  readonly columns: ModeColumns;
  readonly aboveMax: Column;
  readonly slos: readonly Slo[];
}

function missProbability(
  model: ModeModel,
  { columns, aboveMax, slos }: Judged,
): UncertaintySection['missProbability'] {
  return {
    ...anyMiss(
      columns.tiers.map(({ missed }) => missed),
      DRAWS,
    ),
    aboveMaxRatio: shareOf(aboveMax, (above) => above > 0),
    byObjective: objectiveMisses(model, columns, slos),
  };
}

const scaledInterval = ({ p10, p50, p90 }: Interval, factor: number): Interval => ({
  p10: p10 * factor,
  p50: p50 * factor,
  p90: p90 * factor,
});

/** Each line of people has its share of what people cost in the plan; equal ones where the plan has none. */
function peopleShare(lines: readonly DrivenLine[], { line }: DrivenLine): number {
  const people = lines.filter(({ driver }) => driver === 'people');
  const usd = people.reduce((sum, other) => sum + other.line.usdPerMonth, 0);
  return usd === 0 ? 1 / people.length : line.usdPerMonth / usd;
}

function usdPerMonth(
  model: ModeModel,
  { cost }: ModeColumns,
  { lines }: UncertaintyInput,
): UncertaintySection['usdPerMonth'] {
  const factors = cost.groupFactors.map(intervalOf);
  const people = intervalOf(cost.peopleUsdPerMonth);
  return {
    machine: intervalOf(cost.machineUsdPerMonth),
    total: intervalOf(cost.totalUsdPerMonth),
    lines: lines.map((own, index) => {
      const { line, driver } = own;
      const factor = factors[model.cost.groupOfLine[index] ?? -1];
      const interval =
        driver === 'people' || factor === undefined
          ? scaledInterval(people, peopleShare(lines, own))
          : scaledInterval(factor, line.usdPerMonth);
      return { line: line.line, ...interval };
    }),
  };
}

export interface Uncertain {
  readonly section: UncertaintySection;
  readonly usdPerInteraction: PlannedMode['usdPerInteraction'];
  readonly costs: DrawnCosts;
}

/**
 * 10,000 seeded correlated draws of everything that a mode rests on and that is not known exactly: replicas that each
 * tier needs, cost, probability of missing an objective, and what each input alone does. Same input, same section.
 */
export function planUncertainty(input: UncertaintyInput): Uncertain {
  const model = createModeModel(input);
  const correlations = withGiven(input.correlations ?? statedCorrelations(input.context.demand.file));
  const draws = createDraws({ seed: input.seed, count: DRAWS, correlations });
  const inputs = model.inputs.map(({ key, uncertainty }) => drawColumn(draws, key, uncertainty));
  const columns = evaluateMode(model, inputs, DRAWS);
  const { ai, blended, resolved } = columns.cost;
  const aboveMax = aboveMaxColumn(model, columns);
  const tornado = computeTornado(model, input.context);
  const agents = agentsInterval(evaluatePeople(model.people, inputs, DRAWS, input.context));
  return {
    costs: { ai, resolved, aboveMax },
    usdPerInteraction: { ai: intervalOf(ai), blended: intervalOf(blended), resolved: intervalOf(resolved) },
    section: {
      draws: DRAWS,
      inputs: model.inputs.map(describeInput),
      correlations: describeCorrelations(correlations, model.inputs, draws),
      replicas: model.tiers.flatMap((tier, index) => {
        const own = columns.tiers[index];
        return own === undefined ? [] : [tierRow(tier, own)];
      }),
      ...(agents === undefined ? {} : { scheduledAgents: agents }),
      missProbability: missProbability(model, { columns, aboveMax, slos: input.slos }),
      usdPerMonth: usdPerMonth(model, columns, input),
      central: { usdPerInteraction: tornado.central },
      tornado: [...tornado.rows],
    },
  };
}
