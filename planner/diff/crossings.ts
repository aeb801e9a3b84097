import type { CrossingChange } from '../../vocabulary/plan-diff.ts';
import type { PlanFile } from '../../vocabulary/plan-file.ts';
import type { CostCrossing } from '../../vocabulary/plan-sections/break-even.ts';
import { isChanged, numberChange, pairUp } from './change.ts';

const AMONG = ['modes', 'inference'] as const;

/** Crossings at which the cheapest of all changes for good; none where the plan has no such section. */
const lastingCrossings = ({ breakEven }: PlanFile, among: (typeof AMONG)[number]): CostCrossing[] =>
  (breakEven?.[among].crossings ?? []).filter(({ onEnvelope, lasting }) => onEnvelope && lasting);

/** Break-even volumes that are not the same; nothing where one of the plans was made without them. */
export function changedCrossings(before: PlanFile, after: PlanFile): CrossingChange[] {
  if (before.breakEven === undefined || after.breakEven === undefined) return [];
  return AMONG.flatMap((among) =>
    pairUp(
      lastingCrossings(before, among),
      lastingCrossings(after, among),
      ({ cheaperBelow, cheaperAbove }) => `${cheaperBelow}\n${cheaperAbove}`,
    ).flatMap(({ before: old, after: now }) => {
      const interactionsPerDay = numberChange(old?.interactionsPerDay, now?.interactionsPerDay);
      const crossing = now ?? old;
      if (crossing === undefined || !isChanged(interactionsPerDay)) return [];
      const { cheaperBelow, cheaperAbove } = crossing;
      return [{ among, cheaperBelow, cheaperAbove, interactionsPerDay }];
    }),
  );
}
