import { catalogueOn, cataloguePriceDiagnostics } from '../scenarios/catalogue.ts';
import type { DeploymentMode } from '../scenarios/mode.ts';
import { createDiagnostic, type Diagnostic, sortDiagnostics } from '../vocabulary/diagnostics.ts';
import { createFailure, failed, ok, type Result } from '../vocabulary/errors.ts';
import {
  PLAN_SCHEMA_VERSION,
  type PlanFile,
  type PlanMeasurement,
  type PlannedMode,
  type RefusedMode,
} from '../vocabulary/plan-file.ts';
import type { Slo } from '../vocabulary/slo.ts';
import {
  createMeasure,
  type Measure,
  type Measurement,
  referenceMeasurement,
} from './calibrate/measurements.ts';
import { proposeNextTurnsPerS } from './calibrate/next-loads.ts';
import { type Assumptions, resolveAssumptions } from './demand/assumptions.ts';
import { computeDemand, type Demand } from './demand/demand.ts';
import { overridesFromDemand } from './demand/file-overrides.ts';
import { flattenMode } from './diff/settings.ts';
import { slosBehindLinks } from './latency.ts';
import { planBreakEven } from './money/break-even/plan-break-even.ts';
import { packageVersion } from './package-version.ts';
import { staffingFigures } from './people/figures.ts';
import { inputIssues, type PlanInput, slosOf } from './plan-input.ts';
import { planMode, refusedMode } from './plan-mode.ts';
import { assumptionIssues } from './plausible/assumptions.ts';
import { objectiveIssues } from './plausible/objectives.ts';
import { resultIssues } from './plausible/results.ts';
import { type Planned, planned } from './refusal.ts';
import type { SizingContext } from './size/context.ts';
import { type DrawnCosts, withCheapest } from './uncertainty/cheapest.ts';
import { correlationIssues, unusedCorrelations } from './uncertainty/stated-correlations.ts';
import { undrawnRanges } from './uncertainty/undrawn-ranges.ts';

/** The point table and capacity of a measurement at the plan's objectives, before any link is subtracted. */
function planMeasurement({ result, curve }: Measurement): PlanMeasurement {
  const { capacity } = curve;
  const nextTurnsPerS = proposeNextTurnsPerS(curve);
  return {
    runId: result.runId,
    target: result.target.name,
    engine: result.target.engine,
    simulated: result.target.simulated,
    ...(capacity.kind === 'refused'
      ? { refusal: capacity.reason }
      : { capacityTurnsPerS: capacity.turnsPerS }),
    ...(nextTurnsPerS.length === 0 ? {} : { nextTurnsPerS: [...nextTurnsPerS] }),
    points: curve.points.map((point) => ({
      turnsPerS: point.turnsPerS,
      goodputPerS: point.goodputPerS,
      ...(point.p50Ms === undefined ? {} : { p50Ms: point.p50Ms }),
      ...(point.p95Ms === undefined ? {} : { p95Ms: point.p95Ms }),
      ...(point.p99Ms === undefined ? {} : { p99Ms: point.p99Ms }),
      errorRatio: point.errorRatio,
      requests: point.requests,
      verdict: point.verdict,
    })),
  };
}

interface Prepared {
  readonly input: PlanInput;
  readonly slos: readonly Slo[];
  readonly assumptions: Assumptions;
  readonly demand: Demand;
  readonly measure: Measure;
}

/** What sizing one mode may read, its measurements calibrated at what its links leave of the objectives. */
function contextOf(mode: DeploymentMode, prepared: Prepared): Planned<SizingContext> {
  const { input, slos, assumptions, demand } = prepared;
  const behindLinks = slosBehindLinks(slos, mode);
  if (behindLinks.kind === 'refused') return behindLinks;
  const measurements = prepared.measure(behindLinks.value);
  const reference = referenceMeasurement(measurements);
  if (reference === undefined) throw new Error('a plan without results passed its input check');
  const catalogue = catalogueOn(input.catalogue, input.nowUnixMs);
  return planned({ mode, demand, assumptions, catalogue, measurements, reference });
}

interface ModePlans {
  readonly modes: (PlannedMode | RefusedMode)[];
  /** Of the modes that could be planned. */
  readonly contexts: SizingContext[];
}

function planEach(prepared: Prepared): ModePlans {
  const { input, slos } = prepared;
  const { seed, nowUnixMs } = input;
  const contexts: SizingContext[] = [];
  const drawn = new Map<string, DrawnCosts>();
  const modes = input.modes.map((mode) => {
    const context = contextOf(mode, prepared);
    if (context.kind === 'refused') return refusedMode(mode, [context]);
    const onDrawn = (id: string, costs: DrawnCosts) => drawn.set(id, costs);
    const plan = planMode({ context: context.value, slos, seed, nowUnixMs, onDrawn });
    if (plan.kind === 'planned') contexts.push(context.value);
    return plan;
  });
  return { modes: withCheapest(modes, drawn), contexts };
}

function planDiagnostics(prepared: Prepared, measurements: readonly Measurement[]): Diagnostic[] {
  const { input, assumptions, demand } = prepared;
  const ids = [...demand.figures, ...staffingFigures(demand, assumptions)]
    .filter(({ basis }) => basis === 'assumed')
    .map(({ name }) => name);
  const flagged = measurements.flatMap(({ result, curve }) => [
    ...curve.diagnostics,
    ...result.diagnostics.filter(({ code }) => code === 'SHARED_MACHINE' || code === 'INTERRUPTED'),
  ]);
  return [
    ...demand.diagnostics,
    ...flagged,
    ...cataloguePriceDiagnostics(input.catalogue, assumptions.entryIds, input.nowUnixMs),
    createDiagnostic('ASSUMED_INPUT', `assumed, not measured: ${[...new Set(ids)].join(', ')}`, 'demand'),
  ];
}

function allRefused(modes: readonly (PlannedMode | RefusedMode)[]): Result<never> {
  const issues = modes.flatMap((mode) =>
    mode.kind === 'refused'
      ? [{ path: mode.mode, expected: 'a feasible plan', got: mode.reason, fix: mode.liftedBy }]
      : [],
  );
  return { kind: 'failed', failure: createFailure('NO_FEASIBLE_PLAN', 'every mode was refused', { issues }) };
}

function planFile(
  prepared: Prepared,
  measurements: readonly Measurement[],
  modes: PlanFile['modes'],
): PlanFile {
  const { input, slos, assumptions, demand } = prepared;
  return {
    kind: 'busyhour-plan',
    schemaVersion: PLAN_SCHEMA_VERSION,
    tool: { name: 'busyhour', version: input.toolVersion ?? packageVersion() },
    createdAtUnixMs: input.nowUnixMs,
    seed: input.seed,
    demand: {
      interactionsPerDay: demand.interactionsPerDay,
      busyHourInteractionsPerS: demand.busyHourInteractionsPerS,
      busyHourTurnsPerS: demand.busyHourTurnsPerS,
      busyHourTurnsInFlight: demand.turnsInFlight,
      busyHourOpenInteractions: demand.openInteractions,
      figures: [...demand.figures, ...staffingFigures(demand, assumptions)],
    },
    slos: [...slos],
    measurements: measurements.map(planMeasurement),
    modes,
    diagnostics: sortDiagnostics([
      ...planDiagnostics(prepared, measurements),
      ...unusedCorrelations(input.demand, modes),
      ...undrawnRanges(input.demand),
    ]),
    inputs: { modeSettings: Object.fromEntries(input.modes.map((mode) => [mode.id, flattenMode(mode)])) },
  };
}

/**
 * From measurements, demand, objectives and prices to instances and cost per interaction in every mode. A mode that
 * cannot be planned is an entry with its reason; when all are refused, NO_FEASIBLE_PLAN. Same input, same plan.
 */
export function planModes(input: PlanInput): Result<PlanFile> {
  const { slos, issues: sloIssues } = slosOf(input);
  const issues = [
    ...inputIssues(input),
    ...sloIssues,
    ...correlationIssues(input.demand),
    ...objectiveIssues(slos),
    ...resultIssues(input.results),
  ];
  if (issues.length > 0) {
    return { kind: 'failed', failure: createFailure('INVALID_DEMAND', 'the plan cannot start', { issues }) };
  }
  const overrides = { ...overridesFromDemand(input.demand), ...input.overrides };
  const assumptions = resolveAssumptions(input.catalogue, overrides);
  if (assumptions.kind === 'failed') return assumptions;
  const absurd = assumptionIssues(assumptions.value);
  if (absurd.length > 0) {
    return failed('INVALID_DEMAND', 'the plan rests on figures that cannot be meant', { issues: absurd });
  }
  const measure = createMeasure(input.results);
  const measurements = measure(slos);
  const reference = referenceMeasurement(measurements);
  if (reference === undefined) throw new Error('a plan without results passed its input check');
  const demand = computeDemand({
    interactionsPerDay: input.interactionsPerDay,
    reference: reference.result,
    curve: reference.curve,
    assumptions: assumptions.value,
    file: input.demand,
  });
  if (demand.kind === 'failed') return demand;
  const prepared = { input, slos, assumptions: assumptions.value, demand: demand.value, measure };
  const { modes, contexts } = planEach(prepared);
  if (modes.every(({ kind }) => kind === 'refused')) return allRefused(modes);
  const breakEven = planBreakEven(contexts, input);
  const file = planFile(prepared, measurements, modes);
  return ok(breakEven === undefined ? file : { ...file, breakEven });
}
