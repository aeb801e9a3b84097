import { z } from 'zod';
import type { Result } from '../../../vocabulary/errors.ts';
import { parseWith, parseYaml, readText } from '../../../vocabulary/parse.ts';

const figures = z.record(z.string(), z.unknown());

/**
 * `--summary-export` puts the figures of a metric beside each other; what a script's handleSummary gets has them under
 * `values`. Both have thresholds.
 */
const summarySchema = z.object({
  metrics: z.record(z.string(), figures),
  state: z.object({ testRunDurationMs: z.number().optional() }).optional(),
});

export interface K6Summary {
  /** Keyed by metric, then by figure: `avg`, `med`, `p(95)`, `count`, `rate`. */
  readonly metrics: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Thresholds that were crossed: `busyhour_wire_latency_ms{scenario:step_1}: p(95)<=100`. */
  readonly crossed: readonly string[];
  readonly durationMs?: number;
}

const onlyNumbers = (values: Readonly<Record<string, unknown>>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );

/** In an export `true` means crossed; in handleSummary's data `{ ok: false }` does. */
function crossedOf(metric: string, thresholds: unknown): string[] {
  if (thresholds === null || typeof thresholds !== 'object') return [];
  return Object.entries(thresholds).flatMap(([expression, outcome]) => {
    const isCrossed = outcome === true || (outcome as { ok?: unknown } | null)?.ok === false;
    return isCrossed ? [`${metric}: ${expression}`] : [];
  });
}

/** Parses the JSON summary of k6, of either kind. */
export function parseK6Summary(text: string, what: string): Result<K6Summary> {
  const value = parseYaml(text, 'INVALID_IMPORT', what);
  if (value.kind === 'failed') return value;
  const parsed = parseWith(summarySchema, value.value, 'INVALID_IMPORT', what);
  if (parsed.kind === 'failed') return parsed;
  const { metrics, state } = parsed.value;
  const entries = Object.entries(metrics);
  return {
    kind: 'ok',
    value: {
      metrics: Object.fromEntries(
        entries.map(([name, metric]) => [
          name,
          onlyNumbers((metric.values as Record<string, unknown> | undefined) ?? metric),
        ]),
      ),
      crossed: entries.flatMap(([name, metric]) => crossedOf(name, metric.thresholds)),
      ...(state?.testRunDurationMs === undefined ? {} : { durationMs: state.testRunDurationMs }),
    },
  };
}

export function readK6Summary(path: string): Result<K6Summary> {
  const text = readText(path);
  return text.kind === 'failed' ? text : parseK6Summary(text.value, path);
}
