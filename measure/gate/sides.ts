import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Driver } from '../../bench/drive/driver.ts';
import { createDriver } from '../../bench/drive/drivers.ts';
import { histogramOf } from '../../bench/judge/read-step.ts';
import { StepRecorder } from '../../bench/observe/recorder.ts';
import type { ResultStep } from '../../vocabulary/result-file.ts';

/** One version under test: a process, a connection to it, and the slowdown asked of it. */
export interface Side {
  readonly driver: Driver;
  close(): Promise<void>;
}

const TIMEOUTS = { connectMs: 5_000, firstTokenMs: 10_000, idleMs: 10_000, totalMs: 10_000 };

/** Starts the workload in a new process; every request spins `extra` rounds more. */
export async function startSide(extra: number): Promise<Side> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'target.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const driver = createDriver('http', {
    url: `${url}/?extra=${Math.round(extra)}`,
    timeouts: TIMEOUTS,
    maxConnections: 1,
  });
  return {
    driver,
    close: async () => {
      await driver.close();
      child.stdin.end();
      await exited;
    },
  };
}

const REQUEST = {
  interactionId: 'gate',
  messages: [{ role: 'user' as const, content: 'summary, please' }],
  maxOutputTokens: 1,
  exactOutputTokens: false,
  keepText: false,
};

export interface BlockPlan {
  readonly variant: 'a' | 'b';
  readonly block: number;
  readonly windowMs: number;
}

/** One block: requests one after another for so long, recorded like any step of the bench. */
export async function runBlock({ driver }: Side, plan: BlockPlan): Promise<ResultStep> {
  const startedAtMs = performance.now();
  const endsAtMs = startedAtMs + plan.windowMs;
  const recorder = new StepRecorder({
    ...plan,
    name: `${plan.variant} ${plan.block}`,
    load: { kind: 'closed', concurrency: 1 },
    slos: [],
    runStartedAtMs: startedAtMs,
    windowFromMs: startedAtMs,
    warmUpMs: 0,
  });
  const { signal } = new AbortController();
  while (performance.now() < endsAtMs) {
    const sentAtMs = performance.now();
    recorder.recordExchange(sentAtMs, await driver.send(REQUEST, signal));
  }
  return recorder.finish({});
}

/** Median latency of a block; a block without an answer is a defect of the measurement. */
export function medianMsOf(step: ResultStep): number {
  const medianMs = histogramOf(step, 'latencyMs')?.percentileMs(50);
  if (medianMs === undefined || step.counts.completed < step.counts.offered)
    throw new Error(`a block of the workload failed: ${JSON.stringify(step.counts)}`);
  return medianMs;
}
