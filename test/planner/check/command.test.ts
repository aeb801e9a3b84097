import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommand, scratchFolder } from '../../end-to-end/command.ts';

const GUIDE = 'scenarios/library/call-centre-guide.yaml';

function claimsFile(text: string): string {
  const file = join(scratchFolder(), 'claims.yaml');
  writeFileSync(file, `kind: busyhour-claims\nschemaVersion: 1\ntitle: t\nsource: s\n${text}`);
  return file;
}

describe('busyhour check', () => {
  it('explains each finding by line in one sentence and exits 30', async () => {
    const markdown = join(scratchFolder(), 'findings.md');
    const { exitCode, stdout } = await runCommand(['check', GUIDE, '--markdown', markdown]);
    expect(exitCode).toBe(30);
    expect(stdout).toMatch(/^line 242: wrong: 25 turns\/s all day are 432,000 interactions of 5 turns/m);
    expect(stdout).toMatch(/\d+ found by \d+ rules: \d+ wrong, \d+ doubtful, \d+ missing/);
    expect(readFileSync(markdown, 'utf8')).toContain('| line 242 | wrong |');
  });

  it('exits 0 on the corrected guide, by name, with an empty list for machines', async () => {
    const { exitCode, stdout } = await runCommand([
      'check',
      'call-centre-guide-corrected',
      '--fail-on',
      'any',
      '--json',
    ]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      findings: [],
      counts: { contradiction: 0, doubt: 0, omission: 0 },
    });
  });

  it('gives each figure to machines with its place, what it says and what it should say', async () => {
    const file = claimsFile(
      'interaction: { turns: 5, callsPerTurn: 2, callsPerInteraction: { value: 7, line: 12 } }\n',
    );
    const { exitCode, stdout } = await runCommand(['check', file, '--json']);
    expect(exitCode).toBe(30);
    const { findings } = JSON.parse(stdout) as { findings: unknown[] };
    expect(findings).toEqual([
      {
        rule: 'calls',
        severity: 'contradiction',
        path: 'interaction.callsPerInteraction',
        line: 12,
        against: [{ path: 'interaction.turns' }, { path: 'interaction.callsPerTurn' }],
        claimed: { low: 7, high: 7 },
        corrected: { low: 10, high: 10 },
        unit: 'calls',
        sentence: '5 turns of 2 calls are 10 calls per interaction, not 7.',
      },
    ]);
  });

  it('writes open ends as a word, never null', async () => {
    const { stdout } = await runCommand(['check', GUIDE, '--json']);
    expect(stdout).not.toContain('null');
    expect(stdout).toContain('"claimed":{"low":0.9,"high":"unlimited"}');
  });

  it('fails on doubts only when asked to', async () => {
    const file = claimsFile('tiers: [{ id: a, cpuUtilisation: 0.7, requestCores: 0.5, limitCores: 2 }]\n');
    expect((await runCommand(['check', file])).exitCode).toBe(0);
    expect((await runCommand(['check', file, '--fail-on', 'any'])).exitCode).toBe(30);
    expect((await runCommand(['check', GUIDE, '--fail-on', 'never'])).exitCode).toBe(0);
  });

  it('lists every problem of a file that is no claims file, exit 10', async () => {
    const file = claimsFile(
      'interaction: { turns: -5, meanResponseS: soon }\nmix: { parts: [{ model: gone }] }\nwings: 2\n',
    );
    const { exitCode, stderr } = await runCommand(['check', file]);
    expect(exitCode).toBe(10);
    for (const path of ['interaction.turns', 'interaction.meanResponseS', 'wings'])
      expect(stderr).toContain(path);
    expect((await runCommand(['check', 'no-such-guide'])).stderr).toContain('call-centre-guide');
    expect((await runCommand(['check', '/nowhere/claims.yaml'])).exitCode).toBe(10);
  });
});
