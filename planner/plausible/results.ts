import type { Issue } from '../../vocabulary/errors.ts';
import type { ResultFile, ResultStep } from '../../vocabulary/result-file.ts';
import { msFromS, S_PER_DAY } from '../../vocabulary/units.ts';
import { type Bounds, boundsWords, isWithin } from './bounds.ts';

/** A figure of a result, where it stands, and what it can be. */
interface Checked {
  readonly path: string;
  readonly value: number;
  readonly bounds: Bounds;
}

const DAY_MS = msFromS(S_PER_DAY);
const RATE: Bounds = { min: 0, max: 1e9 };
const TOKENS: Bounds = { min: 0, max: 1e7 };
const COUNT: Bounds = { min: 0, max: 1e12 };
/** A month: a longer step is a mistake of unit. */
const WINDOW: Bounds = { min: 1, max: 31 * DAY_MS };
const CORES: Bounds = { min: 0, max: 100_000 };

function stepFigures(step: ResultStep, at: string): Checked[] {
  const { windowMs, counts, tokens, server, inFlight } = step;
  const gauges = Object.entries(server?.gauges ?? {}).flatMap(([name, { mean, max }]) =>
    [mean, max].map((value) => ({ path: `${at}.server.gauges.${name}`, value, bounds: COUNT })),
  );
  const cores = (server?.resources ?? []).map(({ cpuCores }, index) => ({
    path: `${at}.server.resources[${index}].cpuCores`,
    value: cpuCores,
    bounds: CORES,
  }));
  const stages = Object.entries(server?.stages ?? {}).map(([name, { sumMs }]) => ({
    path: `${at}.server.stages.${name}.sumMs`,
    value: sumMs,
    bounds: { min: 0, max: COUNT.max * DAY_MS },
  }));
  return [
    { path: `${at}.windowMs`, value: windowMs, bounds: WINDOW },
    { path: `${at}.counts.offered`, value: counts.offered, bounds: COUNT },
    { path: `${at}.inFlight.mean`, value: inFlight.mean, bounds: COUNT },
    ...(['input', 'cachedInput', 'output'] as const).map((kind) => ({
      path: `${at}.tokens.${kind}`,
      value: tokens[kind],
      bounds: { min: 0, max: TOKENS.max * Math.max(1, counts.offered) },
    })),
    ...gauges,
    ...cores,
    ...stages,
  ];
}

function figuresOf(result: ResultFile, at: string): Checked[] {
  const { shape, target, trace, steps } = result;
  const traced: Checked[] =
    trace === undefined
      ? []
      : [
          {
            path: `${at}.trace.meanRequestsPerS`,
            value: trace.meanRequestsPerS,
            bounds: { ...RATE, min: 1e-9 },
          },
          { path: `${at}.trace.busiest60SRequestsPerS`, value: trace.busiest60SRequestsPerS, bounds: RATE },
          { path: `${at}.trace.gapCv`, value: trace.gapCv, bounds: { min: 0, max: 1e6 } },
          { path: `${at}.trace.meanInputTokens`, value: trace.meanInputTokens, bounds: TOKENS },
          { path: `${at}.trace.meanOutputTokens`, value: trace.meanOutputTokens, bounds: TOKENS },
        ];
  return [
    {
      path: `${at}.shape.meanTurnsPerInteraction`,
      value: shape.meanTurnsPerInteraction,
      bounds: { min: 0.001, max: 10_000 },
    },
    { path: `${at}.shape.meanThinkTimeMs`, value: shape.meanThinkTimeMs, bounds: { min: 0, max: DAY_MS } },
    { path: `${at}.target.replicas`, value: target.replicas, bounds: { min: 1, max: 1_000_000 } },
    ...traced,
    ...steps.flatMap((step, index) => stepFigures(step, `${at}.steps[${index}]`)),
  ];
}

/** Figures of results that no run can have measured. Empty when all could. */
export const resultIssues = (results: readonly ResultFile[]): Issue[] =>
  results.flatMap((result) =>
    figuresOf(result, `results ${result.runId}`)
      .filter(({ value, bounds }) => !isWithin(value, bounds))
      .map(({ path, value, bounds }) => ({
        path,
        expected: `a figure ${boundsWords(bounds)}`,
        got: String(value),
        fix: 'measure again: the file was changed by hand, or by another tool with other units',
      })),
  );
