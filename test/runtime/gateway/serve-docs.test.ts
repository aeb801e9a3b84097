import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { gatewayConfigSchema } from '../../../runtime/config.ts';
import { INTERACTION_STATES, TRANSITIONS } from '../../../runtime/dialog/interaction-states.ts';
import { FAULT_CODES, FAULTS } from '../../../vocabulary/faults.ts';
import { parseYaml } from '../../../vocabulary/parse.ts';

const page = readFileSync(new URL('../../../docs/serve.md', import.meta.url), 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('|'));

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
