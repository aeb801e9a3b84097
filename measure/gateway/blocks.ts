import { join } from 'node:path';
import type { LoadPlan } from './load.ts';
import { cpuMsOf, runToEnd } from './processes.ts';
import type { BlockReading } from './reading.ts';
import type { Target } from './targets.ts';

/** An answer that comes later than this is no goodput. The stub takes 60 ms. */
export const OBJECTIVE_MS = 500;

const BODY = JSON.stringify({
  model: 'stub',
  messages: [
    { role: 'system', content: 'You are a customer service assistant. Answer briefly.' },
    { role: 'user', content: 'Where is my parcel? It should have been here yesterday.' },
  ],
  max_tokens: 64,
});

/** A block of load with the CPU time that it took on the measured core. */
export interface MeasuredBlock extends BlockReading {
  readonly cpuMsPerRequest: number;
}

export interface BlockPlan {
  readonly phases: LoadPlan['phases'];
  readonly seed: number;
}

/** Runs one block of completions against a target. */
export async function runBlock(target: Target, { phases, seed }: BlockPlan): Promise<MeasuredBlock> {
  const plan: LoadPlan = {
    url: target.url,
    path: '/v1/chat/completions',
    headers: target.headers,
    body: BODY,
    phases,
    seed,
    objectiveMs: OBJECTIVE_MS,
  };
  const beforeMs = cpuMsOf(target.pid);
  const reading = await runToEnd<BlockReading>([join(import.meta.dirname, 'load.ts'), JSON.stringify(plan)]);
  const arrivals = phases.reduce((sum, { ratePerS, durationMs }) => sum + (ratePerS * durationMs) / 1000, 0);
  return { ...reading, cpuMsPerRequest: (cpuMsOf(target.pid) - beforeMs) / arrivals };
}

/**
 * A short block at one rate. Connections are opened and code is compiled before it: a generator that starts at full rate
 * measures its own start.
 */
export const steady = (ratePerS: number, windowMs: number, seed: number): BlockPlan => ({
  phases: [
    { ratePerS: ratePerS / 2, durationMs: 1000, isWarmUp: true },
    { ratePerS, durationMs: 2000, isWarmUp: true },
    { ratePerS, durationMs: windowMs },
  ],
  seed,
});
