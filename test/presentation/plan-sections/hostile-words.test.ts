import { describe, expect, it } from 'vitest';
import { diffPlans } from '../../../planner/index.ts';
import { figuresCsv } from '../../../presentation/plan-csv/figures-csv.ts';
import { autoscalingCsv, breakEvenCsv, peopleCsv } from '../../../presentation/plan-csv/hours-csv.ts';
import { rangesCsv, tornadoCsv } from '../../../presentation/plan-csv/uncertainty-csv.ts';
import { buildPlanDiffReport } from '../../../presentation/plan-diff/report.ts';
import { renderHtml } from '../../../presentation/render-html.ts';
import { renderMarkdown } from '../../../presentation/render-markdown.ts';
import { buildReport } from '../../../presentation/report.ts';
import type { PlanFile } from '../../../vocabulary/plan-file.ts';
import { poison } from '../poison.ts';
import { parseElements } from '../well-formed.ts';
import { plan, report, rowsOf } from './full-report.ts';

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
