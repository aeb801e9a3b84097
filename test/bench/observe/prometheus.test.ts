import { describe, expect, it } from 'vitest';
import { readProcessFiles } from '../../../bench/observe/process-files.ts';
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

describe('pages of other inference servers', () => {
  const sample = (atMs: number, text: string) => ({ atMs, page: parseMetricsPage(text) });
  const use = (first: string, last: string) =>
    summariseServer(new Map([['engine', [sample(0, first), sample(2_000, last)]]]));

  it('of vLLM: queue, prefill, decode, running, waiting and the cache', () => {
    const page = (n: number): string =>
      [
        `vllm:request_queue_time_seconds_sum{model_name="m"} ${n * 0.25}`,
        `vllm:request_queue_time_seconds_count{model_name="m"} ${n * 5}`,
        `vllm:request_decode_time_seconds_sum{model_name="m"} ${n * 2}`,
        `vllm:request_decode_time_seconds_count{model_name="m"} ${n * 5}`,
        `vllm:num_requests_running{model_name="m"} ${n}`,
        'vllm:num_requests_waiting{model_name="m"} 4',
        'vllm:kv_cache_usage_perc{model_name="m"} 0.5',
      ].join('\n');
    const seen = use(page(1), page(3));
    expect(seen?.stages).toEqual({
      'engine.queue': { count: 10, sumMs: 500 },
      'engine.decode': { count: 10, sumMs: 4_000 },
    });
    expect(seen?.gauges).toEqual({
      'engine.running': { samples: 2, mean: 2, max: 3 },
      'engine.waiting': { samples: 2, mean: 4, max: 4 },
      'engine.kvUsageRatio': { samples: 2, mean: 0.5, max: 0.5 },
    });
  });

  it('of text-generation-inference and of SGLang', () => {
    const tgi = use(
      'tgi_request_queue_duration_sum 1\ntgi_request_queue_duration_count 2\ntgi_queue_size 1',
      'tgi_request_queue_duration_sum 4\ntgi_request_queue_duration_count 8\ntgi_queue_size 3',
    );
    expect(tgi?.stages['engine.queue']).toEqual({ count: 6, sumMs: 3_000 });
    expect(tgi?.gauges['engine.waiting']).toMatchObject({ mean: 2, max: 3 });
    const sglang = use('sglang:num_running_reqs 2', 'sglang:num_running_reqs 6');
    expect(sglang?.gauges['engine.running']).toMatchObject({ mean: 4, max: 6 });
  });
});

describe('a process of this machine', () => {
  it('is read from the system: this one burns a known time', () => {
    const before = readProcessFiles(process.pid);
    const cpu = process.cpuUsage();
    while (process.cpuUsage(cpu).user < 200_000);
    const after = readProcessFiles(process.pid);
    const burntS =
      (after?.get('process_cpu_seconds_total') ?? 0) - (before?.get('process_cpu_seconds_total') ?? 0);
    const own = process.cpuUsage(cpu);
    // The system counts in hundredths of a second.
    expect(Math.abs(burntS - (own.user + own.system) / 1e6)).toBeLessThan(0.05);
    const resident = after?.get('process_resident_memory_bytes') ?? 0;
    expect(resident / process.memoryUsage.rss()).toBeGreaterThan(0.8);
    expect(resident / process.memoryUsage.rss()).toBeLessThan(1.2);
    expect(readProcessFiles(2 ** 22 + 1)).toBeUndefined();
  });
});
