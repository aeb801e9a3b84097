import { describe, expect, it } from 'vitest';
import type { Block, Report, Table } from '../../presentation/blocks.ts';
import {
  basisOfTier,
  cheapestMode,
  interactionsPerMonth,
  machineUsdPerMonth,
} from '../../presentation/plan-reading.ts';
import { renderHtml } from '../../presentation/render-html.ts';
import { renderMarkdown } from '../../presentation/render-markdown.ts';
import { buildReport } from '../../presentation/report.ts';
import {
  askedPerSFromLoad,
  formatLoad,
  readPercentile,
  readResult,
} from '../../presentation/step-reading.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import type { PlanFile, PlannedMode } from '../../vocabulary/plan-file.ts';
import type { ResultFile, StepLoad } from '../../vocabulary/result-file.ts';
import { cpuResult, createPlan, fixture, plannedModesFixture } from './fixtures.ts';
import { parseElements } from './well-formed.ts';

const { results, plan } = fixture();
const reportOf = (files: readonly ResultFile[], from: PlanFile | undefined): Report =>
  buildReport(
    files.map((file) => unwrap(readResult(file))),
    from,
  );

function blocksOf(report: Report, id: string): readonly Block[] {
  const section = report.sections.find((each) => each.id === id);
  if (section === undefined) throw new Error(`no section ${id}`);
  return section.blocks;
}

const tablesOf = (report: Report, id: string): Table[] =>
  blocksOf(report, id).filter((block): block is Table => block.kind === 'table');

function columnOf(table: Table | undefined, title: string): string[] {
  const index = table?.columns.findIndex((column) => column.title === title) ?? -1;
  if (table === undefined || index < 0) throw new Error(`no column ${title}`);
  return table.rows.map((row) => row[index]?.text ?? '');
}

const firstPlanned = (): PlannedMode => {
  const [mode] = plannedModesFixture();
  if (mode === undefined) throw new Error('the fixture is empty');
  return mode;
};

describe('every table of a report', () => {
  const report = reportOf(results, plan);

  it('has a cell for each of its columns in each of its rows', () => {
    const tables = report.sections.flatMap((section) => tablesOf(report, section.id));
    expect(tables.length).toBeGreaterThan(12);
    for (const table of tables) {
      expect(table.rows.length, table.caption).toBeGreaterThan(0);
      for (const row of table.rows) expect(row.length, table.caption).toBe(table.columns.length);
    }
  });

  it('is in HTML and in Markdown', () => {
    const html = renderHtml(report);
    const markdown = renderMarkdown(report);
    const tables = report.sections.flatMap((section) => tablesOf(report, section.id));
    expect(html.match(/<table>/g)?.length).toBe(tables.length);
    const rows = tables.reduce((sum, table) => sum + table.rows.length, 0);
    const lines = markdown.split('\n').filter((line) => line.startsWith('|')).length;
    // Beside its rows a Markdown table has a line of headings and a rule.
    expect(lines).toBe(rows + 2 * tables.length);
  });
});

describe('the answer', () => {
  it('names the least machine cost, and says simulated of it where it is', () => {
    const lead = JSON.stringify(blocksOf(reportOf(results, plan), 'answer')[0]);
    expect(lead).toContain('Docker Compose on one host, 4 instances, $0.00212');
    const simulatedOnly = { ...plan, modes: plan.modes.filter((mode) => mode.mode === 'on-prem-gpu') };
    const simulated = JSON.stringify(blocksOf(reportOf(results, simulatedOnly), 'answer')[0]);
    expect(simulated).toContain('(SIMULATED)');
  });

  it('stands when every mode is refused, and says what would lift it', () => {
    const refused = { ...plan, modes: plan.modes.filter((mode) => mode.kind === 'refused') };
    const report = reportOf(results, refused);
    expect(JSON.stringify(blocksOf(report, 'answer'))).toContain(
      'a run against the deployed function with idle gaps',
    );
    expect(report.sections.map((section) => section.id)).not.toContain('cost');
    parseElements(renderHtml(report));
    expect(cheapestMode(refused)).toBeUndefined();
  });

  it('says why there is no capacity instead of a number', () => {
    const [first] = plan.measurements;
    if (first === undefined) throw new Error('the fixture is empty');
    const { capacityTurnsPerS: _, ...rest } = first;
    const without = { ...plan, measurements: [{ ...rest, refusal: 'every step met the objective' }] };
    const [, capacity] = tablesOf(reportOf(results, without), 'answer');
    expect(columnOf(capacity, 'capacity, turns/s')).toEqual(['refused: every step met the objective']);
  });

  it('adds up the instances of the tiers', () => {
    const [modes] = tablesOf(reportOf(results, plan), 'answer');
    expect(columnOf(modes, 'instances')).toEqual([
      '4: 1 gateway, 3 inference',
      '4: 3 gateway, 1 vendor quota',
      '5: 3 gateway, 2 gpu',
      'no plan',
    ]);
  });
});

describe('figures of a plan', () => {
  it('count 25,000 a day as 760,417 in an average month of 365 ÷ 12 days', () => {
    expect(interactionsPerMonth(plan)).toBeCloseTo((25_000 * 365) / 12, 6);
  });

  it('leave people out of the machine', () => {
    for (const mode of plannedModesFixture()) {
      expect(machineUsdPerMonth(mode) + 1_900_000).toBeCloseTo(mode.usdPerMonth, 6);
      expect(machineUsdPerMonth(mode) / interactionsPerMonth(plan)).toBeCloseTo(
        mode.usdPerInteraction.ai.p50,
        9,
      );
    }
  });

  it('call a tier simulated by its own capacity, not by that of its neighbours', () => {
    const mode = firstPlanned();
    const [tier] = mode.tiers;
    const [figure] = tier?.capacity ?? [];
    if (tier === undefined || figure === undefined) throw new Error('the fixture is empty');
    const mixed = {
      ...tier,
      capacity: [
        { ...figure, basis: 'catalogue' as const },
        { ...figure, basis: 'simulated' as const },
      ],
    };
    expect(basisOfTier(mode, mixed)).toBe('simulated');
    expect(basisOfTier({ ...mode, simulated: true }, tier)).toBe('measured');
    expect(basisOfTier({ ...mode, simulated: true }, { ...tier, capacity: [] })).toBe('simulated');
  });
});

describe('what the figures rest on', () => {
  const tables = tablesOf(reportOf(results, plan), 'basis');

  it('is grouped: measured, simulated, assumed, catalogue, derived', () => {
    expect(tables.map((table) => table.badge?.text)).toEqual([
      'measured',
      'SIMULATED',
      'assumed',
      'catalogue',
      'derived',
    ]);
  });

  it('is said once per figure with all that it is used for', () => {
    expect(columnOf(tables[0], 'used for')).toEqual([
      'demo-compose, gateway; demo-compose, inference; kubernetes-cloud-llm, gateway; kubernetes-cloud-llm, vendor quota',
    ]);
    for (const table of tables) {
      const rows = table.rows.map((row) => JSON.stringify(row.slice(0, 5)));
      expect(new Set(rows).size).toBe(rows.length);
    }
  });

  it('has a source for every figure and a date for every catalogue price', () => {
    for (const table of tables) expect(columnOf(table, 'source').every((source) => source !== '')).toBe(true);
    for (const date of columnOf(tables[3], 'date')) expect(date).toMatch(/^\d{4}-\d{2}-\d{2}$/);
  });
});

describe('how to repeat it', () => {
  it('is one command where two runs share it', () => {
    const commands = blocksOf(reportOf(results, plan), 'repeat').filter((block) => block.kind === 'command');
    expect(commands).toEqual([{ kind: 'command', text: "busyhour demo --per-day 25000 --out 'my report'" }]);
  });

  it('names seed, tool, machine and versions of each run', () => {
    const text = JSON.stringify(tablesOf(reportOf(results, plan), 'repeat'));
    for (const words of [
      'AMD EPYC 7B13, 2 cores, 18,120 MiB',
      'v24.11.1',
      'node-llama-cpp 3.22.1',
      'busyhour 0.1.0',
    ]) {
      expect(text).toContain(words);
    }
  });
});

describe('loads of each kind', () => {
  const number = (value: number): string => String(value);
  it.each<readonly [StepLoad, number | undefined, string]>([
    [{ kind: 'open', turnsPerS: 12.5, interactionsPerS: 2.5 }, 12.5, '12.5 turns/s'],
    [{ kind: 'closed', concurrency: 8 }, undefined, '8 at once'],
    [{ kind: 'trace', meanRequestsPerS: 40, speedUp: 2 }, 40, '40 requests/s (trace × 2)'],
  ])('%j', (load, askedPerS, words) => {
    expect(askedPerSFromLoad(load)).toBe(askedPerS);
    expect(formatLoad(load, number)).toBe(words);
    const result = cpuResult();
    const as = { ...result, steps: result.steps.map((step) => ({ ...step, load })) };
    const report = reportOf([as], undefined);
    parseElements(renderHtml(report));
    expect(renderMarkdown(report)).toContain(words);
  });
});

describe('a target without a token stream', () => {
  const result = cpuResult();
  const plain: ResultFile = {
    ...result,
    target: { ...result.target, protocol: 'http' },
    steps: result.steps.map((step) => ({
      ...step,
      histograms: step.histograms.latencyMs === undefined ? {} : { latencyMs: step.histograms.latencyMs },
    })),
  };

  it('has percentile curves of latency instead of tokens', () => {
    const html = renderHtml(reportOf([plain], undefined));
    expect(html).toContain('Turn latency by percentile');
    expect(html).not.toContain('Time to first token by percentile');
  });

  it('has an absent time to first token, not a zero', () => {
    const [reading] = unwrap(readResult(plain)).steps;
    if (reading === undefined) throw new Error('no step');
    expect(readPercentile(reading, 'timeToFirstTokenMs', 95)).toEqual({ kind: 'empty' });
    const [steps] = tablesOf(reportOf([plain], undefined), 'run-1');
    expect(new Set(columnOf(steps, 'TTFT p95 ms'))).toEqual(new Set(['—']));
  });
});

describe('a plan without results', () => {
  it('is still a report', () => {
    const report = reportOf([], createPlan(results));
    parseElements(renderHtml(report));
    expect(report.sections.map((section) => section.id)).toEqual([
      'answer',
      'doubts',
      'cost',
      'sizing',
      'basis',
      'repeat',
    ]);
  });
});

describe('two variants in one run', () => {
  it('have curves of their own, each under its name, and one timeline', () => {
    const result = cpuResult();
    const steps = result.steps.map((step, i) => ({ ...step, variant: i % 2 === 0 ? 'a' : 'b' }));
    const html = renderHtml(reportOf([{ ...result, steps }], undefined));
    parseElements(html);
    expect(html.match(/<h3>Variant (a, the baseline|b, the candidate)/g)?.length).toBe(2);
    expect(html.match(/>Goodput against load<\/title>/g)?.length).toBe(2);
    expect(html.match(/>Timeline of the run<\/title>/g)?.length).toBe(1);
  });
});

describe('what was done to the target', () => {
  const result = cpuResult();
  const acted: ResultFile = {
    ...result,
    actions: [
      {
        kind: 'outage',
        target: 'proxy',
        plannedAtMs: 30_000,
        startedAtMs: 30_010,
        endedAtMs: 35_010,
        state: 'done',
        effect: { before: { seconds: 10, goodputPerS: 8, goodRatio: 0.99 }, recoveryMs: 2_500 },
      },
      {
        kind: 'kill',
        target: 'replica',
        plannedAtMs: 60_000,
        startedAtMs: 60_000,
        endedAtMs: 60_001,
        state: 'failed',
      },
    ],
  };

  it('is in the timeline as a band with its name, and in a table with what came of it', () => {
    const html = renderHtml(reportOf([acted], undefined));
    parseElements(html);
    const timeline = /<svg[^>]*>(?:(?!<svg).)*?Timeline of the run.*?<\/svg>/s.exec(html)?.[0] ?? '';
    expect(timeline).toContain('>outage of proxy</text>');
    expect(timeline).toContain('>kill of replica (failed)</text>');
    const bands = [...timeline.matchAll(/<rect x="([\d.]+)"[^>]*width="([\d.]+)"[^>]*fill-opacity/g)];
    expect(bands.length).toBe(2);
    expect(Number(bands[0]?.[2])).toBeGreaterThan(10);
    const markdown = renderMarkdown(reportOf([acted], undefined));
    expect(markdown).toMatch(
      /outage of proxy \| 30 s \| 5 s \| \(?done\)? \| 8 \(99 %\) \| — \| — \| 2\.5 s/,
    );
  });
});

describe('hot paths', () => {
  it('have a table of their own, without charts of steps that there are none of', () => {
    const result = cpuResult();
    const micro: ResultFile = {
      ...result,
      steps: [],
      engine: 'tinybench',
      micro: [{ case: 'sse-parse', nsPerOp: [120, 100, 110] }],
    };
    const report = reportOf([micro], undefined);
    parseElements(renderHtml(report));
    expect(renderMarkdown(report)).toMatch(/sse-parse \| 3 \| 110 \| 100 \| 120 \| 9,090,909/);
    expect(renderHtml(report)).not.toContain('<svg');
  });
});

describe('a result that another tool measured', () => {
  it('says which, and how its definitions differ', () => {
    const imported: ResultFile = {
      ...cpuResult(),
      importedFrom: { tool: 'vllm', version: '0.12', notes: ['ITL is a chunk gap'] },
    };
    const markdown = renderMarkdown(reportOf([imported], undefined));
    expect(markdown).toContain('Measured by vllm 0.12, not by busyhour.');
    expect(markdown).toContain('ITL is a chunk gap');
  });
});
