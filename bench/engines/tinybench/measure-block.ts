import { Bench } from 'tinybench';
import { computePercentile, sortSamples } from '../../../vocabulary/percentiles.ts';
import type { CaseReading, MicroCase } from './micro-case.ts';

const NS_PER_MS = 1_000_000;
const MEDIAN_PERCENT = 50;

export interface BlockSpans {
  readonly warmUpMs: number;
  readonly blockMs: number;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function measurePrepared(micro: MicroCase, spans: BlockSpans): Promise<CaseReading> {
  const { run, operationsPerCall, close } = await micro.prepare();
  try {
    const bench = new Bench({
      time: spans.blockMs,
      warmupTime: spans.warmUpMs,
      retainSamples: true,
      timestampProvider: 'hrtimeNow',
    });
    bench.add(micro.name, run);
    const [task] = await bench.run();
    const result = task?.result;
    if (result?.state === 'errored') return { kind: 'failed', reason: describe(result.error) };
    if (result?.state !== 'completed') return { kind: 'failed', reason: `it ended ${result?.state}` };
    const samples = sortSamples(result.latency.samples ?? []);
    const medianMs = computePercentile(samples, MEDIAN_PERCENT);
    if (medianMs === undefined || medianMs <= 0) return { kind: 'failed', reason: 'a call takes no time' };
    return {
      kind: 'measured',
      nsPerOp: (medianMs * NS_PER_MS) / operationsPerCall,
      calls: samples.length,
    };
  } finally {
    await close?.();
  }
}

/**
 * Median time of an operation over one block, in ns: the nearest-rank median of the calls (tinybench's own interpolates),
 * divided by the operations of a call.
 */
export async function measureBlock(micro: MicroCase, spans: BlockSpans): Promise<CaseReading> {
  try {
    return await measurePrepared(micro, spans);
  } catch (error) {
    return { kind: 'failed', reason: describe(error) };
  }
}
