import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CHECK_RULES } from '../../../planner/check/check.ts';
import { findings, model } from './rules/rule-cases.ts';

it('each rule has its row in docs/check.md, in the same order', () => {
  const page = readFileSync(new URL('../../../docs/check.md', import.meta.url), 'utf8');
  const section = page.split('## The rules')[1]?.split('\n## ')[0] ?? '';
  const rows = [...section.matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map((match) => match[1]);
  expect(rows).toEqual(CHECK_RULES.map(({ id }) => id));
});

describe('claims about little', () => {
  it('raise nothing', () => {
    expect(findings({})).toEqual([]);
    expect(
      findings({ interaction: { turns: 5 }, tiers: [{ id: 'a', minInstances: 2 }], models: [model(0.1)] }),
    ).toEqual([]);
  });

  it('come in the order of the document', () => {
    const lines = findings({
      interaction: { turns: 5, callsPerTurn: 2, callsPerInteraction: { value: 7, line: 90 } },
      people: {
        humanUsd: 10,
        machineUsd: 1,
        blendedUsd: { value: 4, line: 20 },
        directRatio: 0.1,
        escalationRatio: 0.1,
        scheduledAgents: 10,
      },
    }).map(({ line }) => line);
    expect(lines).toEqual([20, 90]);
  });
});
