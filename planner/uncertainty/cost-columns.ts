import { computeContactUsd } from '../money/interaction.ts';
import { type Column, columnOf, productOf } from './columns.ts';
import type { CostModel, LineGroup } from './cost-model.ts';

/** Money over the draws. */
export interface CostColumns {
  /** By group of lines: its cost against the plan's. Of people the plan's may be 0, so theirs is 0 here. */
  readonly groupFactors: readonly Column[];
  /** Without people. */
  readonly machineUsdPerMonth: Column;
  readonly peopleUsdPerMonth: Column;
  readonly totalUsdPerMonth: Column;
  /** USD per interaction: machine only, with people, per resolved contact. */
  readonly ai: Column;
  readonly blended: Column;
  readonly resolved: Column;
}

/** Replicas that are paid for against the plan's: what is needed, and no more than the mode can have. */
const paidReplicas = (model: CostModel, needed: readonly Column[]): Column[] =>
  needed.map((column, index) => {
    const planned = model.plannedReplicas[index] ?? 0;
    const most = model.maxReplicas[index] ?? Number.POSITIVE_INFINITY;
    return column.map((value) => (planned === 0 ? 0 : Math.min(value, most) / planned));
  });

const times = (column: Column, other: Column): Column =>
  column.map((value, row) => value * (other[row] ?? 0));

interface Growth {
  readonly volume: Column;
  readonly replicas: readonly Column[];
}

/** What a group costs against the plan's: its driver's growth times its own inputs. */
function factorOf(group: LineGroup, growth: Growth, inputs: readonly Column[]): Column {
  const own = productOf(group.terms, inputs, growth.volume.length);
  switch (group.driver) {
    case 'replicas':
      return times(own, growth.replicas[group.tierIndex] ?? own.map(() => 0));
    case 'volume':
      return times(own, growth.volume);
    case 'people':
      return own.map(() => 0);
    case 'fixed':
      return own;
  }
}

function sumOf(model: CostModel, factors: readonly Column[], rows: number): Column {
  const sum = new Float64Array(rows);
  for (const [index, { usdPerMonth }] of model.groups.entries()) {
    const factor = factors[index];
    for (let row = 0; row < rows; row++) sum[row] = (sum[row] ?? 0) + usdPerMonth * (factor?.[row] ?? 0);
  }
  return sum;
}

interface ContactColumns {
  readonly escalated: Column;
  readonly humanUsd: Column;
  readonly repeat: Column;
}

function contactColumns(ai: Column, { escalated, humanUsd, repeat }: ContactColumns) {
  const [blended, resolved] = [new Float64Array(ai.length), new Float64Array(ai.length)];
  for (let row = 0; row < ai.length; row++) {
    const usd = computeContactUsd({
      aiUsd: ai[row] ?? 0,
      escalationRatio: escalated[row] ?? 0,
      humanUsd: humanUsd[row] ?? 0,
      repeatRatio: repeat[row] ?? 0,
    });
    blended[row] = usd.blended;
    resolved[row] = usd.resolved;
  }
  return { ai, blended, resolved };
}

/** Prices the mode for every draw: each tier with the replicas that the draw needs. */
export function evaluateCost(
  model: CostModel,
  needed: readonly Column[],
  inputs: readonly Column[],
  rows: number,
): CostColumns {
  const escalated = columnOf(model.escalation, inputs, rows);
  const humanUsd = columnOf(model.humanUsd, inputs, rows);
  const repeat = columnOf(model.repeat, inputs, rows);
  const volume = productOf(model.volumeTerms, inputs, rows);
  const growth: Growth = { volume, replicas: paidReplicas(model, needed) };
  const groupFactors = model.groups.map((group) => factorOf(group, growth, inputs));
  const machineUsdPerMonth = sumOf(model, groupFactors, rows);
  const interactions = volume.map((factor) => factor * model.interactionsPerMonth);
  const peopleUsdPerMonth = times(interactions, times(escalated, humanUsd));
  const ai = machineUsdPerMonth.map((usd, row) => usd / (interactions[row] ?? 1));
  return {
    groupFactors,
    machineUsdPerMonth,
    peopleUsdPerMonth,
    totalUsdPerMonth: machineUsdPerMonth.map((usd, row) => usd + (peopleUsdPerMonth[row] ?? 0)),
    ...contactColumns(ai, { escalated, humanUsd, repeat }),
  };
}
