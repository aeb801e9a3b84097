import { COST_CATEGORIES, type PlannedMode } from '../../vocabulary/plan-file.ts';
import { machineUsdPerMonth } from '../../vocabulary/planned-modes.ts';

const QUANTILES = ['p10', 'p50', 'p90'] as const;
type Quantile = (typeof QUANTILES)[number];

/** A figure of a planned mode that a ceiling can hold. Absent: the plan does not have it. */
interface BudgetFigure {
  readonly unit: string;
  readonly meaning: string;
  /** What may follow its name after a point; any word where `tier`. */
  readonly qualifiers: readonly string[] | 'tier' | 'none';
  readonly read: (mode: PlannedMode, qualifier: string | undefined) => number | undefined;
}

const sumOf = (mode: PlannedMode, category: string | undefined): number =>
  mode.costLines
    .filter((line) => category === undefined || line.category === category)
    .reduce((sum, { usdPerMonth }) => sum + usdPerMonth, 0);

const perInteraction = (view: keyof PlannedMode['usdPerInteraction'], meaning: string): BudgetFigure => ({
  unit: 'USD per interaction',
  meaning,
  qualifiers: QUANTILES,
  read: (mode, quantile) => mode.usdPerInteraction[view][(quantile as Quantile | undefined) ?? 'p50'],
});

const replicasOf = ({ tiers }: PlannedMode, tier: string | undefined): number | undefined =>
  tier === undefined
    ? tiers.reduce((sum, { replicas }) => sum + replicas, 0)
    : tiers.find((each) => each.tier === tier)?.replicas;

/** Every figure of a plan that can have a ceiling or a floor, by the name that a budget uses. */
export const BUDGET_FIGURES = {
  machineUsdPerMonth: {
    unit: 'USD per month',
    meaning: 'all cost lines but people; .p10, .p50 or .p90 over the draws',
    qualifiers: QUANTILES,
    read: (mode, quantile) =>
      quantile === undefined
        ? machineUsdPerMonth(mode)
        : mode.uncertainty?.usdPerMonth.machine[quantile as Quantile],
  },
  usdPerMonth: {
    unit: 'USD per month',
    meaning: 'all cost lines, or those of one category: usdPerMonth.llm',
    qualifiers: COST_CATEGORIES,
    read: sumOf,
  },
  aiUsdPerInteraction: perInteraction('ai', 'the machine; the median, or .p10 or .p90'),
  blendedUsdPerInteraction: perInteraction('blended', 'with escalations to people; the same'),
  resolvedUsdPerInteraction: perInteraction('resolved', 'per contact resolved; the same'),
  replicas: {
    unit: 'replicas',
    meaning: 'all replicas, or those of one tier: replicas.gateway',
    qualifiers: 'tier',
    read: replicasOf,
  },
  turnP95Ms: {
    unit: 'ms',
    meaning: 'predicted latency of a turn at p95',
    qualifiers: 'none',
    read: ({ latency }) => latency.turnP95Ms,
  },
  availabilityRatio: {
    unit: 'ratio',
    meaning: 'predicted availability of the mode',
    qualifiers: 'none',
    read: ({ availabilityRatio }) => availabilityRatio,
  },
  missProbability: {
    unit: 'probability',
    meaning: 'probability that the busy hour misses an objective, or .afterLosses for that of the lost state',
    qualifiers: ['allUp', 'afterLosses'],
    read: ({ uncertainty }, state) =>
      uncertainty?.missProbability[state === 'afterLosses' ? 'afterLosses' : 'allUp'],
  },
  stalePrices: {
    unit: 'prices',
    meaning: 'prices past their shelf life that the mode rests on',
    qualifiers: 'none',
    read: ({ diagnostics }) => diagnostics.filter(({ code }) => code === 'STALE_PRICE').length,
  },
  scheduledAgents: {
    unit: 'agents',
    meaning: 'people on the schedule in the busiest interval',
    qualifiers: 'none',
    read: ({ people }) => people?.busiest.scheduledAgents,
  },
} as const satisfies Record<string, BudgetFigure>;

export type BudgetFigureName = keyof typeof BUDGET_FIGURES;

/** A figure as a ceiling names it: `aiUsdPerInteraction.p90`. */
export interface FigureReference {
  readonly name: BudgetFigureName;
  readonly qualifier: string | undefined;
}

const isKnown = (name: string): name is BudgetFigureName => Object.hasOwn(BUDGET_FIGURES, name);

/** The figure that a name refers to; undefined for an unknown figure or qualifier. */
export function parseFigure(text: string): FigureReference | undefined {
  const [name = '', ...rest] = text.split('.');
  const qualifier = rest.length === 0 ? undefined : rest.join('.');
  if (!isKnown(name)) return undefined;
  const { qualifiers }: BudgetFigure = BUDGET_FIGURES[name];
  if (qualifier === undefined || (qualifiers === 'tier' && qualifier !== '')) return { name, qualifier };
  return qualifiers !== 'none' && qualifiers !== 'tier' && qualifiers.includes(qualifier)
    ? { name, qualifier }
    : undefined;
}

/** The figure of a planned mode; undefined where the plan does not have it. */
export const readFigure = (mode: PlannedMode, { name, qualifier }: FigureReference): number | undefined =>
  (BUDGET_FIGURES[name] as BudgetFigure).read(mode, qualifier);

export const unitOf = ({ name }: FigureReference): string => BUDGET_FIGURES[name].unit;
