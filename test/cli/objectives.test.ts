import { describe, expect, it } from 'vitest';
import { collectDemandObjectives, parseObjective } from '../../cli/objectives.ts';
import { BusyhourError } from '../../vocabulary/errors.ts';

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

  it.each(['p95:latencyMs=-5', 'p95:latencyMs=0', 'errors=2', 'errors=-1', 'p100:latencyMs=10'])(
    'of a plan: %j is a figure that cannot be, not a command that cannot be read',
    (text) => {
      const failureOf = (objective: string): unknown => {
        try {
          return collectDemandObjectives(objective);
        } catch (error) {
          return error instanceof BusyhourError ? error.failure : error;
        }
      };
      expect(failureOf(text)).toMatchObject({ code: 'INVALID_DEMAND', issues: [expect.anything()] });
      expect(failureOf('p95')).toMatchObject({ code: 'USAGE', issues: [] });
    },
  );

  it.each(['p95:speedMs=10', 'p100:latencyMs=10', 'p95:latencyMs=0', 'errors=2'])(
    'refuses the impossible %j',
    (text) => {
      expect(() => parseObjective(text)).toThrow(`got "${text}"`);
    },
  );
});
