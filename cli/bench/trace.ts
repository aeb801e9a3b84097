import type { TraceReplayOptions } from '../../bench/run/run-trace.ts';
import { msFromS } from '../../vocabulary/units.ts';
import { TRACE_OBJECTIVES } from '../objectives.ts';
import type { BenchOptions } from './options.ts';
import { usage } from './scenario.ts';

/** A trace ends with long answers under way: their ends belong to it. */
const TRACE_DRAIN_MS = 60_000;

/** Flags that say something of a trace; `--speed-up` has a default and cannot be told from none. */
const TRACE_FLAGS = {
  maxRequests: '--max-requests',
  keepRatio: '--keep-ratio',
  servegenModel: '--servegen-model',
  servegenFromS: '--servegen-from-s',
  servegenForS: '--servegen-for-s',
} as const;

/** Refuses flags of a trace where none is replayed: they would say something that is not so. */
export function refuseTraceFlags(options: BenchOptions): void {
  const given = Object.entries(TRACE_FLAGS).filter(
    ([name]) => options[name as keyof BenchOptions] !== undefined,
  );
  if (given.length > 0) throw usage(`${given.map(([, flag]) => flag).join(', ')}: only with --trace`);
}

/** Which clients of a ServeGen trace, and which part of their time; the rest has the defaults of a scenario. */
function servegenFrom(options: BenchOptions): Pick<TraceReplayOptions, 'reading'> {
  const { servegenModel: model, servegenFromS: fromS = 0, servegenForS: forS = 600, seed = 1 } = options;
  return model === undefined ? {} : { reading: { servegen: { model, fromS, forS, seed } } };
}

/** How a trace is read and replayed. */
export function replayFrom(options: BenchOptions, tracePath: string): Omit<TraceReplayOptions, 'target'> {
  const { speedUp, maxRequests, durationS, keepRatio, slo = TRACE_OBJECTIVES, maxInFlight } = options;
  if (options.servegenModel === undefined && (options.servegenFromS ?? options.servegenForS) !== undefined)
    throw usage('--servegen-from-s and --servegen-for-s: whose clients?', 'Give --servegen-model too.');
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
