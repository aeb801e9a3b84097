import type { LineChange, MoneyChange, MoneyEffects } from '../../vocabulary/plan-diff.ts';
import type { CostLine, PlannedMode } from '../../vocabulary/plan-file.ts';
import { machineUsdPerMonth } from '../../vocabulary/planned-modes.ts';
import { differs, numberChange, type Pair, pairInOrder, wordsChange } from './change.ts';

/** A line of both plans: `purchase over 5 years` and `purchase over 6 years` are one. */
const lineKey = ({ category, line, unit }: CostLine): string =>
  `${category}\n${line.replaceAll(/\d+(\.\d+)?/g, '#')}\n${unit}`;

const NOTHING: MoneyEffects = { quantityUsd: 0, priceUsd: 0, addedUsd: 0, removedUsd: 0 };

/** A month of a line is quantity × price, so the two parts add up to its change exactly. */
function effectsOf({ before, after }: Pair<CostLine>): MoneyEffects {
  if (before === undefined) return { ...NOTHING, addedUsd: after?.usdPerMonth ?? 0 };
  if (after === undefined) return { ...NOTHING, removedUsd: -before.usdPerMonth };
  const meanPriceUsd = (before.unitPriceUsd + after.unitPriceUsd) / 2;
  const quantityUsd = (after.quantity - before.quantity) * meanPriceUsd;
  const changeUsd = after.usdPerMonth - before.usdPerMonth;
  return { ...NOTHING, quantityUsd, priceUsd: changeUsd - quantityUsd };
}

const sumEffects = (pairs: readonly Pair<CostLine>[]): MoneyEffects =>
  pairs.map(effectsOf).reduce(
    (sum, each) => ({
      quantityUsd: sum.quantityUsd + each.quantityUsd,
      priceUsd: sum.priceUsd + each.priceUsd,
      addedUsd: sum.addedUsd + each.addedUsd,
      removedUsd: sum.removedUsd + each.removedUsd,
    }),
    NOTHING,
  );

const isSameLine = ({ before, after }: Pair<CostLine>): boolean =>
  !differs(before?.usdPerMonth, after?.usdPerMonth) &&
  !differs(before?.unitPriceUsd, after?.unitPriceUsd) &&
  !differs(before?.quantity, after?.quantity);

function lineChange(pair: Pair<CostLine>): LineChange[] {
  const { before, after } = pair;
  const line = after ?? before;
  if (line === undefined || isSameLine(pair)) return [];
  const restsOf = (each: CostLine | undefined): string | undefined =>
    each === undefined ? undefined : [each.source, each.date].filter((part) => part !== undefined).join(', ');
  const isSameSource = before !== undefined && after !== undefined && restsOf(before) === restsOf(after);
  return [
    {
      line: line.line,
      category: line.category,
      ...(line.tier === undefined ? {} : { tier: line.tier }),
      unit: line.unit,
      usdPerMonth: numberChange(before?.usdPerMonth, after?.usdPerMonth),
      quantity: numberChange(before?.quantity, after?.quantity),
      unitPriceUsd: numberChange(before?.unitPriceUsd, after?.unitPriceUsd),
      source: isSameSource ? {} : wordsChange(restsOf(before), restsOf(after)),
    },
  ];
}

const isMachine = ({ category }: CostLine): boolean => category !== 'people';

const sizeOf = ({ usdPerMonth: { before = 0, after = 0 } }: LineChange): number => Math.abs(after - before);

/** What the month costs in both plans, which lines moved it, and how much of that was quantity and how much price. */
export function changedMoney(before: PlannedMode, after: PlannedMode): MoneyChange {
  const pairs = pairInOrder(before.costLines, after.costLines, lineKey);
  const [old, now] = [before.usdPerInteraction, after.usdPerInteraction];
  return {
    usdPerMonth: numberChange(before.usdPerMonth, after.usdPerMonth),
    machineUsdPerMonth: numberChange(machineUsdPerMonth(before), machineUsdPerMonth(after)),
    effects: sumEffects(pairs),
    machineEffects: sumEffects(
      pairs.filter((pair) =>
        [pair.before, pair.after].every((line) => line === undefined || isMachine(line)),
      ),
    ),
    aiUsdPerInteraction: numberChange(old.ai.p50, now.ai.p50),
    aiP90UsdPerInteraction: numberChange(old.ai.p90, now.ai.p90),
    blendedUsdPerInteraction: numberChange(old.blended.p50, now.blended.p50),
    resolvedUsdPerInteraction: numberChange(old.resolved.p50, now.resolved.p50),
    lines: pairs.flatMap(lineChange).sort((a, b) => sizeOf(b) - sizeOf(a)),
  };
}
