import type { CostCrossing } from '../../../vocabulary/plan-sections/break-even.ts';
import { DAYS_PER_MONTH } from '../../../vocabulary/units.ts';
import type { CostOption } from './option.ts';

/** Volumes are found to within a thousandth. */
const PRECISION_RATIO = 1.001;

const usdAt = (option: CostOption, perDay: number): number | undefined => {
  const priced = option.priceAt(perDay);
  return priced.kind === 'priced' ? priced.usdPerMonth : undefined;
};

/** Which of two is cheaper; undefined where one of them cannot carry the volume or they cost the same. */
function cheaperAt(a: CostOption, b: CostOption, perDay: number): CostOption | undefined {
  const [usdA, usdB] = [usdAt(a, perDay), usdAt(b, perDay)];
  if (usdA === undefined || usdB === undefined || usdA === usdB) return undefined;
  return usdA < usdB ? a : b;
}

/** The least volume at which `holds` does, between one where it does not and one where it does. */
export function bisectVolume(low: number, high: number, holds: (perDay: number) => boolean): number {
  let [below, above] = [low, high];
  while (above / below > PRECISION_RATIO) {
    const middle = Math.sqrt(below * above);
    if (holds(middle)) above = middle;
    else below = middle;
  }
  return above;
}

/** A change of the cheaper one of two, before it is set beside the others. */
export type PairCrossing = Omit<CostCrossing, 'onEnvelope' | 'sentence'>;

/**
 * Every change of the cheaper of two along the volumes, each to a thousandth. Changes that come and go between two
 * adjacent volumes are not seen.
 */
export function findCrossings(a: CostOption, b: CostOption, volumes: readonly number[]): PairCrossing[] {
  const found: PairCrossing[] = [];
  let before: { readonly cheaper: CostOption; readonly perDay: number } | undefined;
  for (const perDay of volumes) {
    const cheaper = cheaperAt(a, b, perDay);
    if (cheaper === undefined) continue;
    if (before !== undefined && before.cheaper !== cheaper) {
      const at = bisectVolume(before.perDay, perDay, (middle) => cheaperAt(a, b, middle) === cheaper);
      found.push(crossingAt(before.cheaper, cheaper, at));
    }
    before = { cheaper, perDay };
  }
  return found.map((crossing, index) => ({ ...crossing, lasting: index === found.length - 1 }));
}

function crossingAt(below: CostOption, above: CostOption, interactionsPerDay: number): PairCrossing {
  const usd = usdAt(above, interactionsPerDay) ?? 0;
  return {
    cheaperBelow: below.id,
    cheaperAbove: above.id,
    interactionsPerDay,
    usdPerInteraction: usd / (interactionsPerDay * DAYS_PER_MONTH),
    lasting: false,
  };
}
