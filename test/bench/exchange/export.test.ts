import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { DELIVERIES, FORMATTERS, receiverOf } from '../../../bench/exchange/export/export-formats.ts';
import { sendExport } from '../../../bench/exchange/export/send.ts';
import { toSnappyBlock } from '../../../bench/exchange/export/snappy-block.ts';
import { parseHistogramLog, secondsFromStart } from '../../../bench/exchange/hdr/histogram-log.ts';
import { parseMetricsPage } from '../../../bench/observe/prometheus.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { LatencyHistogram } from '../../../vocabulary/histogram.ts';
import type { ResultFile } from '../../../vocabulary/result-file.ts';
import { binary } from '../../runtime/telemetry/prometheus-binaries.ts';
import { type Recorded, replayStep, resultWith } from './replay.ts';

const REQUESTS = 400;
/** Latencies 10, 11, … 409 ms, and a failure for every tenth request beside them. */
const requests: Recorded[] = Array.from({ length: REQUESTS }, (_, i): Recorded[] => {
  const scheduledAtMs = 1_000 + i * 5;
  const timing = { sentAtMs: scheduledAtMs, endedAtMs: scheduledAtMs + 10 + i, chunksAtMs: [], text: '' };
  const completed = { scheduledAtMs, exchange: { ...timing, outcome: { state: 'completed' as const } } };
  const failed = { state: 'failed' as const, code: 'connection-reset' as const };
  return i % 10 === 0
    ? [completed, { scheduledAtMs, exchange: { ...timing, outcome: failed } }]
    : [completed];
}).flat();

function exampleResult(startedAtUnixMs = 1_760_000_000_000): ResultFile {
  const options = {
    interactionsPerS: 220,
    turnsPerS: 220,
    windowMs: 2_000,
    windowFromMs: 1_000,
    isShard: false,
  };
  const result = resultWith([replayStep(requests, { ...options, name: 'say "one", two' })]);
  return { ...result, startedAtUnixMs, finishedAtUnixMs: startedAtUnixMs + 3_000 };
}

const result = exampleResult();
const textOf = (format: keyof typeof FORMATTERS) => unwrap(FORMATTERS[format](result, {}));

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

async function receiver(status = 200): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { method, url, headers } = request;
    received.push({ method, url, headers, body: Buffer.concat(parts) });
    response.writeHead(status).end(status === 200 ? '' : 'no room');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

describe('a result as text', () => {
  it('is a histogram log with the counts and percentiles of the result, under a tag for each metric', () => {
    const log = unwrap(parseHistogramLog(textOf('hdr'), 'it'));
    const latency = log.intervals.find(({ tag }) => tag === 'latencyMs');
    if (latency === undefined) throw new Error('no latency');
    expect(latency.histogram.totalCount).toBe(REQUESTS);
    // Nearest rank of 10…409 ms: rank 380 of 400 is 389 ms.
    expect(latency.histogram.getValueAtPercentile(95) / 389_000).toBeCloseTo(1, 2);
    expect(secondsFromStart(log, latency)).toBeCloseTo(0.25, 3);
    expect(latency.lengthS).toBe(2);
    expect(latency.shownMax).toBeCloseTo(409, 3);
    const only = unwrap(parseHistogramLog(unwrap(FORMATTERS.hdr(result, { metric: 'latencyMs' })), 'it'));
    expect(only.intervals.map(({ tag }) => tag)).toEqual([undefined]);
  });

  it('is CSV that reads back', () => {
    const [row] = parse(textOf('csv'), { columns: true }) as Record<string, string>[];
    expect(row).toMatchObject({ offeredRequests: '440', completedRequests: '400', step: 'say "one", two' });
    expect(Number(row?.throughputPerS)).toBe(200);
  });

  it('is JSON with certified percentiles, and the ones that lack samples named', () => {
    const { steps } = JSON.parse(textOf('json')) as {
      steps: { metrics: Record<string, unknown>; offeredPerS: number }[];
    };
    expect(steps[0]?.offeredPerS).toBe(220);
    expect(steps[0]?.metrics.latencyMs).toMatchObject({
      samples: 400,
      meanMs: 209.5,
      percentilesMs: { p50: expect.closeTo(209, -1) },
      withheldMinSamples: { p99: 662, p999: 6_636 },
    });
  });

  it('is Prometheus text whose buckets hold what a count by hand finds', () => {
    const text = textOf('prometheus');
    const page = parseMetricsPage(text);
    expect(page.get('busyhour_requests_total')).toBe(440);
    expect(page.get('busyhour_latency_seconds_count')).toBe(400);
    expect(page.get('busyhour_latency_seconds_sum')).toBeCloseTo((400 * 209.5) / 1000, 6);
    const bucket = (le: string) =>
      Number(
        text
          .split('\n')
          .find((line) => line.startsWith('busyhour_latency_seconds_bucket') && line.includes(`le="${le}"`))
          ?.split(' ')
          .at(-1),
      );
    // 10…100 ms are 91 values, 10…250 ms 241.
    expect([bucket('0.005'), bucket('0.1'), bucket('0.25'), bucket('0.5'), bucket('+Inf')]).toEqual([
      0, 91, 241, 400, 400,
    ]);
    expect(text).toContain('step="say \\"one\\", two"');
  });
});

describe('a Snappy block', () => {
  /** Reads literals by the format description, written apart from what writes them. */
  function readBlock(block: Buffer): Buffer {
    let at = 0;
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = block[at++] ?? 0;
      length += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
    }
    const parts: Buffer[] = [];
    while (at < block.length) {
      const tag = block[at++] ?? 0;
      expect(tag & 3).toBe(0);
      expect(tag >> 2).toBe(61);
      const size = block.readUInt16LE(at) + 1;
      at += 2;
      parts.push(block.subarray(at, at + size));
      at += size;
    }
    const read = Buffer.concat(parts);
    expect(read.length).toBe(length);
    return read;
  }

  it.for([0, 1, 127, 128, 65_535, 65_536, 65_537, 300_000])('of %i bytes holds them', (size) => {
    const bytes = Buffer.from(Array.from({ length: size }, (_, i) => (i * 31) % 256));
    expect(readBlock(toSnappyBlock(bytes)).equals(bytes)).toBe(true);
  });
});

describe('a result over HTTP', () => {
  it('goes to the receiver that format and URL speak of', () => {
    expect(receiverOf('prometheus', 'http://h:9090/api/v1/write')).toBe('remote-write');
    expect(receiverOf('prometheus', 'http://h:9091')).toBe('pushgateway');
    expect(receiverOf('otlp', 'http://h:4318')).toBe('otlp');
    expect(receiverOf('hdr', 'http://h')).toBeUndefined();
  });

  it('replaces its own group of a Pushgateway', async () => {
    const { url, received } = await receiver();
    expect(unwrap(await sendExport(DELIVERIES.pushgateway(result, url)))).toBe(200);
    expect(received[0]).toMatchObject({ method: 'PUT', url: '/metrics/job/busyhour/run@base64/d2hvbGU' });
    expect(received[0]?.body.toString()).toBe(textOf('prometheus'));
  });

  it('is OTLP metrics: cumulative, in seconds, with its own sums', async () => {
    const { url, received } = await receiver();
    const sent = await sendExport(DELIVERIES.otlp(result, url), { authorization: 'Bearer s3cret' });
    expect(unwrap(sent)).toBe(200);
    expect(received[0]).toMatchObject({ url: '/v1/metrics', headers: { authorization: 'Bearer s3cret' } });
    const body = JSON.parse(received[0]?.body.toString() ?? '') as {
      resourceMetrics: {
        scopeMetrics: {
          metrics: { name: string; histogram?: { dataPoints: Record<string, unknown>[] } }[];
        }[];
      }[];
    };
    const metrics = body.resourceMetrics[0]?.scopeMetrics[0]?.metrics ?? [];
    const point = metrics.find(({ name }) => name === 'busyhour_latency_seconds')?.histogram?.dataPoints[0];
    if (point === undefined) throw new Error('no histogram');
    expect(point).toMatchObject({ count: '400', min: 0.01, timeUnixNano: '1760000002250000000' });
    const counts = (point.bucketCounts as string[]).map(Number);
    const bounds = point.explicitBounds as number[];
    expect(counts).toHaveLength(bounds.length + 1);
    expect(counts.reduce((sum, each) => sum + each, 0)).toBe(400);
  });

  it('that is refused fails with what the receiver said, and never with the secret', async () => {
    const { url } = await receiver(503);
    const refused = await sendExport(DELIVERIES.otlp(result, url), { authorization: 'Bearer s3cret' });
    expect(refused).toMatchObject({
      failure: { code: 'RECEIVER_REFUSED', message: expect.stringContaining('503: no room') },
    });
    expect(JSON.stringify(refused)).not.toContain('s3cret');
    const nobody = await sendExport(DELIVERIES['remote-write'](result, 'http://127.0.0.1:9'));
    expect(nobody).toMatchObject({ failure: { code: 'RECEIVER_REFUSED' } });
  });
});

describe.skipIf(binary('prometheus') === undefined)(
  'a real Prometheus (skipped where it is not installed)',
  () => {
    let prometheus: ChildProcess;
    let folder: string;
    let url: string;
    const live = exampleResult(Date.now() - 60_000);

    const ask = async (expr: string, atUnixMs = Date.now()) => {
      const query = new URLSearchParams({ query: expr, time: String(atUnixMs / 1000) });
      const answer = (await (await fetch(`${url}/api/v1/query?${query}`)).json()) as {
        data: { result: { metric: Record<string, string>; value: [number, string] }[] };
      };
      return answer.data.result;
    };

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'busyhour-remote-write-'));
      const config = join(folder, 'prometheus.yaml');
      writeFileSync(config, 'global: { scrape_interval: 1h }\n');
      const probe = createServer();
      probe.listen(0, '127.0.0.1');
      await once(probe, 'listening');
      const { port } = probe.address() as AddressInfo;
      probe.close();
      await once(probe, 'close');
      url = `http://127.0.0.1:${port}`;
      const args = [
        `--config.file=${config}`,
        `--storage.tsdb.path=${folder}/data`,
        `--web.listen-address=127.0.0.1:${port}`,
      ];
      prometheus = spawn(binary('prometheus') ?? '', [...args, '--web.enable-remote-write-receiver'], {
        stdio: 'ignore',
      });
      const untilMs = performance.now() + 20_000;
      while (performance.now() < untilMs) {
        const ready = await fetch(`${url}/-/ready`).catch(() => undefined);
        if (ready?.ok) return;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }, 30_000);

    afterAll(async () => {
      prometheus.kill('SIGTERM');
      await once(prometheus, 'exit');
      rmSync(folder, { recursive: true, force: true });
    });

    it('takes a remote write, and answers with the figures of the result', async () => {
      expect(unwrap(await sendExport(DELIVERIES['remote-write'](live, url)))).toBeLessThan(300);
      const atUnixMs = live.startedAtUnixMs + 2_500;
      const [requestsTotal] = await ask('sum(busyhour_requests_total)', atUnixMs);
      expect(requestsTotal?.value[1]).toBe('440');
      const [throughput] = await ask('busyhour_throughput_requests_per_second', atUnixMs);
      expect(throughput?.value[1]).toBe('200');
      expect(throughput?.metric).toMatchObject({ step: 'say "one", two', run: 'whole', scenario: 'x' });
      // The quantile of its buckets lies in the bucket of the histogram's own: 389 ms is between 250 and 500.
      const [p95] = await ask('histogram_quantile(0.95, busyhour_latency_seconds_bucket)', atUnixMs);
      const own = LatencyHistogram.decode(live.steps[0]?.histograms.latencyMs as never).percentileMs(95) ?? 0;
      expect(Number(p95?.value[1])).toBeGreaterThan(0.25);
      expect(Number(p95?.value[1])).toBeLessThan(0.5);
      expect(own).toBeGreaterThan(250);
      const [seconds] = await ask('sum_over_time(busyhour_second_offered_requests[10s])', atUnixMs);
      expect(seconds?.value[1]).toBe('440');
    });
  },
);
