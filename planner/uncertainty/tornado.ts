import type { TornadoRow } from '../../vocabulary/plan-sections/uncertainty.ts';
import type { SizingContext } from '../size/context.ts';
import { type Column, constantColumn } from './columns.ts';
import { computeQuantile } from './distribution.ts';
import type { UncertainInput } from './inputs.ts';
import { evaluateMode, type ModeColumns, type ModeModel } from './mode-model.ts';
import { type AgentColumns, evaluatePeople } from './people.ts';

const P10 = 0.1;
const P90 = 0.9;
/** The first row of the table is the plan itself. */
const CENTRAL_ROW = 0;
const rowAtP10 = (input: number): number => 1 + 2 * input;
const rowAtP90 = (input: number): number => 2 + 2 * input;

/** One row with every input at the plan's value, then two for each input: it alone at its P10 and at its P90. */
function oneAtATime(inputs: readonly UncertainInput[]): Column[] {
  const rows = 1 + 2 * inputs.length;
  return inputs.map(({ central, uncertainty }, index) => {
    const column = constantColumn(rows, central);
    column[rowAtP10(index)] = computeQuantile(uncertainty, P10);
    column[rowAtP90(index)] = computeQuantile(uncertainty, P90);
    return column;
  });
}

export interface Tornado {
  readonly central: { readonly ai: number; readonly blended: number; readonly resolved: number };
  readonly rows: readonly TornadoRow[];
}

const usdAt = ({ cost }: ModeColumns, row: number) => ({
  ai: cost.ai[row] ?? 0,
  blended: cost.blended[row] ?? 0,
  resolved: cost.resolved[row] ?? 0,
});

interface Evaluated {
  readonly model: ModeModel;
  readonly columns: ModeColumns;
  readonly people: AgentColumns;
}

/** Agents at both ends, where the input moves the contacts or their length. */
function agentEnds({ contactsPerS, agentsFor }: AgentColumns, low: number, high: number) {
  const [atLow = 0, atHigh = 0] = [contactsPerS[low], contactsPerS[high]];
  return atLow === atHigh ? {} : { scheduledAgents: { atP10: agentsFor(atLow), atP90: agentsFor(atHigh) } };
}

function tornadoRow({ model, columns, people }: Evaluated, index: number): TornadoRow[] {
  const input = model.inputs[index];
  if (input === undefined) return [];
  const [low, high] = [rowAtP10(index), rowAtP90(index)];
  const ends = (column: Column) => ({ atP10: column[low] ?? 0, atP90: column[high] ?? 0 });
  const { ai, blended, resolved } = columns.cost;
  const replicas = columns.tiers.flatMap(({ needed }, tierIndex) => {
    const own = { tier: model.tiers[tierIndex]?.plan.tier ?? '', ...ends(needed) };
    return own.atP10 === own.atP90 ? [] : [own];
  });
  const usdPerInteraction = { ai: ends(ai), blended: ends(blended), resolved: ends(resolved) };
  return [
    {
      input: input.key,
      label: input.label,
      unit: input.unit,
      p10: computeQuantile(input.uncertainty, P10) * input.scale,
      p90: computeQuantile(input.uncertainty, P90) * input.scale,
      usdPerInteraction,
      replicas,
      ...agentEnds(people, low, high),
      swingUsdPerResolved: Math.abs(usdPerInteraction.resolved.atP90 - usdPerInteraction.resolved.atP10),
    },
  ];
}

/**
 * What each input alone does to cost and replicas between its P10 and its P90, every other one at the plan's value
 * (correlations are left out). Largest swing of the cost per resolved contact first.
 */
export function computeTornado(model: ModeModel, context: SizingContext): Tornado {
  const inputs = oneAtATime(model.inputs);
  const count = 1 + 2 * model.inputs.length;
  const columns = evaluateMode(model, inputs, count);
  const people = evaluatePeople(model.people, inputs, count, context);
  const rows = model.inputs.flatMap((_, index) => tornadoRow({ model, columns, people }, index));
  return {
    central: usdAt(columns, CENTRAL_ROW),
    rows: rows.sort((a, b) => b.swingUsdPerResolved - a.swingUsdPerResolved),
  };
}
