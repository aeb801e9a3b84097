import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAnswerTable, formatStepTable, TERMINAL_CHARS } from '../../presentation/terminal.ts';
import { formatTextTable, wrapText } from '../../presentation/text-table.ts';
import { createDiagnostic } from '../../vocabulary/diagnostics.ts';
import { BusyhourError } from '../../vocabulary/errors.ts';
import { LatencyHistogram } from '../../vocabulary/histogram.ts';
import { emptyOutcomeCounts } from '../../vocabulary/outcomes.ts';
import type { PlanFile } from '../../vocabulary/plan-file.ts';
import type { ResultFile } from '../../vocabulary/result-file.ts';
import { fixture } from './fixtures.ts';

const { results, plan } = fixture();
const widest = (text: string): number => Math.max(...text.split('\n').map((line) => line.length));
// biome-ignore lint/suspicious/noControlCharactersInRegex: looking for them is the purpose
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;

describe('formatAnswerTable', () => {
  const text = formatAnswerTable(plan, results);

  it('stays within 100 columns and uses no colour', () => {
    expect(widest(text)).toBeLessThanOrEqual(TERMINAL_CHARS);
    expect(text).not.toMatch(CONTROL);
  });

  it('gives instances, binding constraint, USD per interaction and basis of every mode', () => {
    const flat = text.replace(/\s+/g, ' ');
    for (const words of [
      'inference: redundancy',
      '$0.00212',
      '[0.00174–0.00278]',
      'no plan',
      'measured',
      '19.4',
    ]) {
      expect(flat).toContain(words);
    }
    expect(text).toMatch(/on-prem-gpu +3 gateway, 2 gpu +gpu: redundancy +\$0\.00571 +SIMULATED/);
  });

  it('says doubts before numbers', () => {
    const doubtful = formatAnswerTable(
      { ...plan, diagnostics: [createDiagnostic('UNSTABLE_QUEUE', 'too much')] },
      results,
    );
    expect(doubtful.indexOf('error UNSTABLE_QUEUE')).toBeGreaterThan(0);
    expect(doubtful.indexOf('error UNSTABLE_QUEUE')).toBeLessThan(doubtful.indexOf('turns/s at the SLO'));
  });

  it('stays within its width and drives no terminal, whatever the names are', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300, unit: 'binary' }), (name) => {
        const hostile: PlanFile = {
          ...plan,
          modes: plan.modes.map((mode) => ({ ...mode, mode: `\u001b[31m${name}` })),
          diagnostics: [createDiagnostic('STALE_PRICE', name, name)],
        };
        const shown = formatAnswerTable(hostile, []);
        expect(widest(shown)).toBeLessThanOrEqual(TERMINAL_CHARS);
        expect(shown).not.toMatch(CONTROL);
      }),
      { numRuns: 30 },
    );
  });
});

describe('formatStepTable', () => {
  it('shows one step per row within 100 columns, withheld percentiles named', () => {
    const [cpu] = results;
    if (cpu === undefined) throw new Error('the fixture is empty');
    const text = formatStepTable(cpu);
    expect(widest(text)).toBeLessThanOrEqual(TERMINAL_CHARS);
    expect(text).not.toContain('SIMULATED');
    for (const step of cpu.steps) expect(text).toMatch(new RegExp(`^${step.name} `, 'm'));
    expect(text).toMatch(/withheld/);
    expect(text).toMatch(/28\/s .* missed$/m);
  });

  it('shouts that a target is simulated, and that a run is partial', () => {
    const gpu = results[1];
    if (gpu === undefined) throw new Error('the fixture is empty');
    const text = formatStepTable({ ...gpu, state: 'partial' });
    expect(text).toMatch(/^SIMULATED target: simulated GPU worker/);
    expect(text).toContain('interrupted');
  });

  it('tells steps within the objectives that lack requests to say so from met and missed ones', () => {
    const [cpu] = results;
    if (cpu === undefined) throw new Error('the fixture is empty');
    const histogram = new LatencyHistogram();
    for (let i = 0; i < 100; i++) histogram.record(500);
    // 100 requests without an error: p95 is certain (59 suffice), an error ratio of 1 % is not (299 are needed).
    const [first] = cpu.steps;
    if (first === undefined) throw new Error('the fixture has no step');
    const counts = { ...emptyOutcomeCounts(), offered: 100, completed: 100 };
    const few = { ...first, name: 'few', counts, histograms: { latencyMs: histogram.encode() } };
    const text = formatStepTable({ ...cpu, steps: [few] });
    expect(text).toMatch(/^few .* within \*$/m);
    expect(text).toContain('too few requests');
    const growing = createDiagnostic('NOT_STEADY', 'requests in flight rose', 'few');
    expect(formatStepTable({ ...cpu, steps: [few], diagnostics: [growing] })).toMatch(/^few .* not steady$/m);
    const empty = formatStepTable({ ...cpu, steps: [] });
    expect(empty).toContain('No step was measured.');
    expect(empty).not.toContain('verdict');
    expect(empty).not.toContain('too few requests');
  });

  it('refuses a damaged histogram with the catalogue code', () => {
    const [cpu] = results;
    const [step] = cpu?.steps ?? [];
    const latency = step?.histograms.latencyMs;
    if (cpu === undefined || step === undefined || latency === undefined)
      throw new Error('the fixture is empty');
    const damaged: ResultFile = {
      ...cpu,
      steps: [{ ...step, histograms: { latencyMs: { ...latency, data: 'bm90IGEgaGlzdG9ncmFt' } } }],
    };
    expect(() => formatStepTable(damaged)).toThrow(BusyhourError);
  });
});

describe('text tables', () => {
  it('wraps at spaces, splits words that are too long, and loses no character', () => {
    fc.assert(
      fc.property(fc.lorem({ maxCount: 30 }), fc.integer({ min: 1, max: 40 }), (text, maxChars) => {
        const lines = wrapText(text, maxChars);
        expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(maxChars);
        expect(lines.join('').replace(/ /g, '')).toBe(text.replace(/\s/g, ''));
      }),
    );
  });

  it('aligns by column', () => {
    const columns = [
      { title: 'name', maxChars: 10 },
      { title: 'n', align: 'right' as const, maxChars: 10 },
    ];
    expect(
      formatTextTable(columns, [
        ['a', '1'],
        ['bcdef', '1000'],
      ]),
    ).toBe(['name      n', '─────  ────', 'a         1', 'bcdef  1000'].join('\n'));
  });
});
