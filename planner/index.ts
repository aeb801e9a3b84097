/**
 * Planning as a library: read what was measured, say what is asked, get a plan or a refusal as a value. Nothing here
 * prints, leaves the process or asks for the time; examples/plan-in-code.ts is a whole program.
 */
export { type Catalogue, readCatalogue } from '../scenarios/catalogue.ts';
export { type DemandFile, parseDemand, readDemandFile } from '../scenarios/demand.ts';
export {
  builtInModeNames,
  type DeploymentMode,
  parseMode,
  readAllModes,
  readMode,
} from '../scenarios/mode.ts';
export type { Diagnostic } from '../vocabulary/diagnostics.ts';
export { type Failure, formatFailure, type Issue, type Result, unwrap } from '../vocabulary/errors.ts';
export type { PlanDiff } from '../vocabulary/plan-diff.ts';
export {
  type CostLine,
  type Interval,
  type PlanFile,
  type PlannedMode,
  parsePlanFile,
  type RefusedMode,
  readPlanFile,
  type Sourced,
  type TierPlan,
  writePlanFile,
} from '../vocabulary/plan-file.ts';
export {
  type BudgetSection,
  type BudgetVerdict,
  isWithinBudget,
} from '../vocabulary/plan-sections/budget.ts';
export { parseResultFile, type ResultFile, readResultFile } from '../vocabulary/result-file.ts';
export type { Slo } from '../vocabulary/slo.ts';
export {
  type Ceiling,
  type CeilingBound,
  type PlanBudget,
  parseCeiling,
  readPlanBudget,
} from './budget/ceilings.ts';
export { BUDGET_FIGURES, type BudgetFigureName } from './budget/figures.ts';
export { judgeBudget } from './budget/judge.ts';
export {
  calibrateAdaptively,
  chooseNextConcurrency,
  type NextLoadInput,
  startingConcurrencies,
} from './calibrate/adaptive.ts';
export type { ServingCurve } from './calibrate/closed-loop-curve.ts';
export { computeDerate, type PredictedRate } from './calibrate/conformal.ts';
export type { ServingPoint } from './calibrate/saturation.ts';
export {
  findServingCapacity,
  type ServingCapacity,
  type ServingLimits,
} from './calibrate/serving-capacity.ts';
export { type CalibrationPoint, calibrateServing } from './calibrate/serving-gates.ts';
export { fitUsl, type ThroughputPoint, type UslFit } from './calibrate/usl.ts';
export type { PlanOverrides } from './demand/assumptions.ts';
export { diffPlans, type NamedPlan } from './diff/diff-plans.ts';
export { FOCUS_COLUMNS, type FocusRow, focusRows } from './money/focus.ts';
export {
  computeInteractionCost,
  type InteractionCall,
  type InteractionCost,
  type InteractionCostInput,
} from './money/interaction-cost.ts';
export type { PlanInput } from './plan-input.ts';
export { PLAN_INPUTS_NAME, readPlanInputs, writePlanInputs } from './plan-inputs-file.ts';
export { planModes } from './plan-modes.ts';
export {
  estimateAllenCunneenWait,
  estimateHayward,
  type GeneralQueue,
  sizeSquareRootStaffing,
} from './queueing/approximations.ts';
export {
  computeErlangB,
  computeErlangC,
  computeLoadForBlocking,
  computeLoadForServiceLevel,
  computeMeanWait,
  computeServersForBlocking,
  computeServersForServiceLevel,
  computeServiceLevel,
} from './queueing/erlang.ts';
export { computeErlangA, computeErlangAServiceLevel, type ImpatientQueue } from './queueing/erlang-a.ts';
export { computeInteractiveRatePerS, computePopulation } from './queueing/little.ts';
export type { ArrivalProcess } from './simulate/arrivals.ts';
export { estimateWaiting, type WaitingEstimate } from './simulate/estimate-waiting.ts';
export { fitArrivals, type ObservedArrivals } from './simulate/fit-arrivals.ts';
export { type PooledCapacity, type PooledDemand, predictPooledCapacity } from './simulate/pooled-capacity.ts';
export { type ServiceTimes, simulateWaiting, type WaitingQueue } from './simulate/simulate-waiting.ts';
