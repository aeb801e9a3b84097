import type { TraceReplayOptions } from '../../bench/run/run-trace.ts';
import { msFromS } from '../../vocabulary/units.ts';
import { TRACE_OBJECTIVES } from '../objectives.ts';
import type { BenchOptions } from './options.ts';

/** A trace ends with long answers under way: their ends belong to it. */
const TRACE_DRAIN_MS = 60_000;

/** Which clients of a ServeGen trace, and which part of their time; the rest has the defaults of a scenario. */
function servegenFrom(options: BenchOptions): Pick<TraceReplayOptions, 'reading'> {
  const { servegenModel: model, servegenFromS: fromS = 0, servegenForS: forS = 600, seed = 1 } = options;
  return model === undefined ? {} : { reading: { servegen: { model, fromS, forS, seed } } };
}

/** How a trace is read and replayed. */
export function replayFrom(options: BenchOptions, tracePath: string): Omit<TraceReplayOptions, 'target'> {
  const { speedUp = 1, maxRequests, durationS, keepRatio, slo = TRACE_OBJECTIVES, maxInFlight } = options;
  return {
    tracePath,
    speedUp,
    ...servegenFrom(options),
    ...(keepRatio === undefined ? {} : { keepRatio }),
    ...(maxRequests === undefined ? {} : { maxRequests }),
    ...(durationS === undefined ? {} : { durationMs: msFromS(durationS) }),
    settings: {
      slos: [...slo],
      drainMs: TRACE_DRAIN_MS,
      ...(maxInFlight === undefined ? {} : { maxInFlight }),
    },
  };
}
