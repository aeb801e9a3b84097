import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { metricPage } from './metric-page.ts';

const page = readFileSync(new URL('../../../docs/telemetry.md', import.meta.url), 'utf8');
const BEGIN = '<!-- metrics: made from runtime/telemetry/all-metrics.ts -->';
const END = '<!-- end of metrics -->';

it('its tables are those that metrics are registered from', () => {
  const from = page.indexOf(BEGIN) + BEGIN.length;
  expect(page.slice(from, page.indexOf(END)).trim()).toBe(metricPage());
});

it('its list of attributes is that of the code', () => {
  const files = [
    'telemetry/chain-tracing',
    'telemetry/request-tracing',
    'inference/trace-generation',
    'telemetry/observe-stores',
    'telemetry/observe-dialog',
  ];
  const code = files
    .map((file) => readFileSync(new URL(`../../../runtime/${file}.ts`, import.meta.url), 'utf8'))
    .join('\n');
  const used = new Set(
    [...code.matchAll(/'((?:gen_ai|busyhour|http|rpc|url|network|db|error)\.[a-z_.]+)'/g)].map(
      (match) => match[1],
    ),
  );
  expect(used.size).toBeGreaterThan(20);
  const section = page.slice(page.indexOf('## Traces'), page.indexOf('## Logs'));
  for (const name of used) expect(section, name).toContain(`\`${name}\``);
});
