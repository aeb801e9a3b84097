import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { providerConfigSchema } from '../../../runtime/config/llm.ts';
import { resolveGatewayConfig } from '../../../runtime/config.ts';
import { chainOptionsFrom } from '../../../runtime/llm/create-chain.ts';
import { readPrices } from '../../../runtime/llm/prices.ts';
import { RETRYABLE } from '../../../runtime/llm/retry-plan.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { parseYaml } from '../../../vocabulary/parse.ts';

const page = readFileSync(new URL('../../../docs/providers.md', import.meta.url), 'utf8');

it('its example configuration is valid, prices of the catalogue included', () => {
  const yaml = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const config = unwrap(resolveGatewayConfig(unwrap(parseYaml(yaml, 'INVALID_CONFIG', 'docs/providers.md'))));
  expect([...unwrap(readPrices(config.providers)).keys()]).toEqual(['primary', 'fallback']);
});

it('names every setting of every kind of provider', () => {
  for (const option of providerConfigSchema.options) {
    const kind = option.shape.kind.value;
    for (const [setting, schema] of Object.entries(option.shape)) {
      if (setting === 'kind') continue;
      const isRow = page.split('\n').some((line) => line.startsWith(`| \`${setting}`) && line.includes('|'));
      expect([kind, setting, isRow]).toEqual([kind, setting, true]);
      const inner = schema instanceof z.ZodOptional ? schema.unwrap() : schema;
      const fields = inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
      for (const field of fields)
        expect([setting, field, page.includes(field)]).toEqual([setting, field, true]);
    }
  }
});

it('its figures are the defaults that apply', () => {
  const { retries } = chainOptionsFrom(unwrap(resolveGatewayConfig({})));
  expect(page).toContain(`\`retries.budgetRatio\` (${retries?.budget.ratio})`);
  expect(page).toContain(`\`retries.budgetMinPerS\` (${retries?.budget.minPerS})`);
});

it('marks as retried exactly the faults that are', () => {
  const rows = page.split('\n').filter((line) => line.split('|').length === 6 && line.includes('`provider_'));
  expect(rows.length).toBeGreaterThan(10);
  for (const row of rows) {
    const [, , seen = '', retried = ''] = row.split('|').map((cell) => cell.trim());
    const code = /`(provider_\w+)`/.exec(seen)?.[1] ?? '';
    const isBeforeText = !seen.startsWith('text');
    const isRetried = isBeforeText && (RETRYABLE as ReadonlySet<string>).has(code);
    expect([row, !retried.startsWith('no')]).toEqual([row, isRetried]);
  }
});
