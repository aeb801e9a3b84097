import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  listScenarios,
  parseScenario,
  readScenario,
  resolveScenario,
  withOverrides,
} from '../../scenarios/scenario.ts';
import { unwrap } from '../../vocabulary/errors.ts';

const constant = (value: number) => ({ distribution: { kind: 'constant', value }, source: 'a test' });
const base = () => ({
  name: 'small',
  description: 'A test.',
  workload: { kind: 'requests', inputTokens: constant(5), outputTokens: constant(3) },
  load: { kind: 'steps', steps: [{ turnsPerS: 2 }] },
});
const closed = () => ({ ...base(), load: { kind: 'closed', steps: [{ concurrency: 3 }] } });

describe('overrides', () => {
  const scenario = unwrap(resolveScenario(base()));

  it('replace what they name, leave the rest and do not touch what they were given', () => {
    const before = structuredClone(scenario);
    const changed = unwrap(withOverrides(scenario, { drainMs: 7, arrivals: { kind: 'constant' } }));
    expect(changed).toEqual({ ...before, drainMs: 7, arrivals: { kind: 'constant' } });
    expect(scenario).toEqual(before);
    expect(unwrap(withOverrides(scenario, {}))).toBe(scenario);
  });

  it('that are undefined replace nothing: the seed and the limits stay', () => {
    const seeded = unwrap(resolveScenario({ ...base(), seed: 42, drainMs: 9 }));
    expect(unwrap(withOverrides(seeded, { seed: undefined }))).toBe(seeded);
    const changed = unwrap(withOverrides(seeded, { seed: undefined, drainMs: 3 }));
    expect(changed).toEqual({ ...seeded, drainMs: 3 });
  });

  it('are checked against the rest: users beyond the in-flight limit', () => {
    const many = unwrap(resolveScenario(closed()));
    const result = withOverrides(many, { maxInFlight: 2 });
    expect(result).toMatchObject({ failure: { issues: [{ path: 'load.steps[0].concurrency', got: '3' }] } });
    expect(result.kind === 'failed' && result.failure.message).toContain('with the given overrides');
  });
});

describe('a name or a path', () => {
  const folder = mkdtempSync(join(tmpdir(), 'scenario-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is a name where it has no separator and no ending, and a path otherwise', () => {
    for (const name of listScenarios()) expect(unwrap(readScenario(name)).name).toBe(name);
    for (const file of ['a.yaml', 'a.yml', 'a.json', 'no-ending']) {
      const path = join(folder, file);
      writeFileSync(path, JSON.stringify(base()));
      expect(unwrap(readScenario(path)).name).toBe('small');
    }
  });

  it.each(['call-centre.yaml', './call-centre', 'sub\\call-centre'])(
    '%s is not looked up by name',
    (path) => {
      const result = readScenario(path);
      expect(result).toMatchObject({ failure: { code: 'INPUT_NOT_FOUND' } });
      expect(result.kind === 'failed' && result.failure.message).toContain(`cannot read ${path}`);
    },
  );

  it('is refused by name, listing those there are, and as a folder', () => {
    const result = readScenario('call-center');
    expect(result.kind === 'failed' && result.failure.hint).toBe(
      `Give a path, or one of: ${listScenarios().join(', ')}.`,
    );
    expect(readScenario(folder)).toMatchObject({ failure: { code: 'INPUT_NOT_FOUND' } });
  });

  it.each(['', '[]', 'seven', '7'])('whose text is "%s" is not a scenario', (text) => {
    expect(parseScenario(text, 'x')).toMatchObject({
      failure: { code: 'INVALID_SCENARIO', issues: [{ path: '(root)', expected: 'object' }] },
    });
  });
});
