import { describe, expect, it } from 'vitest';
import { parseMetricsPage } from '../../../bench/observe/prometheus.ts';
import { summariseServer } from '../../../bench/observe/server-watch.ts';

describe('reading a metrics page', () => {
  it('sums label sets, leaves out buckets, comments and NaN, and reads every number form of the format', () => {
    const page = parseMetricsPage(
      [
        '# TYPE a counter',
        'a{x="1",y="} 7 "} 2',
        'a{x="2"} 3.5e1 1395066363000',
        'h_bucket{le="+Inf"} 9',
        'h_count 9',
        'b +Inf',
        'c NaN',
        'not a sample line at all',
        '',
      ].join('\n'),
    );
    expect([...page]).toEqual([
      ['a', 37],
      ['h_count', 9],
      ['b', Number.POSITIVE_INFINITY],
    ]);
  });

  it('takes the difference of counters, adds stages over processes, and averages gauges', () => {
    const sample = (atMs: number, text: string) => ({ atMs, page: parseMetricsPage(text) });
    const stage = (count: number, sumS: number) =>
      `busyhour_engine_queue_wait_seconds_count ${count}\nbusyhour_engine_queue_wait_seconds_sum ${sumS}`;
    const use = summariseServer(
      new Map([
        [
          'a',
          [
            sample(0, `${stage(10, 1)}\nprocess_cpu_seconds_total 5`),
            sample(2_000, `${stage(14, 1.5)}\nprocess_cpu_seconds_total 6`),
          ],
        ],
        ['b', [sample(0, stage(0, 0)), sample(2_000, stage(6, 2))]],
      ]),
    );
    expect(use?.stages).toEqual({ 'engine.queue': { count: 10, sumMs: 2_500 } });
    expect(use?.resources).toEqual([{ process: 'a', cpuCores: 0.5, maxRssBytes: 0 }]);
    expect(summariseServer(new Map([['a', []]]))).toBeUndefined();
  });

  it('does not count an engine twice whose figures the gateway repeats', () => {
    const engine = (count: number) =>
      `busyhour_engine_decode_seconds_count ${count}\nbusyhour_engine_decode_seconds_sum ${count}\nbusyhour_engine_running_requests 3\n`;
    const gateway = (count: number) => `${engine(count)}busyhour_gateway_in_flight_requests 5\n`;
    const pages = (text: (count: number) => string) =>
      [1, 4].map((count) => ({ atMs: count, page: parseMetricsPage(text(count)) }));
    const both = summariseServer(
      new Map([
        ['gateway', pages(gateway)],
        ['a', pages(engine)],
        ['b', pages(engine)],
      ]),
    );
    expect(both?.stages['engine.decode']).toEqual({ count: 6, sumMs: 6_000 });
    expect(both?.gauges['engine.running']).toMatchObject({ mean: 6, max: 6 });
    expect(both?.gauges['gateway.inFlight']).toMatchObject({ samples: 2, mean: 5 });
    const alone = summariseServer(new Map([['gateway', pages(gateway)]]));
    expect(alone?.stages['engine.decode']).toEqual({ count: 3, sumMs: 3_000 });
  });
});
