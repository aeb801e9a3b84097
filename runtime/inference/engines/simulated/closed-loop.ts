import { Scheduler, type SchedulerLimits } from './scheduler.ts';

/** A benchmark as published points are made: so many users, each sending its next request when the last one ended. */
export interface ClosedLoop {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly concurrency: number;
  readonly requestsPerUser: number;
}

export interface ClosedLoopMeans {
  readonly timeToFirstTokenMs: number;
  readonly timePerOutputTokenMs: number;
  readonly requestsPerS: number;
}

/** Mean times over all requests of a run in which every user starts at once. Virtual time; no randomness. */
export function simulateClosedLoop(limits: SchedulerLimits, load: ClosedLoop): ClosedLoopMeans {
  const scheduler = new Scheduler(limits);
  const prompt = new Array<number>(load.inputTokens).fill(1);
  const output = new Array<number>(load.outputTokens).fill(2);
  const total = load.concurrency * load.requestsPerUser;
  let submitted = 0;
  const submit = (arrivedAtMs: number): void => {
    scheduler.submit({ id: String(submitted++), prompt, output, arrivedAtMs });
  };
  for (let user = 0; user < load.concurrency; user++) submit(0);
  let [atMs, ended, firstTokenSumMs, decodeSumMs] = [0, 0, 0, 0];
  while (ended < total) {
    const step = scheduler.begin(atMs);
    if (step.kind === 'idle') {
      if (step.untilMs === undefined)
        throw new Error('no request can run: prompt and answer exceed the KV cache');
      atMs = step.untilMs;
      continue;
    }
    atMs = step.endsAtMs;
    for (const { timings } of scheduler.finish(atMs)) {
      if (timings === undefined) continue;
      ended++;
      firstTokenSumMs += timings.queueWaitMs + timings.prefillMs;
      decodeSumMs += timings.decodeMs;
      if (submitted < total) submit(atMs);
    }
  }
  const timeToFirstTokenMs = firstTokenSumMs / total;
  const timePerOutputTokenMs = decodeSumMs / total / Math.max(1, load.outputTokens - 1);
  return {
    timeToFirstTokenMs,
    timePerOutputTokenMs,
    requestsPerS: requestsPerS(load, timeToFirstTokenMs, timePerOutputTokenMs),
  };
}

/** Little's law for a closed loop without think time, from mean times: as the measured points have it. */
export function requestsPerS(
  load: Pick<ClosedLoop, 'concurrency' | 'outputTokens'>,
  timeToFirstTokenMs: number,
  timePerOutputTokenMs: number,
): number {
  return (load.concurrency * 1000) / (timeToFirstTokenMs + timePerOutputTokenMs * (load.outputTokens - 1));
}
