import type { SizingContext } from '../../size/context.ts';
import { inputFromFactor } from '../../uncertainty/inputs.ts';
import type { InputFactor } from '../../uncertainty/ranges.ts';
import type { DrawnCost } from './draw-utilisation.ts';

/** Part of a cost, with the uncertain inputs that multiply it. */
export interface UncertainCost {
  readonly usd: number;
  readonly factors: readonly InputFactor[];
}

/** Costs with factors as the draws of a plan know them: values that were seen in place of a range where there are some. */
export const drawnCosts = (parts: readonly UncertainCost[], context: SizingContext): DrawnCost[] =>
  parts.map(({ usd, factors }) => ({
    usd,
    factors: factors.map((factor) => ({ input: inputFromFactor(factor, context), power: factor.power })),
  }));
