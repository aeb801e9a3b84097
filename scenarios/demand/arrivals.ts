import { dirname, resolve } from 'node:path';
import { ok, type Result } from '../../vocabulary/errors.ts';
import type { TraceSummary } from '../../vocabulary/result-file.ts';
import { msFromS, S_PER_HOUR } from '../../vocabulary/units.ts';
import type { Trace, TraceRequest } from '../traces/trace.ts';
import { readTrace } from '../traces/trace-formats.ts';
import { summariseTrace } from '../traces/trace-summary.ts';
import type { DemandSpec } from './schema.ts';
import { describeWithinHours, type WithinHours } from './within-hours.ts';

/** Arrivals of a trace, as a plan needs them. */
export interface DemandArrivals {
  readonly summary: TraceSummary;
  /** Arrivals in each whole hour from the first one on; empty for a trace under an hour. */
  readonly hourly: readonly number[];
  /** Scatter around the mean of each whole hour; absent where there is none with arrivals. */
  readonly withinHours?: WithinHours;
}

function countByHour(requests: readonly TraceRequest[], spanMs: number): number[] {
  const hourMs = msFromS(S_PER_HOUR);
  const counts = new Array<number>(Math.floor(spanMs / hourMs)).fill(0);
  for (const { atMs } of requests) {
    const hour = Math.floor(atMs / hourMs);
    if (hour < counts.length) counts[hour] = (counts[hour] ?? 0) + 1;
  }
  return counts;
}

/** A trace by its hours, and by how its arrivals scatter around each. */
export function arrivalsOfTrace(trace: Trace): DemandArrivals {
  const summary = summariseTrace(trace);
  const hourly = countByHour(trace.requests, summary.spanMs);
  const withinHours = describeWithinHours(trace.requests, hourly.length);
  return { summary, hourly, ...(withinHours === undefined ? {} : { withinHours }) };
}

/** The trace that a demand file names, relative to that file; undefined where its volume is none. */
export function readDemandArrivals(spec: DemandSpec, path: string): Result<DemandArrivals | undefined> {
  const { volume } = spec;
  if (volume.kind !== 'trace') return ok(undefined);
  const trace = readTrace(resolve(dirname(path), volume.file), volume);
  return trace.kind === 'failed' ? trace : ok(arrivalsOfTrace(trace.value));
}
