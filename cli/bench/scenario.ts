import type { LoadPlan, LoadPlanInput } from '../../scenarios/load.ts';
import { readScenario, type Scenario, type ScenarioInput, withOverrides } from '../../scenarios/scenario.ts';
import { BusyhourError, createFailure, unwrap } from '../../vocabulary/errors.ts';
import { msFromS } from '../../vocabulary/units.ts';
import type { BenchOptions, CurveOptions, SweepOptions, TargetFlags, WorkFlags } from './options.ts';

export const usage = (message: string, hint?: string): BusyhourError =>
  new BusyhourError(createFailure('USAGE', message, hint === undefined ? {} : { hint }));

const spansFrom = ({ warmUpS, durationS }: WorkFlags) => ({
  ...(warmUpS === undefined ? {} : { warmUpMs: msFromS(warmUpS) }),
  ...(durationS === undefined ? {} : { windowMs: msFromS(durationS) }),
});

/** Single requests of fixed length, where asked for. */
function workloadFrom({ inputTokens, outputTokens }: WorkFlags): { workload?: ScenarioInput['workload'] } {
  if (inputTokens === undefined && outputTokens === undefined) return {};
  if (inputTokens === undefined || outputTokens === undefined)
    throw usage('--input-tokens and --output-tokens go together');
  const constant = (value: number) => ({
    distribution: { kind: 'constant' as const, value },
    source: 'the command line',
  });
  return {
    workload: {
      kind: 'requests',
      inputTokens: constant(inputTokens),
      outputTokens: constant(outputTokens),
    },
  };
}

type Flags = TargetFlags & WorkFlags & { readonly args: readonly string[] };

/** The scenario that is named, with what the flags say of work, objectives and load. */
function scenarioWith(options: Flags, loadOf: (load: LoadPlan) => LoadPlanInput | undefined): Scenario {
  const scenario = unwrap(readScenario(options.args[0] ?? 'call-centre'));
  const { slo, maxInFlight } = options;
  return unwrap(
    withOverrides(scenario, {
      ...workloadFrom(options),
      ...(slo === undefined ? {} : { slos: [...slo] }),
      maxInFlight,
      load: loadOf(scenario.load),
    }),
  );
}

const REPEATABLE: ReadonlySet<LoadPlan['kind']> = new Set(['steps', 'closed', 'sweep']);

/** The plan of the scenario with the flags that change it. */
function adjustPlan(load: LoadPlan, options: BenchOptions): LoadPlanInput | undefined {
  const { replications, confidence } = options;
  if (replications !== undefined && !REPEATABLE.has(load.kind))
    throw usage(`--replications: a plan of kind ${load.kind} repeats by itself`);
  if (confidence !== undefined && load.kind !== 'find-capacity')
    throw usage('--confidence: only a plan of kind find-capacity confirms a capacity');
  const changes = {
    ...(replications === undefined ? {} : { replications }),
    ...(confidence === undefined ? {} : { confidence }),
  };
  return Object.keys(changes).length === 0 ? undefined : ({ ...load, ...changes } as LoadPlanInput);
}

/** One step from --rate or --concurrency. */
function quickPlan(options: BenchOptions): LoadPlanInput | undefined {
  const { rate, concurrency, replications } = options;
  if (rate !== undefined && concurrency !== undefined)
    throw usage('--rate is an open loop and --concurrency a closed one: give one of them');
  const often = replications === undefined ? {} : { replications };
  if (rate !== undefined)
    return { kind: 'steps', steps: [{ turnsPerS: rate, ...spansFrom(options) }], ...often };
  return concurrency === undefined
    ? undefined
    : { kind: 'closed', steps: [{ concurrency, ...spansFrom(options) }], ...often };
}

/** The first step of a plan as the load of a comparison. */
function comparisonPlan(load: LoadPlanInput, { blocks }: BenchOptions): LoadPlanInput {
  const often = blocks === undefined ? {} : { blocks };
  switch (load.kind) {
    case 'ab':
      return { ...load, ...often };
    case 'steps':
    case 'closed': {
      const [step] = load.steps;
      const spans = { warmUpMs: step?.warmUpMs, windowMs: step?.windowMs };
      return { kind: 'ab', ...step, ...spans, ...often };
    }
    default:
      throw usage(`a plan of kind ${load.kind} does not compare`, 'Give --rate or --concurrency.');
  }
}

export const isComparison = ({ bUrl, bModel, bScenario }: BenchOptions): boolean =>
  bUrl !== undefined || bModel !== undefined || bScenario !== undefined;

/** The scenario of `busyhour bench`. */
export function benchScenario(options: BenchOptions): Scenario {
  const quick = quickPlan(options);
  if (quick === undefined && (options.durationS !== undefined || options.warmUpS !== undefined))
    throw usage('--duration-s and --warm-up-s belong to --rate, --concurrency or --trace');
  return scenarioWith(options, (load) => {
    const plan = quick ?? adjustPlan(load, options);
    return isComparison(options) ? comparisonPlan(plan ?? load, options) : plan;
  });
}

/** The scenario of side b: its own work, everything else as on side a. */
export function variantScenario(options: BenchOptions, a: Scenario): Scenario | undefined {
  if (options.bScenario === undefined) return undefined;
  const b = unwrap(readScenario(options.bScenario));
  return unwrap(withOverrides(a, { workload: b.workload, protocol: b.protocol }));
}

function rangeFrom({ from, to, points }: SweepOptions) {
  if (from === undefined && to === undefined && points === undefined) return {};
  if (from === undefined || to === undefined) throw usage('--from and --to go together');
  const DEFAULT_POINTS = 6;
  return { range: { from, to, points: points ?? DEFAULT_POINTS } };
}

function valuesFrom(text: string | undefined): { values?: number[] } {
  if (text === undefined) return {};
  const values = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (values.some((value) => !(value > 0) || !Number.isFinite(value)))
    throw usage(`--values: expected numbers above 0 separated by commas, got "${text}"`);
  return { values };
}

/** The scenario of `busyhour sweep`. */
export function sweepScenario(options: SweepOptions): Scenario {
  const { over, stopAfterMisses, replications, values } = options;
  const points = { ...valuesFrom(values), ...rangeFrom(options) };
  if (Object.keys(points).length !== 1) throw usage('give either --values, or --from and --to');
  return scenarioWith(options, () => ({
    kind: 'sweep',
    over,
    ...points,
    ...spansFrom(options),
    ...(stopAfterMisses === undefined ? {} : { stopAfterMisses }),
    ...(replications === undefined ? {} : { replications }),
  }));
}

/** The scenario of `busyhour calibrate`. */
export function calibrateScenario(options: CurveOptions): Scenario {
  const { over, from, to, points } = options;
  return scenarioWith(options, () => ({
    kind: 'calibrate',
    over,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(points === undefined ? {} : { points }),
    ...spansFrom(options),
  }));
}
