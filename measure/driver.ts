import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { measureCeiling, measureKnownDelay } from './driver/ceiling.ts';
import { measureLlmPeers } from './driver/llm-peers.ts';
import { measureConversations, measureSlip, measureSoak, measureTokenCeiling } from './driver/rates.ts';
import { measureStreams } from './driver/truth-test.ts';
import { canPin, runToEnd } from './gateway/processes.ts';
import type { Stalls } from './stall-probe.ts';

const STREAMS = [100, 500, 1_000] as const;
const ARRIVALS_PER_S = [1_000, 5_000, 20_000] as const;

async function inTurn<T>(values: readonly number[], measure: (value: number) => Promise<T>) {
  const readings: Record<string, T> = {};
  for (const value of values) readings[String(value)] = await measure(value);
  return readings;
}

/**
 * Holds the driver against servers of known timing, generator and server on a core each: the error of time to first token
 * and inter-token time, schedule slip, ceilings of requests and tokens, memory; and other tools beside it in the same run.
 * The truth is what the server's own clock says of its writes. About seven minutes.
 */
export async function measureDriver(): Promise<Record<string, unknown>> {
  // Other work on the machine shows here first.
  const machine = {
    cores: availableParallelism(),
    isPinned: canPin,
    loadAverage1Min: loadavg()[0],
    stalls: await runToEnd<Stalls>([join(import.meta.dirname, 'stall-probe.ts')]),
  };
  const truthTest = await inTurn(STREAMS, measureStreams);
  const slip = await inTurn(ARRIVALS_PER_S, measureSlip);
  const ceiling = await measureCeiling();
  const tokens = await measureTokenCeiling();
  const knownDelay = await measureKnownDelay();
  const conversations = await measureConversations();
  const soak = await measureSoak();
  const peers = await measureLlmPeers();
  const { ttftErrorP50Ms, ttftErrorP99Ms, itlErrorP50Ms, itlErrorP99Ms } = truthTest['1000'] ?? {};
  return {
    ttftErrorP50Ms,
    ttftErrorP99Ms,
    itlErrorP50Ms,
    itlErrorP99Ms,
    scheduleSlipP99Ms: slip['20000']?.scheduleSlipP99Ms,
    requestsPerSPerCore: ceiling.requestsPerSPerCore,
    ratioToAutocannon: ceiling.ratioToAutocannon,
    wireLatencyP50ToWrk: knownDelay.wireLatencyP50ToWrk,
    streamedTokensPerSPerCore: tokens.tokensPerSPerCore,
    rssMB: conversations.rssMB,
    machine,
    truthTest,
    slip,
    ceiling,
    tokens,
    knownDelay,
    conversations,
    soak,
    peers,
  };
}
