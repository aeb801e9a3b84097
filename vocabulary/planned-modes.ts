import type { PlanFile, PlannedMode } from './plan-file.ts';

/** The modes of a plan that could be planned, in its order. */
export const plannedModes = (plan: PlanFile): PlannedMode[] =>
  plan.modes.filter((mode): mode is PlannedMode => mode.kind === 'planned');

/** USD of a month without people: the cost lines of every category but theirs. */
export const machineUsdPerMonth = ({ costLines }: PlannedMode): number =>
  costLines.reduce((sum, line) => (line.category === 'people' ? sum : sum + line.usdPerMonth), 0);
