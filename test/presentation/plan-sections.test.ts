import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { diffPlans } from '../../planner/index.ts';
import type { Block, Table } from '../../presentation/blocks.ts';
import { breakEvenChart } from '../../presentation/charts/break-even.ts';
import { hoursChart } from '../../presentation/charts/over-hours.ts';
import { replicaRangeChart } from '../../presentation/charts/replica-range.ts';
import { tornadoBars, tornadoChart } from '../../presentation/charts/tornado.ts';
import { figuresCsv } from '../../presentation/plan-csv/figures-csv.ts';
import { autoscalingCsv, breakEvenCsv, peopleCsv } from '../../presentation/plan-csv/hours-csv.ts';
import { rangesCsv, tornadoCsv } from '../../presentation/plan-csv/uncertainty-csv.ts';
import { waitingCsv } from '../../presentation/plan-csv/waiting-csv.ts';
import { buildPlanDiffReport } from '../../presentation/plan-diff/report.ts';
import { plannedModes } from '../../presentation/plan-reading.ts';
import { renderHtml } from '../../presentation/render-html.ts';
import { renderMarkdown } from '../../presentation/render-markdown.ts';
import { buildReport } from '../../presentation/report.ts';
import { formatAnswerTable } from '../../presentation/terminal.ts';
import { type PlanFile, planFileSchema } from '../../vocabulary/plan-file.ts';
import { fixture } from './fixtures.ts';
import { fullPlan, VENDOR_VS_OWN_PER_DAY, weekTurnsPerS } from './plan-fixtures.ts';
import { poison } from './poison.ts';
import { type Element, parseElements } from './well-formed.ts';

const plan = fullPlan();
const report = buildReport([], plan);
const [compose, kubernetes] = plannedModes(plan);
if (compose === undefined || kubernetes === undefined) throw new Error('the fixture is empty');
const drawn = kubernetes.uncertainty;
const scaled = kubernetes.autoscaling;
const { breakEven } = plan;
if (drawn === undefined || scaled === undefined || breakEven === undefined)
  throw new Error('the fixture is empty');

const blocksOf = (id: string): readonly Block[] => {
  const section = report.sections.find((each) => each.id === id);
  if (section === undefined) throw new Error(`no section ${id}`);
  return section.blocks;
};
const tablesOf = (id: string): Table[] =>
  blocksOf(id).filter((block): block is Table => block.kind === 'table');

const ofClass = (svg: string, name: string, className: string): Element[] =>
  parseElements(svg).filter(
    (element) => element.name === name && (element.attributes.class ?? '').split(' ').includes(className),
  );
const numberOf = (element: Element | undefined, name: string): number => Number(element?.attributes[name]);
const rowsOf = (text: string | undefined): Record<string, string>[] =>
  parse(text ?? '', { columns: true, skip_empty_lines: true });

describe('a plan with every section', () => {
  it('keeps the schema', () => {
    expect(planFileSchema.safeParse(plan).error?.issues ?? []).toEqual([]);
  });

  it('is reported with each of them, in HTML and in Markdown', () => {
    expect(report.sections.map(({ id }) => id)).toEqual([
      'answer',
      'budget',
      'doubts',
      'cost',
      'sizing',
      'break-even',
      'waiting',
      'autoscaling',
      'risk',
      'people',
      'basis',
      'repeat',
    ]);
    parseElements(renderHtml(report));
    const markdown = renderMarkdown(report);
    for (const words of [
      'Six fixed replicas would do instead',
      'busy days escalate more',
      'pays for itself when it is busy',
      'two reserved, the third on demand',
      'the vendor’s queue is not known',
    ]) {
      expect(markdown).toContain(words);
    }
  });

  it('has a cell for each column in each row of each table', () => {
    for (const section of report.sections) {
      for (const table of tablesOf(section.id)) {
        expect(table.rows.length, table.caption).toBeGreaterThan(0);
        for (const row of table.rows) expect(row.length, table.caption).toBe(table.columns.length);
      }
    }
  });

  it('is reported without them where the plan has none, as plans of earlier releases', () => {
    expect(planFileSchema.safeParse(fixture().plan).success).toBe(true);
    const ids = buildReport([], fixture().plan).sections.map(({ id }) => id);
    expect(ids).toEqual(['answer', 'doubts', 'cost', 'sizing', 'basis', 'repeat']);
  });

  it('says what to measure next, on the page and in the terminal', () => {
    const [, capacity] = tablesOf('answer');
    expect(capacity?.rows.map((row) => row.at(-1)?.text)).toEqual(['21 and 23.5', '—']);
    const text = formatAnswerTable(plan, []).replace(/\s+/g, ' ');
    expect(text).toContain('measure next: demo gateway with local inference at 21 and 23.5 turns/s.');
    expect(text).toContain('kubernetes-cloud-llm 0.4 % (6.2 %)');
    expect(text).toContain('From 216,000 interactions a day on, own GPUs cost less than the vendor.');
  });

  it('says simulated of every waiting and every week that was', () => {
    const [waiting] = tablesOf('waiting');
    const found = waiting?.rows.map((row) => row[4]?.badge?.text);
    expect(found).toContain('SIMULATED');
    for (const block of blocksOf('autoscaling')) {
      if (block.kind === 'chart') expect(block.svg).toContain('>SIMULATED</text>');
    }
  });

  it('names what its figures rest on: those of the sections too, with source and date', () => {
    const rows = rowsOf(figuresCsv(plan));
    for (const figure of ['hpaTolerance', 'averageHandleTimeS', 'usdPerGpuHour', 'usdPerRequest']) {
      const row = rows.find((each) => each.figure === figure);
      expect(row, figure).toMatchObject({ basis: 'catalogue' });
      expect(row?.date, figure).toMatch(/^20/);
    }
    const page = renderMarkdown(report);
    expect(page).toContain('averageHandleTimeS');
  });

  it('marks the figures of an entry that was stale when the plan was made', () => {
    const stale = {
      ...plan,
      diagnostics: [{ code: 'STALE_PRICE' as const, message: 'old', subject: 'k8s/hpa' }],
    };
    const basis = buildReport([], stale).sections.find(({ id }) => id === 'basis');
    expect(JSON.stringify(basis)).toContain('"text":"2026-04-01","badge":{"kind":"unsure","text":"stale"}');
    expect(JSON.stringify(buildReport([], plan).sections)).not.toContain('"text":"stale"');
  });
});

describe('the tornado', () => {
  const view = {
    id: 't',
    title: 'Machine',
    cost: 'ai' as const,
    centralUsd: drawn.central.usdPerInteraction.ai,
    simulated: false,
  };
  const svg = tornadoChart(drawn.tornado, view) ?? '';

  it('has a bar for each input that moves the cost, the widest first; people do not move the machine', () => {
    const bars = tornadoBars(drawn.tornado, 'ai');
    expect(bars.map(({ row }) => row.input)).toEqual([
      'busyHourShareRatio',
      'capacity',
      'tokenPrice',
      'retryRatio',
    ]);
    expect(tornadoBars(drawn.tornado, 'resolved')[0]?.row.input).toBe('escalationRatio');
  });

  it('draws lengths that keep their proportions, P10 left of the plan for a cost that grows', () => {
    const [low, high] = [ofClass(svg, 'rect', 'fill-p50'), ofClass(svg, 'rect', 'fill-p95')];
    // The first of each is the mark of the legend.
    const [first, second] = [low[1], low[2]];
    const bars = tornadoBars(drawn.tornado, 'ai');
    const length = (index: number): number => Math.abs((bars[index]?.atP10 ?? 0) - view.centralUsd);
    expect(numberOf(first, 'width') / numberOf(second, 'width')).toBeCloseTo(length(0) / length(1), 1);
    expect(numberOf(first, 'x')).toBeLessThan(numberOf(high[1], 'x'));
    // More capacity costs less: its P10 is right of the plan.
    expect(numberOf(second, 'x')).toBeGreaterThan(numberOf(high[2], 'x'));
  });

  it('says the figures in words', () => {
    expect(svg).toContain('busy-hour share: ');
    expect(svg).toMatch(/at its P10 \(0\.8\)/);
  });

  it('is absent where nothing moves the cost', () => {
    expect(tornadoChart([], view)).toBeUndefined();
    expect(tornadoChart(drawn.tornado.slice(0, 2), view)).toBeUndefined();
  });
});

describe('the break-even chart', () => {
  const svg =
    breakEvenChart(breakEven.modes, { id: 'b', title: 'Modes', plannedInteractionsPerDay: 25_000 }) ?? '';

  /** Where a drawn line is at `x`, by interpolation between its points. */
  function heightAt(path: string, x: number): number {
    const points = [...path.matchAll(/[ML]?(-?[\d.]+),(-?[\d.]+)/g)].map(
      (match) => [Number(match[1]), Number(match[2])] as const,
    );
    const next = points.findIndex(([px]) => px >= x);
    const [from, to] = [points[next - 1], points[next]];
    if (from === undefined || to === undefined) return Number.NaN;
    return from[1] + ((x - from[0]) / (to[0] - from[0])) * (to[1] - from[1]);
  }

  it('draws the crossing where the two lines cross', () => {
    const crossing = ofClass(svg, 'circle', 'fill-limit')[0];
    const lines = ['stroke-p95', 'stroke-good'].map(
      (ink) => ofClass(svg, 'path', ink)[0]?.attributes.d ?? '',
    );
    const x = numberOf(crossing, 'cx');
    const [vendor, own] = lines.map((line) => heightAt(line, x));
    expect(Math.abs((vendor ?? 0) - (own ?? 0))).toBeLessThan(3);
    expect(Math.abs(numberOf(crossing, 'cy') - (own ?? 0))).toBeLessThan(3);
    expect(VENDOR_VS_OWN_PER_DAY).toBeGreaterThan(200_000);
  });

  it('marks the planned volume, the option that ends, and which is cheapest where', () => {
    expect(svg).toContain('planned: 25K a day');
    expect(svg).toContain('one host carries no more');
    expect(svg).toContain('On-premises GPU servers, two sites (SIMULATED) is cheapest from');
    expect(svg).not.toMatch(/NaN|Infinity/);
  });

  it('is absent without curves', () => {
    expect(
      breakEvenChart(breakEven.inference, { id: 'b', title: 'x', plannedInteractionsPerDay: 1 }),
    ).toBeUndefined();
  });
});

describe('replicas over a week', () => {
  it('steps at each hour, to heights that keep their proportions', () => {
    const values = [1, 3, 2];
    const svg = hoursChart({
      id: 'h',
      title: 'x',
      description: 'three hours of a day, in one series of counts',
      simulated: false,
      unit: 'replicas',
      intervalHours: 1,
      series: [{ text: 'a', ink: 'p50', mark: 'line', values }],
    });
    const d = ofClass(svg, 'path', 'stroke-p50')[0]?.attributes.d ?? '';
    const heights = [...d.matchAll(/[ML]?(-?[\d.]+),(-?[\d.]+)/g)].map((match) => Number(match[2]));
    const [bottom] = ofClass(svg, 'line', 'stroke-grid').map((line) => numberOf(line, 'y1'));
    const over = (height: number | undefined): number => (bottom ?? 0) - (height ?? 0);
    // A step after each point: 1, then 1 again where the second begins, 3, 3, 2, 2.
    expect(over(heights[2]) / over(heights[0])).toBeCloseTo(3, 1);
    expect(over(heights[4]) / over(heights[0])).toBeCloseTo(2, 1);
  });

  it('names the days', () => {
    const chart = blocksOf('autoscaling').find((block) => block.kind === 'chart');
    const svg = chart?.kind === 'chart' ? chart.svg : '';
    for (const day of ['Monday', 'Thursday', 'Sunday']) expect(svg).toContain(`>${day}</text>`);
  });

  it('shows the load in replicas that it needs, on the same axis as the replicas there are', () => {
    const peak = Math.max(...weekTurnsPerS);
    expect(peak / 1.1).toBeGreaterThan(4);
    const chart = blocksOf('autoscaling').find((block) => block.kind === 'chart');
    const svg = chart?.kind === 'chart' ? chart.svg : '';
    expect(svg).toContain('replicas that the load needs');
    expect(svg).not.toMatch(/NaN|Infinity/);
  });
});

describe('ranges of replicas', () => {
  it('has a row for each tier, with the plan beside the draws', () => {
    const ranges = drawn.replicas.map((tier) => ({ modeTitle: 'M', simulated: false, tier }));
    const svg = replicaRangeChart(ranges, 'r') ?? '';
    expect(svg).toContain('planned 3, needs 3 [3–5]');
    expect(replicaRangeChart([], 'r')).toBeUndefined();
  });
});

describe('tables as CSV', () => {
  it('have every hour of the week for each policy that scales', () => {
    const rows = rowsOf(autoscalingCsv(plan));
    const policies = scaled.tiers.flatMap((tier) =>
      tier.kind === 'scaled' ? tier.policies.filter(({ hours }) => hours !== undefined) : [],
    );
    expect(rows.length).toBe(168 * policies.length);
    const hpa = rows.filter(({ policy }) => policy === 'HPA on CPU at 60 %');
    expect(hpa.reduce((sum, row) => sum + Number(row.meanReplicas), 0)).toBeCloseTo(
      policies[0]?.outcome.replicaHours ?? 0,
      6,
    );
    for (const row of rows) expect(row.basis).toBe('simulated');
  });

  it('have a row for each interval of each staffed mode', () => {
    expect(rowsOf(peopleCsv(plan)).length).toBe(48 * plannedModes(plan).length);
  });

  it('have the points of each curve, month and interaction agreeing', () => {
    const rows = rowsOf(breakEvenCsv(plan));
    expect(rows.length).toBe(breakEven.modes.curves.reduce((sum, { points }) => sum + points.length, 0));
    for (const row of rows) {
      const perMonth = Number(row.usdPerInteraction) * Number(row.interactionsPerDay) * (365 / 12);
      expect(perMonth / Number(row.usdPerMonth)).toBeCloseTo(1, 9);
    }
  });

  it('have the tornado and the ranges of every mode that was drawn', () => {
    expect(rowsOf(tornadoCsv(plan)).length).toBe(6 * plannedModes(plan).length);
    const ranges = rowsOf(rangesCsv(plan));
    for (const row of ranges.filter(({ kind }) => kind !== 'missProbability')) {
      expect(Number(row.p10)).toBeLessThanOrEqual(Number(row.p50));
      expect(Number(row.p50)).toBeLessThanOrEqual(Number(row.p90));
    }
    const total = ranges.find(({ mode, item }) => mode === kubernetes.mode && item === 'total');
    expect(Number(total?.planned)).toBeCloseTo(kubernetes.usdPerMonth, 6);
  });

  it('have the waits of every modelled tier, an overloaded one without a wait', () => {
    const rows = rowsOf(waitingCsv(plan));
    expect(rows.length).toBe(2 * plannedModes(plan).length);
    expect(rows[0]).toMatchObject({ state: 'all up', method: 'simulation', meanWaitMs: '84' });
    expect(rows[1]).toMatchObject({ state: 'after losses', method: 'overloaded', meanWaitMs: '' });
  });

  it('are absent where the plan has no such section', () => {
    const bare = fixture().plan;
    for (const table of [waitingCsv, autoscalingCsv, peopleCsv, breakEvenCsv, tornadoCsv, rangesCsv])
      expect(table(bare)).toBeUndefined();
  });
});

describe('hostile words in a plan', () => {
  const HOSTILE = `"><script>alert(1)</script><img src=x onerror='alert(1)'>&lt;|\`[x](javascript:alert(1))\u202e\u001b[31m`;
  const hostile = poison(plan, HOSTILE, new Set());
  const shape = (markup: string): Set<string> =>
    new Set(parseElements(markup).flatMap(({ name, attributes }) => [name, ...Object.keys(attributes)]));

  it('create no element, attribute or number that is none, in the report', () => {
    const html = renderHtml(buildReport([], hostile));
    const known = shape(renderHtml(report));
    expect([...shape(html)].filter((name) => !known.has(name))).toEqual([]);
    expect(html).toContain('&lt;script&gt;');
    expect(html).not.toMatch(/NaN|Infinity|undefined|\[object/);
    expect(renderMarkdown(buildReport([], hostile))).not.toContain('<script');
  });

  it('create none in a comparison', () => {
    const compare = (after: PlanFile): string =>
      renderHtml(buildPlanDiffReport(diffPlans({ name: 'a', plan }, { name: 'b', plan: after })));
    const known = shape(renderHtml(report));
    const html = compare(hostile);
    expect([...shape(html)].filter((name) => !known.has(name))).toEqual([]);
    expect(html).toContain('&lt;script&gt;');
    expect(html).not.toMatch(/NaN|Infinity|undefined|\[object/);
  });

  it('start no formula in a table', () => {
    const formula = poison(plan, '=HYPERLINK("http://x")', new Set());
    for (const table of [figuresCsv, autoscalingCsv, peopleCsv, breakEvenCsv, tornadoCsv, rangesCsv]) {
      for (const row of rowsOf(table(formula)))
        for (const value of Object.values(row)) expect(value).not.toMatch(/^\s*=/);
    }
  });
});
