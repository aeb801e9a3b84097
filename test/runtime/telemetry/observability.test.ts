import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ALL_METRICS } from '../../../runtime/telemetry/all-metrics.ts';
import type { LabelValues } from '../../../runtime/telemetry/metric-row.ts';
import { dashboard, FOLDER, panelQueries, type Query, ruleQueries, rules } from './observability-files.ts';
import { binary } from './prometheus-binaries.ts';
import { promqlNames, type Selector } from './promql-names.ts';

/** What Prometheus itself adds to every series, and the name of its own metric of a target. */
const TARGET_LABELS: Readonly<Record<string, LabelValues>> = {
  instance: { from: 'Prometheus', atMost: 1 },
  job: { from: 'Prometheus', atMost: 1 },
};

/** Labels of what rules record: those that its expression keeps. */
const recorded = new Map(
  rules.flatMap(({ record, expr }) =>
    record === undefined
      ? []
      : [
          [
            record,
            Object.fromEntries(promqlNames(expr).groupings.map((name) => [name, TARGET_LABELS.job])),
          ] as const,
        ],
  ),
);

function labelsOf(metric: string): Readonly<Record<string, LabelValues | undefined>> | undefined {
  if (metric === 'up') return TARGET_LABELS;
  const ofRule = recorded.get(metric);
  if (ofRule !== undefined) return { ...ofRule, ...TARGET_LABELS };
  const plain = ALL_METRICS[metric];
  if (plain !== undefined)
    return plain.type === 'histogram' ? undefined : { ...plain.labels, ...TARGET_LABELS };
  const [, base = '', suffix] = /^(.*)_(bucket|sum|count)$/.exec(metric) ?? [];
  const row = ALL_METRICS[base];
  if (row?.type !== 'histogram') return undefined;
  const bucket = suffix === 'bucket' ? { le: { from: 'the buckets', atMost: 100 } } : {};
  return { ...row.labels, ...bucket, ...TARGET_LABELS };
}

/** Whether some value of the closed list can match; a pattern that matches none is a panel that stays empty for ever. */
function canMatch(values: LabelValues, { operator, value }: Selector['matchers'][number]): boolean {
  if ('atMost' in values) return true;
  const matches = (each: string): boolean =>
    operator.endsWith('~') ? new RegExp(`^(?:${value})$`).test(each) : each === value;
  return values.some(matches);
}

function problemsOf({ expr }: Query): string[] {
  const { selectors, groupings } = promqlNames(expr);
  const known = new Set(selectors.flatMap(({ metric }) => Object.keys(labelsOf(metric) ?? {})));
  const ofSelectors = selectors.flatMap(({ metric, matchers }) => {
    const labels = labelsOf(metric);
    if (labels === undefined) return [`no metric ${metric}`];
    return matchers.flatMap((matcher) => {
      const values = labels[matcher.label];
      if (values === undefined) return [`${metric} has no label ${matcher.label}`];
      return canMatch(values, matcher) ? [] : [`${metric}: no ${matcher.label} is ${matcher.value}`];
    });
  });
  return [...ofSelectors, ...groupings.filter((name) => !known.has(name)).map((name) => `no label ${name}`)];
}

describe('the reader of expressions', () => {
  it('finds metrics, matchers and groupings, and nothing else', () => {
    const expr =
      'histogram_quantile(0.9, sum by (le, a) (rate(x_bucket{b=~"c|by", d!=\'e{\'}[5m]))) > 2 and on (f) y:z offset 5m';
    expect(promqlNames(expr)).toEqual({
      selectors: [
        {
          metric: 'x_bucket',
          matchers: [
            { label: 'b', operator: '=~', value: 'c|by' },
            { label: 'd', operator: '!=', value: 'e{' },
          ],
        },
        { metric: 'y:z', matchers: [] },
      ],
      groupings: ['le', 'a', 'f'],
    });
    expect(() => promqlNames('sum(a{b')).toThrow();
    expect(() => promqlNames('a ; b')).toThrow();
  });

  it.each([
    ['busyhour_nothing', 'no metric busyhour_nothing'],
    ['busyhour_gateway_overhead_seconds', 'no metric busyhour_gateway_overhead_seconds'],
    ['busyhour_gateway_requests_total_count', 'no metric busyhour_gateway_requests_total_count'],
    ['busyhour_gateway_requests_total{colour="x"}', 'has no label colour'],
    ['busyhour_gateway_requests_total{outcome="fine"}', 'no outcome is fine'],
    ['sum by (colour) (busyhour_gateway_requests_total)', 'no label colour'],
  ])('tells that %s is wrong', (expr, problem) => {
    expect(problemsOf({ where: '', expr }).join()).toContain(problem);
  });
});

describe('the dashboard', () => {
  it.each(panelQueries.map((query) => [query.where, query] as const))(
    '%s asks for what exists',
    (_where, query) => {
      expect(problemsOf(query)).toEqual([]);
    },
  );

  it('can be imported: ids and places of its own, a source and an instance to choose, seven rows', () => {
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(39);
    expect(dashboard.templating.list.map(({ name }) => name)).toEqual(['datasource', 'instance']);
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const titles = dashboard.panels.filter(({ type }) => type === 'row').map(({ title }) => title);
    expect(titles).toEqual([
      'Traffic',
      'Latency',
      'Tokens and cost',
      'Providers',
      'Dialog',
      'Saturation',
      'Runtime',
    ]);
    for (const { type, targets, gridPos } of dashboard.panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      if (type !== 'row') expect(targets?.length).toBeGreaterThan(0);
    }
  });
});

describe('the rules', () => {
  it.each(ruleQueries.map((query) => [query.where, query] as const))(
    '%s asks for what exists',
    (_where, query) => {
      expect(problemsOf(query)).toEqual([]);
    },
  );

  it('say how bad it is and what to do', () => {
    for (const { alert, labels } of rules) {
      if (alert !== undefined) expect(['page', 'ticket']).toContain(labels?.severity);
    }
  });
});

describe.skipIf(binary('promtool') === undefined)('promtool (skipped where it is not installed)', () => {
  const promtool = (...args: string[]) =>
    spawnSync(binary('promtool') ?? '', args, { cwd: FOLDER, encoding: 'utf8', timeout: 60_000 });

  it.each([
    ['check', 'rules', 'rules.yaml'],
    ['check', 'config', 'prometheus.yaml'],
    ['test', 'rules', 'rules.test.yaml'],
  ])('%s %s %s', (...args) => {
    const { status, stdout, stderr } = promtool(...args);
    expect([status, status === 0 ? '' : stdout + stderr]).toEqual([0, '']);
  });

  it('tests every alert that the rules have', () => {
    const tested = spawnSync('cat', [join(FOLDER, 'rules.test.yaml')], { encoding: 'utf8' }).stdout;
    for (const { alert } of rules) {
      if (alert !== undefined) expect(tested).toContain(`alertname: ${alert}\n`);
    }
  });
});
