import type { TierPlan } from '../../vocabulary/plan-file.ts';
import type { Slo } from '../../vocabulary/slo.ts';
import { DAYS_PER_MONTH } from '../../vocabulary/units.ts';
import type { Uncertain } from '../demand/assumptions.ts';
import type { DrivenLine } from '../money/cost-line.ts';
import type { ModelledTier, SizingContext } from '../size/context.ts';
import type { LoadLimit } from '../size/limits.ts';
import { capacityInputs, gatewayCpuInput } from './capacity-inputs.ts';
import type { Column } from './columns.ts';
import type { RankCorrelation } from './correlation.ts';
import { type CostColumns, evaluateCost } from './cost-columns.ts';
import { type CostModel, groupLines } from './cost-model.ts';
import { type DemandTerms, demandTerms, loadTerms } from './demand-inputs.ts';
import {
  createInputList,
  type DrawnFigure,
  factorFromAssumption,
  type InputList,
  inputFromAssumption,
  inputFromFactor,
  type Term,
  type UncertainInput,
} from './inputs.ts';
import { type DrawnTier, drawnTier, evaluateTier, type TierColumns } from './load-model.ts';
import type { PeopleModel } from './people.ts';

/** A sized and priced mode. */
export interface UncertaintyInput {
  readonly context: SizingContext;
  /** In the order of the mode's tiers, as are `plans`. */
  readonly tiers: readonly ModelledTier[];
  readonly plans: readonly TierPlan[];
  readonly lines: readonly DrivenLine[];
  readonly slos: readonly Slo[];
  readonly seed: number;
  /** Rank correlations in place of the assumed ones. */
  readonly correlations?: readonly RankCorrelation[] | undefined;
}

/** A mode that can be sized and priced again for any values of its inputs. */
export interface ModeModel {
  readonly inputs: readonly UncertainInput[];
  readonly tiers: readonly DrawnTier[];
  readonly cost: CostModel;
  readonly people: PeopleModel;
}

/** Inputs that the load on each limit of a tier is multiplied by. */
function limitTerms(list: InputList, sized: ModelledTier, input: UncertaintyInput) {
  const { measurement } = sized;
  const capacity = measurement === undefined ? [] : capacityInputs(measurement, input.seed);
  const measured = {
    capacity: capacity.flatMap((one) => list.add(one, -1)),
    gatewayCpu: gatewayCpuInput(sized).flatMap((one) => list.add(one)),
    none: [],
  };
  return ({ measuredAs, factors = [] }: LoadLimit): Term[] => [
    ...measured[measuredAs],
    ...factors.flatMap((factor) => list.add(inputFromFactor(factor, input.context), factor.power)),
  ];
}

function drawnFigure(list: InputList, uncertain: Uncertain): DrawnFigure {
  const [term] = list.add(inputFromAssumption(uncertain));
  return { index: term?.index, central: uncertain.value };
}

function costModel(list: InputList, input: UncertaintyInput, demand: DemandTerms): CostModel {
  const { context, tiers, plans, lines } = input;
  const { escalation, humanContactUsd, repeat } = context.assumptions;
  const termsOf = ({ factors, driver, line }: DrivenLine): Term[] => [
    ...factors.flatMap((factor) => list.add(inputFromFactor(factor, context), factor.power)),
    // Minutes of speech are stated for the whole interaction, however many turns it takes.
    ...(driver === 'volume' && line.category !== 'voice' ? demand.turns : []),
  ];
  return {
    ...groupLines(lines, (tier) => tiers.findIndex(({ model }) => model.tier.id === tier), termsOf),
    plannedReplicas: plans.map(({ replicas }) => replicas),
    maxReplicas: tiers.map(({ model }) => model.tier.maxReplicas),
    volumeTerms: demand.volume,
    interactionsPerMonth: context.demand.interactionsPerDay * DAYS_PER_MONTH,
    escalation: drawnFigure(list, escalation),
    humanUsd: drawnFigure(list, humanContactUsd),
    repeat: drawnFigure(list, repeat),
  };
}

const peopleModel = (
  list: InputList,
  { context: { assumptions } }: UncertaintyInput,
  { peak }: DemandTerms,
): PeopleModel => ({
  peak,
  handleTime: list.add(factorFromAssumption(assumptions.handleTime)),
  escalation: drawnFigure(list, assumptions.escalation),
  directToHuman: drawnFigure(list, assumptions.directToHuman),
});

/** Gathers the uncertain inputs of a mode and what each of them moves. */
export function createModeModel(input: UncertaintyInput): ModeModel {
  const { context, tiers, plans, slos } = input;
  const list = createInputList();
  const demand = demandTerms(list, context);
  const drawn = tiers.flatMap((sized, index) => {
    const plan = plans[index];
    if (plan === undefined) return [];
    const own = limitTerms(list, sized, input);
    const termsOf = (limit: LoadLimit): Term[] => [...loadTerms(demand, limit), ...own(limit)];
    return [drawnTier({ sized, plan, objectives: slos.length, termsOf })];
  });
  const cost = costModel(list, input, demand);
  return { inputs: list.inputs, tiers: drawn, cost, people: peopleModel(list, input, demand) };
}

/** A mode over the draws. */
export interface ModeColumns {
  readonly tiers: readonly TierColumns[];
  readonly cost: CostColumns;
}

/** Sizes and prices the mode once per row of its inputs. */
export function evaluateMode(model: ModeModel, inputs: readonly Column[], rows: number): ModeColumns {
  const tiers = model.tiers.map((tier) => evaluateTier(tier, inputs, rows));
  const needed = tiers.map((tier) => tier.needed);
  return { tiers, cost: evaluateCost(model.cost, needed, inputs, rows) };
}
