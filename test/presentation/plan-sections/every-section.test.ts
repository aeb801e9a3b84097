import { describe, expect, it } from 'vitest';
import { figuresCsv } from '../../../presentation/plan-csv/figures-csv.ts';
import { renderHtml } from '../../../presentation/render-html.ts';
import { renderMarkdown } from '../../../presentation/render-markdown.ts';
import { buildReport } from '../../../presentation/report.ts';
import { formatAnswerTable } from '../../../presentation/terminal.ts';
import { planFileSchema } from '../../../vocabulary/plan-file.ts';
import { fixture } from '../fixtures.ts';
import { parseElements } from '../well-formed.ts';
import { blocksOf, plan, report, rowsOf, tablesOf } from './full-report.ts';

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
