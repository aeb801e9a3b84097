import { describe, expect, it } from 'vitest';
import { formatProgress, type ProgressEvent } from '../../../bench/run/progress.ts';

const LINES: readonly (readonly [ProgressEvent, string])[] = [
  [{ kind: 'target', message: 'target a: x (simulated)' }, 'target a: x (simulated)'],
  [
    { kind: 'probe', concurrency: 16, turnsPerS: 12.345, p95Ms: 99.5 },
    'probe  16 at once: 12.3 turns/s, p95 100 ms',
  ],
  [{ kind: 'probe', concurrency: 1, turnsPerS: 0, p95Ms: undefined }, 'probe  1 at once: 0.0 turns/s, p95 -'],
  [{ kind: 'step-started', name: 'step 2', spanMs: 12_340 }, 'step   step 2 for 12.3 s'],
  [
    { kind: 'tick', name: 's', elapsedMs: 999, spanMs: 12_000, sent: 7, inFlight: 2, failed: 1 },
    '       1.0 s of 12.0 s: 7 sent, 2 in flight, 1 not completed',
  ],
  [
    { kind: 'step-finished', name: 'step 2', offered: 10, completed: 9, p50Ms: 0.4, p95Ms: 1_234.5 },
    'step   step 2: 9 of 10 completed, p50 0 ms, p95 1235 ms',
  ],
  [
    {
      kind: 'step-finished',
      name: 'step 2',
      offered: 0,
      completed: 0,
      p50Ms: undefined,
      p95Ms: undefined,
    },
    'step   step 2: 0 of 0 completed, p50 -, p95 -',
  ],
];

describe('a line of progress', () => {
  it.each(LINES)('says what happened, with units: %o', (event, line) => {
    expect(formatProgress(event)).toBe(line);
  });

  it('is one line and never says undefined or NaN', () => {
    for (const [event] of LINES) expect(formatProgress(event)).not.toMatch(/\n|undefined|NaN/);
  });
});
