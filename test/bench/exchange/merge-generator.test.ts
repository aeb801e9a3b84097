import { describe, expect, it } from 'vitest';
import { mergeSteps } from '../../../bench/exchange/merge/merge-steps.ts';
import type { GeneratorUse } from '../../../vocabulary/result-file.ts';
import { replayStep } from './replay.ts';

const OPTIONS = { interactionsPerS: 1, turnsPerS: 1, windowMs: 1_000, windowFromMs: 0, isShard: true };
const { generator: _generator, ...STEP } = replayStep([], OPTIONS);

const FULL: GeneratorUse = {
  cpuCores: 0.25,
  eventLoopUtilisation: 0.2,
  eventLoopDelayP99Ms: 4,
  gcPauseTotalMs: 3,
  maxRssBytes: 100,
};
const BUSY: GeneratorUse = {
  cpuCores: 0.5,
  eventLoopUtilisation: 0.9,
  eventLoopDelayP99Ms: 2,
  gcPauseTotalMs: 5,
  maxRssBytes: 50,
};
const OF_A_PROCESS: GeneratorUse = { cpuCores: 1, maxRssBytes: 10 };

function merged(first: GeneratorUse | undefined, second: GeneratorUse | undefined): GeneratorUse | undefined {
  const part = (generator: GeneratorUse | undefined) => ({
    step: generator === undefined ? STEP : { ...STEP, generator },
    shards: 1,
  });
  return mergeSteps([part(first), part(second)], { count: 2, keepChanges: false }).generator;
}

describe('generators of merged shards', () => {
  it('add what they used, and are as busy as the busiest', () => {
    expect(merged(FULL, BUSY)).toEqual({
      cpuCores: 0.75,
      eventLoopUtilisation: 0.9,
      eventLoopDelayP99Ms: 4,
      gcPauseTotalMs: 8,
      maxRssBytes: 150,
    });
  });

  it('leave out what one of them does not report: a sum without it would be too small', () => {
    expect(merged(FULL, OF_A_PROCESS)).toEqual({ cpuCores: 1.25, maxRssBytes: 110 });
    expect(merged(FULL, undefined)).toBeUndefined();
    expect(merged(undefined, undefined)).toBeUndefined();
  });
});
