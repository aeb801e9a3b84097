import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import type { Driver } from '../../../bench/drive/driver.ts';
import { runOpenStep } from '../../../bench/run/open-step.ts';
import { RunJournal } from '../../../bench/run/run-journal.ts';
import { resolveScenario } from '../../../scenarios/scenario.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { createRandom } from '../../../vocabulary/random.ts';

const constant = (value: number) => ({
  distribution: { kind: 'constant' as const, value },
  source: 'a test',
});

/** Collects garbage now: heap figures are of what is held. */
function collect(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return getHeapStatistics().used_heap_size;
}

/** An answer at once, in the next turn of the loop: memory is that of the run, not of sockets. */
const immediate: Driver = {
  send: () => {
    const sentAtMs = performance.now();
    return new Promise((resolve) =>
      setImmediate(() => {
        const endedAtMs = performance.now();
        const chunksAtMs = [endedAtMs];
        resolve({ outcome: { state: 'completed' }, sentAtMs, endedAtMs, chunksAtMs, text: '' });
      }),
    );
  },
  close: async () => {},
};

it('holds no more after many requests than after few: 16 bytes a request for the instants of arrival', async () => {
  const RATE_PER_S = 5_000;
  const WINDOW_MS = 6_000;
  const scenario = unwrap(
    resolveScenario({
      name: 'soak',
      description: 'Many requests.',
      workload: { kind: 'requests', inputTokens: constant(3), outputTokens: constant(3) },
      load: { kind: 'steps', steps: [{ turnsPerS: RATE_PER_S, warmUpMs: 0, windowMs: WINDOW_MS }] },
      drainMs: 200,
    }),
  );
  const heaps: number[] = [];
  const context = {
    scenario,
    shape: { meanTurnsPerInteraction: 1, meanThinkTimeMs: 0, basis: 'a test' },
    driver: immediate,
    random: createRandom(1),
    metricsUrls: [],
    signal: new AbortController().signal,
    journal: new RunJournal(),
    onProgress: ({ kind }: { kind: string }) => {
      if (kind === 'tick') heaps.push(collect());
    },
    startedAtMs: performance.now(),
  };
  const [load] = scenario.load.kind === 'steps' ? scenario.load.steps : [];
  if (load === undefined) throw new Error('no step');
  const step = await runOpenStep(context, load, { name: 'soak' });
  expect(step?.counts.offered).toBeGreaterThan(25_000);
  // On a busy machine some come too late: they are arrivals all the same, and must be let go of too.
  expect(step?.counts.completed).toBeGreaterThan(1_000);
  const [first = 0, last = 0] = [heaps[1], heaps.at(-1)];
  expect(heaps.length).toBeGreaterThanOrEqual(5);
  // Three seconds and more lie between: had every request left 200 bytes, it would be 3 MB and more.
  expect(last - first).toBeLessThan(2_500_000);
});
