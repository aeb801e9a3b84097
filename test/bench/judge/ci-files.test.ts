import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseBudgets } from '../../../bench/judge/budgets.ts';
import { createProgram } from '../../../cli/program.ts';

const ROOT = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Every `busyhour` command line of a text, continued lines joined. */
const commandsIn = (text: string): string[][] =>
  [...text.replace(/\n\s+(?=--)/g, ' ').matchAll(/npx busyhour (.+)/g)].map((match) =>
    (match[1] ?? '').split(/\s+/),
  );

function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(strings) : [];
}

describe('shipped CI files', () => {
  const files = ['github-actions.yaml', 'gitlab-ci.yaml', 'budgets.yaml'];

  it.each(files)('%s is valid YAML and printed in docs/ci.md to the letter', (file) => {
    const text = read(`deploy/ci/${file}`);
    expect(parse(text)).toBeTypeOf('object');
    expect(read('docs/ci.md')).toContain(text);
  });

  it.each(files.slice(0, 2))('%s calls commands and options that exist', (file) => {
    const commands = strings(parse(read(`deploy/ci/${file}`))).flatMap(commandsIn);
    expect(commands.map(([name]) => name)).toEqual(['bench', 'gate']);
    for (const [name, ...words] of commands) {
      const command = createProgram().commands.find((each) => each.name() === name);
      const known = new Set(command?.options.map(({ long }) => long));
      for (const word of words.filter((each) => each.startsWith('--'))) expect(known, word).toContain(word);
    }
  });

  it('asks GitHub for reading alone, pins actions by their major, and keeps what was measured', () => {
    const workflow = parse(read('deploy/ci/github-actions.yaml'));
    expect(workflow.permissions).toEqual({ contents: 'read' });
    const steps = workflow.jobs.gate.steps as Record<string, unknown>[];
    const used = steps.filter(({ uses }) => uses !== undefined);
    expect(used.length).toBeGreaterThan(3);
    for (const { uses } of used) expect(uses).toMatch(/^actions\/[a-z-]+@v\d+$/);
    for (const { uses, with: given } of used.filter((step) => `${step.uses}`.includes('checkout')))
      expect(given, `${uses}`).toMatchObject({ 'persist-credentials': false });
    const upload = used.at(-1);
    expect(upload).toMatchObject({ if: 'always()', with: { path: expect.stringContaining('gate.xml') } });
    const { performance } = parse(read('deploy/ci/gitlab-ci.yaml'));
    expect(performance.artifacts).toMatchObject({ when: 'always', reports: { junit: 'gate.xml' } });
  });

  it('has a budgets file that the gate reads', () => {
    expect(parseBudgets(read('deploy/ci/budgets.yaml'), 'budgets.yaml').kind).toBe('ok');
  });
});
