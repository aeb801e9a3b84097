import { join } from 'node:path';
import { cpuMsOf, runToEnd } from './processes.ts';
import type { StreamReading } from './reading.ts';
import type { StreamPlan } from './stream-load.ts';
import type { GrpcStub, Target } from './targets.ts';

/** The stub sends a token of each stream every so often. */
export const TOKEN_GAP_MS = 25;
const STREAMS = [400, 700, 1000, 1200, 1400] as const;
const TOKENS_PER_STREAM = 200;
const MAX_ADDED_ITL_P99_MS = 5;

export interface Relay {
  /** Most relayed at added inter-token p99 under 5 ms, on the one core of the gateway. */
  readonly tokensPerS: number;
  readonly streams: number;
  readonly addedItlP99Ms: number;
  /** Of the same streams read without the gateway: what generator, server and machine do themselves. */
  readonly directItlP99Ms: number;
  /** Relayed per second of CPU time at that load. */
  readonly tokensPerCpuS: number;
}

function runStreams(target: StreamPlan['target'], streams: number): Promise<StreamReading> {
  const plan: StreamPlan = {
    target,
    streams,
    tokensPerStream: TOKENS_PER_STREAM,
    warmUpMs: 2000,
    windowMs: 5000,
  };
  return runToEnd<StreamReading>([join(import.meta.dirname, 'stream-load.ts'), JSON.stringify(plan)]);
}

/** Raises the number of streams until tokens come late, each time against the same streams read without the gateway. */
export async function measureRelay(target: Target, stub: GrpcStub): Promise<Relay> {
  let best: Relay = {
    tokensPerS: 0,
    streams: 0,
    addedItlP99Ms: Number.NaN,
    directItlP99Ms: Number.NaN,
    tokensPerCpuS: Number.NaN,
  };
  for (const streams of STREAMS) {
    const direct = await runStreams({ kind: 'grpc', address: stub.address }, streams);
    const beforeMs = cpuMsOf(target.pid);
    const fromMs = performance.now();
    const relayed = await runStreams({ kind: 'sse', url: target.url, headers: target.headers }, streams);
    const cpuRatio = (cpuMsOf(target.pid) - beforeMs) / (performance.now() - fromMs);
    const addedItlP99Ms = relayed.itlP99Ms - direct.itlP99Ms;
    process.stderr.write(
      `  ${streams} streams: ${relayed.tokensPerS.toFixed(0)} tokens/s (direct ${direct.tokensPerS.toFixed(0)}), ` +
        `ITL p99 ${relayed.itlP99Ms.toFixed(1)} ms (direct ${direct.itlP99Ms.toFixed(1)}, added ${addedItlP99Ms.toFixed(1)}), ${cpuRatio.toFixed(2)} cores, ${relayed.failed} failed\n`,
    );
    if (addedItlP99Ms > MAX_ADDED_ITL_P99_MS || relayed.failed > 0) break;
    best = {
      tokensPerS: Math.round(relayed.tokensPerS),
      streams,
      addedItlP99Ms,
      directItlP99Ms: direct.itlP99Ms,
      tokensPerCpuS: Math.round(relayed.tokensPerS / cpuRatio),
    };
  }
  return best;
}
