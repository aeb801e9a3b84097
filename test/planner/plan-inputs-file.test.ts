import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PlanInput, planModes, readPlanInputs, writePlanInputs } from '../../planner/index.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import { demandFile, traceArrivals } from './fixtures/demand.ts';
import { llamaResult, SLOS, simulatedResult } from './fixtures/result.ts';
import { CATALOGUE, MODES } from './fixtures/sized.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'busyhour-plan-inputs-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const INPUT: PlanInput = {
  results: [llamaResult(), simulatedResult()],
  modes: Object.values(MODES),
  catalogue: CATALOGUE,
  seed: 7,
  nowUnixMs: Date.UTC(2026, 10, 21),
};

const withinHours = { ratePerS: 1.2, gapCv: 1.1, indexOfDispersion60S: 3, indexOfDispersionOfWork60S: 2 };

describe('what a plan was made from', () => {
  test.each([
    ['a daily volume', { interactionsPerDay: 25_000 }],
    [
      'objectives and figures of one’s own',
      {
        interactionsPerDay: 9000,
        slos: SLOS,
        overrides: { escalationRatio: { value: 0.1, low: 0.05, high: 0.2, source: 'ours' } },
      },
    ],
    [
      'a demand file',
      { demand: demandFile({ interaction: { turns: 4 }, growth: { ratioPerYear: 0.2, months: 6 } }) },
    ],
    [
      'a trace of days',
      { demand: { ...traceArrivals(Array.from({ length: 48 }, (_, hour) => 100 + hour)) } },
    ],
  ] satisfies [string, Partial<PlanInput>][])(
    '%s: read back, it gives the same plan to the last byte',
    (_, changes) => {
      const input = { ...INPUT, ...changes };
      const path = unwrap(writePlanInputs(join(folder, 'plan-inputs.json.gz'), input));
      const read = unwrap(readPlanInputs(path));
      expect(JSON.stringify(unwrap(planModes(read)))).toBe(JSON.stringify(unwrap(planModes(input))));
    },
    30_000,
  );

  test('scatter within the hours of a trace comes along', () => {
    const traced = traceArrivals([100]);
    if (traced.arrivals === undefined) throw new Error('no trace');
    const demand = { ...traced, arrivals: { ...traced.arrivals, withinHours } };
    const path = unwrap(writePlanInputs(join(folder, 'traced.json.gz'), { ...INPUT, demand }));
    expect(unwrap(readPlanInputs(path)).demand?.arrivals?.withinHours).toEqual(withinHours);
  });

  test('a file of something else, and half a file, are told by name', () => {
    const other = join(folder, 'other.json.gz');
    writeFileSync(other, gzipSync(JSON.stringify({ kind: 'busyhour-plan' })));
    const read = readPlanInputs(other);
    if (read.kind === 'ok') throw new Error('read');
    expect(read.failure.code).toBe('INVALID_PLAN_FILE');
    expect(read.failure.issues.map(({ path }) => path)).toContain('kind');
    expect(read.failure.hint).toContain(other);
    writeFileSync(other, gzipSync('{}').subarray(0, 12));
    const half = readPlanInputs(other);
    expect(half.kind === 'failed' && half.failure.code).toBe('INVALID_PLAN_FILE');
  });
});
