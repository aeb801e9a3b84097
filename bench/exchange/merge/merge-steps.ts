import { onGridMs } from '../../../vocabulary/exact-sum.ts';
import { LatencyHistogram } from '../../../vocabulary/histogram.ts';
import { decodeInFlight, encodeInFlight } from '../../../vocabulary/in-flight-changes.ts';
import type { HistogramMetricId } from '../../../vocabulary/metrics.ts';
import { emptyOutcomeCounts, mergeOutcomeCounts } from '../../../vocabulary/outcomes.ts';
import type { GeneratorUse, ResultStep } from '../../../vocabulary/result-file.ts';
import { MS_PER_S } from '../../../vocabulary/units.ts';
import { InFlightLog } from '../../observe/in-flight.ts';
import { type LoadPart, mergeLoads } from './merge-loads.ts';

const sumOf = (steps: readonly ResultStep[], of: (step: ResultStep) => number): number =>
  steps.reduce((sum, step) => sum + of(step), 0);

function mergeHistograms(steps: readonly ResultStep[]): ResultStep['histograms'] {
  const merged = new Map<string, LatencyHistogram>();
  for (const { histograms } of steps) {
    for (const [metric, encoded] of Object.entries(histograms)) {
      const into = merged.get(metric) ?? new LatencyHistogram();
      into.add(LatencyHistogram.decode(encoded));
      merged.set(metric, into);
    }
  }
  return Object.fromEntries(
    [...merged].map(([metric, histogram]) => [metric as HistogramMetricId, histogram.encode()]),
  );
}

/** All shards watch the same processes, so their readings are not added: those of the first that has them stand. */
const serverOf = (steps: readonly ResultStep[]): { server?: NonNullable<ResultStep['server']> } => {
  const server = steps.find((step) => step.server !== undefined)?.server;
  return server === undefined ? {} : { server };
};

const added = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const largest = (values: readonly number[]): number => Math.max(...values);

/** How a figure of several generators becomes one: what they use adds up, the busiest loop is the one that matters. */
const GENERATOR_FIGURES = {
  cpuCores: added,
  eventLoopUtilisation: largest,
  eventLoopDelayP99Ms: largest,
  gcPauseTotalMs: added,
  maxRssBytes: added,
} as const satisfies Record<keyof GeneratorUse, (values: readonly number[]) => number>;

/** All generators together. What one of them did not report is absent: a sum without it would be too small. */
function mergeGenerators(steps: readonly ResultStep[]): { generator?: GeneratorUse } {
  const figures = Object.entries(GENERATOR_FIGURES).flatMap(([key, merge]) => {
    const values = steps.flatMap(({ generator }) => generator?.[key as keyof GeneratorUse] ?? []);
    return values.length < steps.length ? [] : [[key, merge(values)] as const];
  });
  const { cpuCores, maxRssBytes, ...rest }: Partial<GeneratorUse> = Object.fromEntries(figures);
  return cpuCores === undefined || maxRssBytes === undefined
    ? {}
    : { generator: { cpuCores, maxRssBytes, ...rest } };
}

/** Every request's instants, of all steps. Callers have checked that each step has its changes. */
function allInstants(steps: readonly ResultStep[]): { readonly sent: number[]; readonly ended: number[] } {
  const sent: number[] = [];
  const ended: number[] = [];
  for (const { inFlightChanges } of steps) {
    if (inFlightChanges === undefined) continue;
    const { sentAtMs, endedAtMs } = decodeInFlight(inFlightChanges);
    for (const atMs of sentAtMs) sent.push(atMs);
    for (const atMs of endedAtMs) ended.push(atMs);
  }
  return { sent, ended };
}

type Second = ResultStep['timeline'][number];

/** An optional sum of a second: there when every part has it. */
function optionalSum<Key extends 'latencySumMs' | 'good'>(seconds: readonly Second[], key: Key) {
  const values = seconds.map((second) => second[key]).filter((value) => value !== undefined);
  if (values.length < seconds.length) return {};
  return { [key]: values.reduce((sum, value) => sum + value, 0) };
}

function mergeTimelines(steps: readonly ResultStep[], maxima: readonly number[]): ResultStep['timeline'] {
  const [first] = steps;
  return (first?.timeline ?? []).map(({ atMs }, i) => {
    const seconds = steps.flatMap(({ timeline }) => timeline[i] ?? []);
    const sum = (of: (second: Second) => number) => seconds.reduce((total, second) => total + of(second), 0);
    return {
      atMs: Math.min(...seconds.map((second) => second.atMs), atMs),
      offered: sum(({ offered }) => offered),
      completed: sum(({ completed }) => completed),
      unsuccessful: sum(({ unsuccessful }) => unsuccessful),
      ...optionalSum(seconds, 'good'),
      ...optionalSum(seconds, 'latencySumMs'),
      maxInFlight: maxima[i] ?? 0,
    };
  });
}

function mergeTokens(steps: readonly ResultStep[]): ResultStep['tokens'] {
  const sum = (key: keyof ResultStep['tokens']): number => sumOf(steps, ({ tokens }) => tokens[key]);
  return {
    input: sum('input'),
    cachedInput: sum('cachedInput'),
    output: sum('output'),
    requestsWithUsage: sum('requestsWithUsage'),
    requestsCounted: sum('requestsCounted'),
  };
}

/** One step as some of the shards measured it. */
export interface StepPart {
  readonly step: ResultStep;
  /** How many shards are in it: more than one where they were merged before. */
  readonly shards: number;
}

/** Of which whole the parts are, and whether more of them may come. */
export interface MergeStepOptions {
  /** How many generators shared the schedule. */
  readonly count: number;
  /** Keep what a later merge needs. */
  readonly keepChanges: boolean;
}

type Parts = readonly [StepPart, ...StepPart[]];

const loadPart = ({ step, shards }: StepPart): LoadPart => ({ load: step.load, shards });

function readInFlight(steps: readonly ResultStep[], windowMs: number, keepChanges: boolean) {
  const { sent, ended } = allInstants(steps);
  const log = new InFlightLog(0, MS_PER_S);
  for (const [i, atMs] of sent.entries()) log.add(atMs, ended[i] ?? atMs);
  const { maxima, mean } = log.read(onGridMs(windowMs));
  return {
    maxima,
    inFlight: { mean, max: maxima.reduce((max, ofSecond) => Math.max(max, ofSecond), 0) },
    kept: keepChanges ? { inFlightChanges: encodeInFlight(sent, ended) } : {},
  };
}

/**
 * One step from the same step of several shards: counts, sums and histograms add; requests in flight are counted anew
 * from every request's instants. Neither the order of the parts nor how they were grouped before matters.
 */
export function mergeSteps(parts: Parts, { count, keepChanges }: MergeStepOptions): ResultStep {
  const steps = parts.map(({ step }) => step);
  const [{ step: first }] = parts;
  const { maxima, inFlight, kept } = readInFlight(steps, first.windowMs, keepChanges);
  const interactions = (key: keyof ResultStep['interactions']): number =>
    sumOf(steps, (step) => step.interactions[key]);
  const { inFlightChanges: _own, server: _server, generator: _generator, ...rest } = first;
  return {
    ...rest,
    load: mergeLoads([loadPart(parts[0]), ...parts.slice(1).map(loadPart)], count),
    startedAtMs: Math.min(...steps.map(({ startedAtMs }) => startedAtMs)),
    counts: steps.map(({ counts }) => counts).reduce(mergeOutcomeCounts, emptyOutcomeCounts()),
    goodRequests: sumOf(steps, ({ goodRequests }) => goodRequests),
    interactions: {
      started: interactions('started'),
      completed: interactions('completed'),
      abandoned: interactions('abandoned'),
    },
    inFlight,
    histograms: mergeHistograms(steps),
    tokens: mergeTokens(steps),
    ...serverOf(steps),
    ...mergeGenerators(steps),
    timeline: mergeTimelines(steps, maxima),
    ...kept,
  };
}
