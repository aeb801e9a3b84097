import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { gatewayConfigSchema } from '../../../runtime/config.ts';
import { INTERACTION_STATES, TRANSITIONS } from '../../../runtime/dialog/interaction-states.ts';
import { FAULT_CODES, FAULTS } from '../../../vocabulary/faults.ts';
import { parseYaml } from '../../../vocabulary/parse.ts';

const page = readFileSync(new URL('../../../docs/serve.md', import.meta.url), 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('|'));

/** Dotted names of every setting, through objects; a discriminated union is one setting. */
function settingsOf(schema: z.ZodType, prefix = ''): string[] {
  const inner = schema instanceof z.ZodPrefault ? (schema.unwrap() as z.ZodType) : schema;
  if (!(inner instanceof z.ZodObject)) return [prefix];
  return Object.entries(inner.shape).flatMap(([key, value]) =>
    settingsOf(value as z.ZodType, prefix === '' ? key : `${prefix}.${key}`),
  );
}

/** Settings that a row names; `.x` continues the prefix of the name before it. */
function namedIn(row: string): string[] {
  let prefix = '';
  return [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => {
    if (name.startsWith('.')) return prefix + name;
    prefix = name.split('.')[0] ?? '';
    return name;
  });
}

it('its table has exactly the settings of the schema, nested ones included', () => {
  const table = page.slice(page.indexOf('| field | default'), page.indexOf('## Chat completions'));
  const named = table
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap(namedIn);
  expect(named.toSorted()).toEqual(settingsOf(gatewayConfigSchema).toSorted());
  expect(named.length).toBeGreaterThan(20);
});

it('each default in its table is the one that applies', () => {
  const defaults = gatewayConfigSchema.parse({});
  for (const [setting, value] of [
    ['maxInFlight', defaults.maxInFlight],
    ['timeouts.connectMs', defaults.timeouts.connectMs],
    ['timeouts.firstTokenMs', defaults.timeouts.firstTokenMs],
    ['timeouts.idleMs', defaults.timeouts.idleMs],
    ['timeouts.totalMs', defaults.timeouts.totalMs],
    ['dialog.maxQueuedTurns', defaults.dialog.maxQueuedTurns],
    ['dialog.contextTokens', defaults.dialog.contextTokens],
    ['drainMs', defaults.drainMs],
  ] as const) {
    const row = rows.find((line) => line.startsWith(`| \`${setting}\``));
    expect([setting, row?.split('|')[2]?.trim()]).toEqual([setting, String(value)]);
  }
});

it('documents every configuration field and every fault with its status', () => {
  for (const field of Object.keys(gatewayConfigSchema.shape)) {
    expect(
      rows.some((row) => row.split('|')[1]?.includes(`\`${field}`)),
      field,
    ).toBe(true);
  }
  for (const code of FAULT_CODES) {
    const cells = (rows.findLast((row) => row.includes(`\`${code}\``)) ?? '').split('|');
    const at = cells.findIndex((cell) => cell.includes(`\`${code}\``));
    expect([code, cells[at + 1]?.trim()]).toEqual([code, String(FAULTS[code].httpStatus)]);
  }
});

it('its example configuration is valid', () => {
  const yaml = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const value = parseYaml(yaml, 'INVALID_CONFIG', 'docs/serve.md');
  expect(gatewayConfigSchema.safeParse(value.kind === 'ok' ? value.value : undefined).error).toBeUndefined();
});

it('its table of states is the one that runs', () => {
  for (const state of INTERACTION_STATES) {
    const row = rows.findLast((line) => line.startsWith(`| \`${state}\``));
    const cells = (row ?? '').split('|').slice(2, -1);
    const { turn, idle, escalate, close } = TRANSITIONS[state];
    const expected = [turn, idle, escalate, close].map((next) =>
      next === 'refused' ? '409' : `\`${next}\``,
    );
    expect(cells.map((cell) => cell.trim())).toEqual(expected);
  }
});
