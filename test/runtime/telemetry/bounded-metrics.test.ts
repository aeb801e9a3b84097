import fc from 'fast-check';
import { Counter, Histogram, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { BoundedCounter, BoundedHistogram } from '../../../runtime/telemetry/bounded-metrics.ts';
import type { MetricRow } from '../../../runtime/telemetry/metric-row.ts';

const KINDS = ['a', 'b "quoted"', 'c\\d'] as const;
const BOUNDS = [0.1, 0.5, 1, 2.5];
const row = (type: MetricRow['type'], unit: MetricRow['unit']): MetricRow => ({
  type,
  unit,
  help: 'x',
  labels: { kind: KINDS, way: ['in', 'out'] },
  buckets: BOUNDS,
});

const event = fc.record({
  kind: fc.constantFrom(...KINDS),
  way: fc.constantFrom('in', 'out'),
  value: fc.oneof(fc.constantFrom(0, ...BOUNDS), fc.double({ min: 0, max: 10, noNaN: true })),
});

/** The lines of a page in one order: that of series is free. */
const linesOf = async (registry: Registry): Promise<string[]> =>
  (await registry.metrics()).split('\n').map(sortLabels).toSorted();

it('print, for any events, the page that the library prints for its own metrics', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 40 }), async (events) => {
      const [ours, theirs] = [new Registry(), new Registry()];
      const counter = new BoundedCounter('c_total', row('counter', 'count'), ours);
      const histogram = new BoundedHistogram('h_seconds', row('histogram', 'seconds'), ours);
      const definition = { help: 'x', labelNames: ['kind', 'way'], registers: [theirs] };
      const oracleCounter = new Counter({ name: 'c_total', ...definition });
      const oracle = new Histogram({ name: 'h_seconds', ...definition, buckets: BOUNDS });
      for (const { value, ...labels } of events) {
        counter.add(labels, value);
        oracleCounter.inc(labels, value);
        histogram.observe(labels, value);
        oracle.observe(labels, value);
      }
      expect(await linesOf(ours)).toEqual(await linesOf(theirs));
    }),
    { numRuns: 200 },
  );
});

/** Labels in one order too. */
const sortLabels = (line: string): string =>
  line.replace(
    /\{(.*)\}/,
    (_all, labels: string) =>
      `{${labels
        .split(/,(?=[a-z]+=")/)
        .toSorted()
        .join()}}`,
  );
