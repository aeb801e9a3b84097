import { describe, expect, it } from 'vitest';
import type { BenchOptions } from '../../cli/bench/options.ts';
import { refuseTraceFlags, replayFrom } from '../../cli/bench/trace.ts';

const options = (given: Partial<BenchOptions>): BenchOptions => ({
  args: [],
  url: ['http://127.0.0.1:8080'],
  out: 'result.json',
  engine: 'native',
  speedUp: 1,
  ...given,
});

describe('flags of a trace', () => {
  it('thin it, and say whose clients of a ServeGen trace are meant', () => {
    const replay = replayFrom(
      options({ keepRatio: 0.25, servegenModel: 'm-large', servegenFromS: 1_200, seed: 7 }),
      'trace.csv.gz',
    );
    expect(replay).toMatchObject({
      tracePath: 'trace.csv.gz',
      keepRatio: 0.25,
      reading: { servegen: { model: 'm-large', fromS: 1_200, forS: 600, seed: 7 } },
    });
    const plain = replayFrom(options({}), 'trace.csv');
    expect(plain).not.toHaveProperty('reading');
    expect(plain).not.toHaveProperty('keepRatio');
  });

  it('that belong together are asked for', () => {
    expect(() => replayFrom(options({ servegenForS: 60 }), 'trace.csv')).toThrow('whose clients?');
    expect(() => replayFrom(options({ servegenFromS: 60 }), 'trace.csv')).toThrow('whose clients?');
  });

  it('are refused where there is no trace, each by its name', () => {
    expect(() => refuseTraceFlags(options({ keepRatio: 0.5, servegenModel: 'm' }))).toThrow(
      '--keep-ratio, --servegen-model: only with --trace',
    );
    expect(() => refuseTraceFlags(options({ rate: 5 }))).not.toThrow();
  });
});
