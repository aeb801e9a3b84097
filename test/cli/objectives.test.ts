import { describe, expect, it } from 'vitest';
import { parseObjective } from '../../cli/objectives.ts';

describe('parseObjective', () => {
  it('reads a percentile of a latency metric and an error ratio', () => {
    expect(parseObjective('p99.9:timeToFirstTokenMs=250')).toEqual({
      kind: 'latency',
      metric: 'timeToFirstTokenMs',
      percentile: 99.9,
      limitMs: 250,
    });
    expect(parseObjective('errors=0.01')).toEqual({ kind: 'error-ratio', limitRatio: 0.01 });
  });

  it.each(['', 'p95', 'p95:latencyMs', 'latency<2', 'errors=', 'errors=-1'])(
    'refuses %j and shows both forms',
    (text) => {
      expect(() => parseObjective(text)).toThrow('expected p95:latencyMs=2000 or errors=0.01');
    },
  );

  it.each(['p95:speedMs=10', 'p100:latencyMs=10', 'p95:latencyMs=0', 'errors=2'])(
    'refuses the impossible %j',
    (text) => {
      expect(() => parseObjective(text)).toThrow(`got "${text}"`);
    },
  );
});
