import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningGateway } from '../../../runtime/gateway/start-gateway.ts';
import { PROCESS_METRICS, SERVER_GAUGES, SERVER_HISTOGRAMS } from '../../../vocabulary/server-metrics.ts';
import { Cleanup, postJson, startTestGateway } from '../support/gateway-rig.ts';
import { startTestInference } from '../support/inference.ts';
import { type Family, parseExposition } from '../support/prometheus-text.ts';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());
let gateway: RunningGateway;
let families: ReadonlyMap<string, Family>;

async function scrape(): Promise<ReadonlyMap<string, Family>> {
  const response = await fetch(`${gateway.url}/metrics`);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return parseExposition(await response.text());
}

beforeAll(async () => {
  const inference = cleanup.add(await startTestInference());
  gateway = await startTestGateway(cleanup, {
    providers: [
      { kind: 'grpc', name: 'local', address: inference.address },
      { kind: 'keyword', name: 'keyword' },
    ],
  });
  const messages = [{ role: 'user', content: 'hello' }];
  await postJson(gateway, '/v1/chat/completions', { messages, max_tokens: 5 });
  await postJson(gateway, '/v1/chat/completions', { messages: 'wrong' });
  await postJson(gateway, '/nowhere/"quoted"\\', {});
  await postJson(gateway, '/v1/interactions/a"b\\nc/turns', { messageId: 'm', text: 'x' });
  families = await scrape();
});

describe('the parser of this test', () => {
  it.each([
    ['a sample without its type', 'a 1\n'],
    ['a type twice', '# TYPE a counter\n# TYPE a counter\na 1\n'],
    ['a bad value', '# TYPE a gauge\na one\n'],
    ['a bad name', '# TYPE a gauge\n1a 1\n'],
    ['an open label', '# TYPE a gauge\na{b="c} 1\n'],
    ['a sample twice', '# TYPE a gauge\na{b="c"} 1\na{b="c"} 2\n'],
    ['a missing line end', '# TYPE a gauge\na 1'],
    ['an unknown type', '# TYPE a meter\na 1\n'],
    ['a family torn apart', '# TYPE a gauge\n# TYPE b gauge\nb 1\na 1\n'],
  ])('refuses %s', (_name, text) => {
    expect(() => parseExposition(text)).toThrow();
  });

  it('reads escapes and special values', () => {
    const read = parseExposition('# HELP a x\n# TYPE a gauge\na{b="q\\"s\\\\n\\n"} +Inf\na{b="2"} -1e-3\n');
    expect(read.get('a')?.samples).toEqual([
      { name: 'a', labels: { b: 'q"s\\n\n' }, value: Number.POSITIVE_INFINITY },
      { name: 'a', labels: { b: '2' }, value: -0.001 },
    ]);
  });
});

describe('/metrics', () => {
  it('has every name of the vocabulary under its type, with help', () => {
    for (const name of Object.values(SERVER_HISTOGRAMS))
      expect(families.get(name)?.type, name).toBe('histogram');
    for (const name of Object.values(SERVER_GAUGES)) expect(families.get(name)?.type, name).toBe('gauge');
    expect(families.get(PROCESS_METRICS.cpuSeconds)?.type).toBe('counter');
    expect(families.get(PROCESS_METRICS.residentBytes)?.type).toBe('gauge');
    expect(families.get(PROCESS_METRICS.eventLoopUtilisation)?.type).toBe('gauge');
    for (const family of families.values()) expect(family.help, family.name).not.toBe('');
  });

  it('names what it counts: counters end in _total, times are seconds', () => {
    for (const { name, type } of families.values()) {
      if (!name.startsWith('busyhour_')) continue;
      if (type === 'counter') expect(name).toMatch(/_total$/);
      // Spans of time, and sizes of what is written together.
      if (type === 'histogram') expect(name).toMatch(/_(seconds|writes)$/);
      expect(name).not.toMatch(/_(ms|milliseconds)/);
    }
  });

  it('its histograms are cumulative, end in +Inf, and agree with their count', () => {
    const histograms = [...families.values()].filter(({ type }) => type === 'histogram');
    expect(histograms.length).toBeGreaterThanOrEqual(7);
    for (const { name, samples } of histograms) {
      const series = Map.groupBy(samples, ({ labels: { le: _le, ...rest } }) => JSON.stringify(rest));
      for (const [labels, own] of series) {
        const buckets = own.filter((sample) => sample.name === `${name}_bucket`);
        const bounds = buckets.map(({ labels: { le } }) =>
          le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le),
        );
        const counts = buckets.map(({ value }) => value);
        expect(bounds, name + labels).toEqual(bounds.toSorted((a, b) => a - b));
        expect(counts, name + labels).toEqual(counts.toSorted((a, b) => a - b));
        if (buckets.length === 0) continue;
        expect(bounds.at(-1)).toBe(Number.POSITIVE_INFINITY);
        expect(own.find((sample) => sample.name === `${name}_count`)?.value).toBe(counts.at(-1));
        expect(own.find((sample) => sample.name === `${name}_sum`)?.value).toBeGreaterThanOrEqual(0);
      }
    }
  });

  it('counters never fall from one scrape to the next', async () => {
    const later = await scrape();
    for (const { name, type, samples } of families.values()) {
      if (type !== 'counter') continue;
      for (const sample of samples) {
        const same = later
          .get(name)
          ?.samples.find(({ labels }) => JSON.stringify(labels) === JSON.stringify(sample.labels));
        expect(same?.value, name).toBeGreaterThanOrEqual(sample.value);
      }
    }
  });
});
