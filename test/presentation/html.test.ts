import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { renderHtml } from '../../presentation/render-html.ts';
import { renderMarkdown } from '../../presentation/render-markdown.ts';
import { buildReport } from '../../presentation/report.ts';
import { type ResultReading, readResult } from '../../presentation/step-reading.ts';
import { createDiagnostic } from '../../vocabulary/diagnostics.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import type { PlanFile } from '../../vocabulary/plan-file.ts';
import type { ResultFile } from '../../vocabulary/result-file.ts';
import { cpuResult, createResult, fixture } from './fixtures.ts';
import { poison } from './poison.ts';
import { parseElements } from './well-formed.ts';

const readAll = (results: readonly ResultFile[]): ResultReading[] =>
  results.map((result) => unwrap(readResult(result)));

const { results, plan } = fixture();
const report = buildReport(readAll(results), plan);
const html = renderHtml(report);
const markdown = renderMarkdown(report);

const textOf = (markup: string): string =>
  markup
    .replace(/<style>[^<]*<\/style>/, '')
    .replace(/<title[^>]*>[^<]*<\/title>|<desc[^>]*>[^<]*<\/desc>/g, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ');

describe('report.html', () => {
  it('is well formed and refers to nothing outside itself', () => {
    const elements = parseElements(html);
    expect(elements.length).toBeGreaterThan(1000);
    const names = new Set(elements.map((element) => element.name));
    for (const loader of ['script', 'link', 'img', 'iframe', 'object', 'embed', 'base', 'form']) {
      expect(names).not.toContain(loader);
    }
    const references = elements.flatMap(({ attributes }) =>
      ['href', 'src', 'action', 'xlink:href', 'data'].flatMap((name) => attributes[name] ?? []),
    );
    expect(references.length).toBeGreaterThan(4);
    expect(references.filter((reference) => !reference.startsWith('#'))).toEqual([]);
    expect(html).not.toMatch(/url\(|@import/);
    const namespaces = html.match(/https?:\/\/[^"'\s<]+/g) ?? [];
    expect(new Set(namespaces)).toEqual(
      new Set(['http://www.w3.org/2000/svg', 'http://127.0.0.1:8080'].slice(0, 1)),
    );
  });

  it('has no inline handler or style, and a policy whose hash is that of its stylesheet', () => {
    const attributes = parseElements(html).flatMap((element) => Object.keys(element.attributes));
    expect(attributes.filter((name) => name.startsWith('on') || name === 'style')).toEqual([]);
    const style = /<style>([^<]*)<\/style>/.exec(html)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(html).toContain(`content="default-src 'none'; style-src 'sha256-${hash}'"`);
  });

  it('links every section by an id that exists once', () => {
    const elements = parseElements(html);
    const ids = elements.flatMap(({ attributes }) => attributes.id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { attributes } of elements.filter((element) => element.name === 'a')) {
      expect(ids).toContain(attributes.href?.slice(1));
    }
    for (const { attributes } of elements.filter((element) => element.name === 'svg')) {
      for (const id of attributes['aria-labelledby']?.split(' ') ?? ['missing']) expect(ids).toContain(id);
    }
  });

  it('answers first, doubts next and only then shows measurements', () => {
    const order = [...html.matchAll(/<section id="([^"]+)"/g)].map((match) => match[1]);
    expect(order.slice(0, 3)).toEqual(['answer', 'doubts', 'run-1']);
    const answer = textOf(html.slice(html.indexOf('id="answer"'), html.indexOf('id="doubts"')));
    for (const words of [
      '25,000 interactions a day',
      'Docker Compose on one host',
      '1 gateway, 3 inference',
      'inference: redundancy',
      '$0.00212 [0.00174–0.00278]',
      '19.4',
      'No cold-start time was measured.',
    ]) {
      expect(answer).toContain(words);
    }
  });

  it('puts errors before warnings before notes', () => {
    const doubtful = buildReport(readAll(results), {
      ...plan,
      diagnostics: [...plan.diagnostics, createDiagnostic('UNSTABLE_QUEUE', 'utilisation 1.2')],
    });
    const severities = [...renderHtml(doubtful).matchAll(/class="notice (\w+)"/g)].map((match) => match[1]);
    expect(severities[0]).toBe('error');
    const rank = severities.map((severity) => ['error', 'warning', 'info'].indexOf(severity ?? ''));
    expect(rank).toEqual([...rank].sort((a, b) => a - b));
  });

  it('is the same text for the same files', () => {
    const again = fixture();
    expect(renderHtml(buildReport(readAll(again.results), again.plan))).toBe(html);
  });

  it('stands without a plan, and with a single step', () => {
    const one = createResult({ runId: 'one', simulated: false, capacityPerS: 24, ratesPerS: [8] });
    const text = renderHtml(buildReport(readAll([one]), undefined));
    parseElements(text);
    expect(text).toContain('Load test report');
    expect(text).not.toContain('SIMULATED');
    expect(text).not.toContain('Turn latency against load');
    expect(text).toContain('Time to first token by percentile');
  });

  it('stands when nothing completed', () => {
    const result = cpuResult();
    const empty: ResultFile = {
      ...result,
      steps: result.steps.map((step) => ({
        ...step,
        counts: {
          offered: 3,
          completed: 0,
          failed: 3,
          timedOut: 0,
          dropped: 0,
          byReason: { 'failed:connect-refused': 3 },
        },
        goodRequests: 0,
        histograms: {},
        timeline: [],
      })),
    };
    const text = renderHtml(buildReport(readAll([empty]), undefined));
    parseElements(text);
    expect(textOf(text)).toContain('failed:connect-refused');
    expect(text).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('never prints a figure that is not one', () => {
    expect(html).not.toMatch(/NaN|Infinity|undefined|\[object/);
    expect(markdown).not.toMatch(/NaN|Infinity|undefined|\[object/);
  });
});

describe('hostile text in the files', () => {
  const HOSTILE = `"><script>alert(1)</script><img src=x onerror='alert(1)'>&lt;|\`[x](javascript:alert(1))\u202e\u001b[31m`;
  const input = fixture();
  const poisoned = poison(input, HOSTILE, new Set()) as { results: ResultFile[]; plan: PlanFile };
  const text = renderHtml(buildReport(readAll(poisoned.results), poisoned.plan));

  it('creates no element or attribute in HTML', () => {
    const shape = (markup: string): Set<string> =>
      new Set(parseElements(markup).flatMap(({ name, attributes }) => [name, ...Object.keys(attributes)]));
    expect([...shape(text)].filter((name) => !shape(html).has(name))).toEqual([]);
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  });

  it('leaves no control character or direction override anywhere', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: looking for them is the purpose
    const unsafe = /[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e\u2066-\u2069]/;
    expect(text).not.toMatch(unsafe);
    expect(renderMarkdown(buildReport(readAll(poisoned.results), poisoned.plan))).not.toMatch(unsafe);
  });

  it('creates no raw HTML, link or extra table cell in Markdown', () => {
    const poisonedMarkdown = renderMarkdown(buildReport(readAll(poisoned.results), poisoned.plan));
    const outsideCode = poisonedMarkdown.replace(/(`{3,})sh\n[\s\S]*?\n\1/g, '');
    expect(outsideCode).not.toContain('<script');
    expect(outsideCode).not.toMatch(/(?<!\\)\]\(/);
    const rows = outsideCode.split('\n').filter((line) => line.startsWith('|'));
    const cells = (row: string): number => row.split(/(?<!\\)\|/).length;
    const tables = outsideCode
      .trim()
      .split(/\n\n/)
      .filter((block) => block.startsWith('|'));
    expect(rows.length).toBeGreaterThan(50);
    for (const table of tables) expect(new Set(table.split('\n').map(cells)).size, table).toBe(1);
  });
});

describe('what is simulated', () => {
  it('says so in the banner, the section, each chart, the tables and the modes', () => {
    const simulatedSection = html.slice(
      html.indexOf('<section id="run-2"'),
      html.indexOf('<section id="cost"'),
    );
    const charts = simulatedSection.match(/<svg[\s\S]*?<\/svg>/g) ?? [];
    expect(charts.length).toBe(7);
    for (const chart of charts) expect(chart).toMatch(/>SIMULATED<\/text>/);
    expect(simulatedSection).toMatch(/<h2>[^<]*\(SIMULATED\)<\/h2>/);
    const captions = simulatedSection.match(/<caption>.*?<\/caption>/g) ?? [];
    expect(captions.filter((caption) => caption.includes('SIMULATED')).length).toBeGreaterThanOrEqual(2);
    expect(html).toMatch(/class="simulated-banner"/);
    expect(textOf(html)).toMatch(/On-premises GPU servers, two sites SIMULATED/);
  });

  it('is not said of what was measured', () => {
    const measured = html.slice(html.indexOf('<section id="run-1"'), html.indexOf('<section id="run-2"'));
    expect(measured).not.toContain('SIMULATED');
  });

  it('is said in Markdown too', () => {
    expect(markdown).toMatch(/^> \*\*SIMULATED\*\*/m);
    expect(markdown).toMatch(/On-premises GPU servers, two sites \*\*SIMULATED\*\*/);
  });
});

describe('report.md', () => {
  it('has every section and every table of the page', () => {
    for (const section of report.sections) expect(markdown).toContain(`## ${section.title}`);
    const tables = report.sections
      .flatMap((section) => section.blocks)
      .filter((block) => block.kind === 'table');
    expect(markdown.match(/^\|( ---:? \|)+|^\| ---/gm)?.length).toBe(tables.length);
  });

  it('gives the command that repeats the run, quoted for a shell', () => {
    expect(markdown).toContain("```sh\nbusyhour demo --per-day 25000 --out 'my report'\n```");
  });

  it('names the source and date of a catalogue price and the basis of an assumption', () => {
    expect(markdown).toMatch(/price of LLM tokens \| 0\.9 .*catalogue: cloud list price \| 2026-06-01/);
    expect(markdown).toMatch(/share of the day in the busy hour \| 0\.15 \| ratio \| scenario call-centre/);
  });
});

describe('a percentile without enough samples', () => {
  it('is withheld in the table and shown only as an indication', () => {
    const few = createResult({
      runId: 'few',
      simulated: false,
      capacityPerS: 24,
      ratesPerS: [4, 8],
      windowMs: 10_000,
    });
    const text = renderHtml(buildReport(readAll([few]), undefined));
    const samples = few.steps[0]?.histograms.latencyMs?.count ?? 0;
    expect(samples).toBeGreaterThan(11);
    expect(samples).toBeLessThan(130);
    expect(text).toContain(`<span>n=${samples} &lt; 130</span>`);
    expect(text).toContain('withheld, fewer samples than certify the percentile');
    expect(text).toMatch(/title="indicative only: [\d,.]+ ms"/);
  });

  it('is a hollow mark in the chart', () => {
    const few = createResult({
      runId: 'few',
      simulated: false,
      capacityPerS: 24,
      ratesPerS: [4, 8],
      windowMs: 10_000,
    });
    const text = renderHtml(buildReport(readAll([few]), undefined));
    const p99 = [...text.matchAll(/class="([^"]+)"><title>p99 at[^<]*<\/title>/g)];
    expect(p99.length).toBe(2);
    for (const mark of p99) expect(mark[1]).toContain('fill-paper');
    const p50 = [...text.matchAll(/class="([^"]+)"><title>p50 at[^<]*<\/title>/g)];
    expect(p50.length).toBe(2);
    for (const mark of p50) expect(mark[1]).toBe('fill-p50');
  });
});
