import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { shellCommand } from '../../presentation/escape.ts';
import { readResult } from '../../presentation/step-reading.ts';
import { writeReport } from '../../presentation/write-report.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import type { ResultFile } from '../../vocabulary/result-file.ts';
import { cpuResult, fixture } from './fixtures.ts';
import { fullPlan } from './plan-fixtures.ts';

const folders: string[] = [];
const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'busyhour-report-'));
  folders.push(folder);
  return folder;
};
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const damaged = (): ResultFile => {
  const result = cpuResult();
  const [first, ...rest] = result.steps;
  const latency = first?.histograms.latencyMs;
  if (first === undefined || latency === undefined) throw new Error('the fixture is empty');
  return {
    ...result,
    steps: [{ ...first, histograms: { latencyMs: { ...latency, data: 'AAAA' } } }, ...rest],
  };
};

describe('writeReport', () => {
  it('writes page, Markdown and both tables into a folder that it makes, and leaves nothing else', () => {
    const folder = join(temporaryFolder(), 'a', 'report');
    const written = unwrap(writeReport(folder, fixture()));
    expect(readdirSync(folder).sort()).toEqual([
      'compatibility.csv',
      'figures.csv',
      'plan.csv',
      'report.html',
      'report.md',
      'steps.csv',
    ]);
    expect(written.map((path) => path.slice(folder.length + 1)).sort()).toEqual(readdirSync(folder).sort());
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
  });

  it('writes a table for each section that a plan has', () => {
    const folder = temporaryFolder();
    unwrap(writeReport(folder, { results: [], plan: fullPlan() }));
    expect(readdirSync(folder).sort()).toEqual([
      'autoscaling.csv',
      'break-even.csv',
      'figures.csv',
      'people.csv',
      'plan.csv',
      'ranges.csv',
      'report.html',
      'report.md',
      'steps.csv',
      'tornado.csv',
      'waiting.csv',
    ]);
  });

  it('writes no plan.csv without a plan', () => {
    const folder = temporaryFolder();
    unwrap(writeReport(folder, { results: [cpuResult()] }));
    expect(readdirSync(folder)).not.toContain('plan.csv');
  });

  it('fails in one sentence where the folder is a file', () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    const result = writeReport(join(file, 'report'), fixture());
    expect(result).toMatchObject({ kind: 'failed', failure: { code: 'OUTPUT_NOT_WRITABLE' } });
  });

  it('refuses a damaged histogram by its path and writes nothing', () => {
    const folder = join(temporaryFolder(), 'report');
    const result = writeReport(folder, { results: [damaged()] });
    if (result.kind === 'ok') throw new Error('a damaged histogram was accepted');
    expect(result.failure.code).toBe('INVALID_RESULT_FILE');
    expect(result.failure.issues[0]?.path).toBe('steps[0].histograms');
    expect(() => readdirSync(folder)).toThrow();
  });
});

describe('readResult', () => {
  it('computes rates by the window: requests ÷ seconds', () => {
    const result = cpuResult();
    const reading = unwrap(readResult(result));
    reading.steps.forEach((step, index) => {
      const source = result.steps[index];
      if (source === undefined) throw new Error('a step is missing');
      expect(step.offeredPerS * 20).toBeCloseTo(source.counts.offered, 6);
      expect(step.goodputPerS).toBeLessThanOrEqual(step.throughputPerS);
      expect(step.throughputPerS).toBeLessThanOrEqual(step.offeredPerS);
    });
  });

  it('calls the saturated step missed and a well-sampled light one met', () => {
    const reading = unwrap(readResult(cpuResult()));
    expect(reading.steps.at(-1)?.verdict).toBe('missed');
    expect(reading.steps.find((step) => step.step.name === '20/s')?.verdict).toBe('met');
    expect(reading.steps[0]?.verdict).toBe('not-enough-evidence');
  });
});

describe('the command to repeat', () => {
  it('is read back by a shell as the same words', () => {
    const words = ['--name', 'a \'b\' $HOME `id` \\ "c"', '*', '', 'é'];
    const printed = execFileSync('sh', ['-c', `printf '%s\\n' ${shellCommand(words)}`], { encoding: 'utf8' });
    expect(printed).toBe(`${words.join('\n')}\n`);
  });
});
