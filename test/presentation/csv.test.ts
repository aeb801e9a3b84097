import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planCsv, resultCsv } from '../../presentation/csv.ts';
import { readResult } from '../../presentation/step-reading.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import type { PlanFile } from '../../vocabulary/plan-file.ts';
import { fixture } from './fixtures.ts';

const { results, plan } = fixture();
type Row = Record<string, string>;
const rowsOf = (text: string): Row[] => parse(text, { columns: true, skip_empty_lines: true });

describe('plan.csv', () => {
  const rows = rowsOf(planCsv(plan));

  it('has a row per tier, limit, prediction, cost line, quantile and refusal', () => {
    const predicted = 3;
    const quantiles = 9;
    const expected = plan.modes.reduce((sum, mode) => {
      if (mode.kind === 'refused') return sum + 1;
      const limits = mode.tiers.reduce((all, tier) => all + tier.limits.length, 0);
      return sum + mode.tiers.length + limits + predicted + mode.costLines.length + quantiles;
    }, 0);
    expect(rows.length).toBe(expected);
    expect(rows.find((row) => row.kind === 'refused')).toMatchObject({
      mode: 'serverless',
      item: 'No cold-start time was measured.',
    });
  });

  it('adds up: cost lines of a mode give its USD per month and per interaction', () => {
    for (const mode of plan.modes) {
      if (mode.kind === 'refused') continue;
      const lines = rows.filter((row) => row.mode === mode.mode && row.kind?.startsWith('cost:'));
      const perMonth = lines.reduce((sum, row) => sum + Number(row.usdPerMonth), 0);
      expect(perMonth).toBeCloseTo(mode.usdPerMonth, 6);
      const perInteraction = lines.reduce((sum, row) => sum + Number(row.usdPerInteraction), 0);
      // 25,000 a day over an average month of 365 / 12 days.
      expect(perInteraction).toBeCloseTo(mode.usdPerMonth / ((25_000 * 365) / 12), 9);
    }
  });

  it('says of each row whether it is simulated', () => {
    expect(rows.find((row) => row.mode === 'on-prem-gpu' && row.item === 'gpu')).toMatchObject({
      basis: 'simulated',
      simulated: 'true',
    });
    expect(rows.find((row) => row.mode === 'demo-compose' && row.item === 'gateway')?.simulated).toBe(
      'false',
    );
  });

  it('never gives a spreadsheet a formula, whatever the words are', () => {
    const starts = fc.constantFrom('=', '+', '-', '@', '\t=', '\r=', ' =', '\uff1d', '|', '%', '\n+');
    fc.assert(
      fc.property(starts, fc.string(), (start, rest) => {
        const hostile = `${start}${rest}`;
        const first = plan.modes[0];
        if (first?.kind !== 'planned') throw new Error('the fixture changed');
        const poisoned: PlanFile = {
          ...plan,
          modes: [
            {
              ...first,
              mode: hostile,
              costLines: first.costLines.map((line) => ({ ...line, line: hostile })),
            },
          ],
        };
        for (const row of rowsOf(planCsv(poisoned))) {
          for (const value of Object.values(row))
            expect(value).not.toMatch(/^[\s]*[=+\-@|%\uff1d\uff0b\uff0d\uff20]/);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('steps.csv', () => {
  const readings = results.map((result) => unwrap(readResult(result)));
  const text = resultCsv(readings);
  const rows = rowsOf(text);

  it('has a row per step whose outcomes add up to what was offered', () => {
    expect(rows.length).toBe(results.reduce((sum, result) => sum + result.steps.length, 0));
    for (const row of rows) {
      const parts = ['completedRequests', 'failedRequests', 'timedOutRequests', 'droppedRequests'];
      expect(parts.reduce((sum, name) => sum + Number(row[name]), 0)).toBe(Number(row.offeredRequests));
    }
  });

  it('divides rates by the window in seconds', () => {
    const step = results[0]?.steps[3];
    expect(Number(rows[3]?.throughputPerS)).toBeCloseTo((step?.counts.completed ?? 0) / 20, 9);
  });

  it('leaves a withheld percentile empty and says why', () => {
    const [row] = rows;
    const samples = results[0]?.steps[0]?.histograms.latencyMs?.count;
    expect(row?.latencyP99Ms).toBe('');
    expect(row?.withheldPercentiles).toContain(`latencyP99Ms (n=${samples} < 662)`);
    expect(Number(row?.latencyP50Ms)).toBeGreaterThan(100);
  });

  it('names the unit at the end of every measured column', () => {
    const header = text.split('\n')[0]?.split(',') ?? [];
    const known = /(Ms|PerS|Requests|Tokens|Ratio)$/;
    const words = [
      'runId',
      'target',
      'engine',
      'simulated',
      'step',
      'loadKind',
      'concurrency',
      'verdict',
      'withheldPercentiles',
    ];
    expect(header.filter((name) => !known.test(name) && !words.includes(name))).toEqual([]);
  });
});
