import { BusyhourError, createFailure } from '../vocabulary/errors.ts';
import { parseWith } from '../vocabulary/parse.ts';
import { type Slo, sloSchema } from '../vocabulary/slo.ts';

const LATENCY = /^p(\d+(?:\.\d+)?):(\w+)=(-?\d+(?:\.\d+)?)$/;
const ERRORS = /^errors=(-?\d+(?:\.\d+)?)$/;

/**
 * `p95:latencyMs=2000` or `errors=0.01` as an objective; anything else is a usage failure that shows both forms. One of
 * that form that nothing can meet, such as a limit of 0 ms, fails with `impossible`.
 */
export function parseObjective(text: string, impossible: 'USAGE' | 'INVALID_DEMAND' = 'USAGE'): Slo {
  const [latency, errors] = [LATENCY.exec(text), ERRORS.exec(text)];
  const input =
    latency === null
      ? { kind: 'error-ratio', limitRatio: Number(errors?.[1]) }
      : { kind: 'latency', metric: latency[2], percentile: Number(latency[1]), limitMs: Number(latency[3]) };
  const slo = parseWith(sloSchema, input, 'USAGE', `--slo ${text}`);
  if (slo.kind === 'ok') return slo.value;
  const isOfForm = latency !== null || errors !== null;
  const issues = isOfForm ? slo.failure.issues : [];
  const message = `--slo: expected p95:latencyMs=2000 or errors=0.01, got "${text}"`;
  throw new BusyhourError(createFailure(isOfForm ? impossible : 'USAGE', message, { issues }));
}

/**
 * Objectives of a trace replay that names none: answers of a general chat are long, so the first token is judged
 * rather than the whole turn.
 */
export const TRACE_OBJECTIVES: readonly Slo[] = [
  { kind: 'latency', metric: 'timeToFirstTokenMs', percentile: 95, limitMs: 2_000 },
  { kind: 'error-ratio', limitRatio: 0.01 },
];

/** For a repeatable option: commander calls it once for each value. */
export const collectObjectives = (text: string, before: readonly Slo[] = []): readonly Slo[] => [
  ...before,
  parseObjective(text),
];

/** The same where objectives are what a plan is asked for: a figure that cannot be is bad input, as in a demand file. */
export const collectDemandObjectives = (text: string, before: readonly Slo[] = []): readonly Slo[] => [
  ...before,
  parseObjective(text, 'INVALID_DEMAND'),
];
