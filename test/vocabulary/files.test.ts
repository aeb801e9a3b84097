import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { buildSchemas } from '../../docs/schemas.ts';
import { type Failure, formatFailure, type Result, unwrap } from '../../vocabulary/errors.ts';
import { ensureWritableFolder, writeFileAtomic } from '../../vocabulary/files.ts';
import { formatPath, parseWith, parseYaml, readYamlFile } from '../../vocabulary/parse.ts';
import { parsePlanFile, readPlanFile, writePlanFile } from '../../vocabulary/plan-file.ts';
import { parseResultFile, readResultFile, writeResultFile } from '../../vocabulary/result-file.ts';
import { fixture } from '../presentation/fixtures.ts';

const folders: string[] = [];
const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'busyhour-files-'));
  folders.push(folder);
  return folder;
};
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function failureOf(result: Result<unknown>): Failure {
  if (result.kind === 'ok') throw new Error('expected a failure');
  return result.failure;
}

describe('parseWith', () => {
  const schema = z.strictObject({
    name: z.string().min(1),
    rates: z.array(z.strictObject({ perS: z.number().positive() })).min(1),
    load: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('open'), perS: z.number() }),
      z.strictObject({ kind: z.literal('closed'), users: z.int() }),
    ]),
    limit: z.union([z.number().max(10), z.literal('none')]),
  });

  it('lists every problem with path, expected, got and fix', () => {
    const input = {
      name: 5,
      rates: [{ perS: -1 }, { perS: 2, extra: true }],
      load: { kind: 'open' },
      limit: 'none',
    };
    const failure = failureOf(parseWith(schema, input, 'INVALID_SCENARIO', 'x.yaml'));
    expect(failure.message).toBe('x.yaml has 4 problems');
    expect(Object.fromEntries(failure.issues.map((issue) => [issue.path, issue]))).toMatchObject({
      name: { expected: 'string', got: '5', fix: 'change the value to what is expected' },
      'rates[0].perS': { expected: '> 0', got: '-1' },
      'rates[1]': { expected: 'only known fields', got: '["extra"]', fix: 'remove or rename extra' },
      'load.perS': { expected: 'number', got: 'nothing', fix: 'add the field' },
    });
    expect(formatFailure(failure)).toContain('rates[0].perS: expected > 0, got -1. Fix:');
  });

  it('says what is allowed where a word is wrong', () => {
    const issues = failureOf(
      parseWith(z.strictObject({ mode: z.enum(['a', 'b']) }), { mode: 'c' }, 'INVALID_MODE', 'm'),
    ).issues;
    expect(issues).toEqual([
      { path: 'mode', expected: 'one of "a", "b"', got: '"c"', fix: 'change the value to what is expected' },
    ]);
  });

  it('explains a union by the branch that fits best', () => {
    const input = { name: 'n', rates: [{ perS: 1 }], load: { kind: 'closed', users: 1 }, limit: 12 };
    const issues = failureOf(parseWith(schema, input, 'INVALID_SCENARIO', 'x')).issues;
    expect(issues).toEqual([expect.objectContaining({ path: 'limit', got: '12' })]);
  });

  it('names the items of a list that is too short, and the root itself', () => {
    const short = { name: 'n', rates: [], load: { kind: 'closed', users: 1 }, limit: 1 };
    expect(failureOf(parseWith(schema, short, 'INVALID_SCENARIO', 'x')).issues[0]).toMatchObject({
      path: 'rates',
      expected: '≥ 1 items',
      got: '[]',
    });
    expect(failureOf(parseWith(schema, null, 'INVALID_SCENARIO', 'x')).issues[0]?.path).toBe('(root)');
  });

  it('changes nothing in its input', () => {
    const input = Object.freeze({ a: Object.freeze([1]) });
    expect(unwrap(parseWith(z.strictObject({ a: z.array(z.number()) }), input, 'USAGE', 'x'))).toEqual({
      a: [1],
    });
  });

  it('writes paths as a reader would', () => {
    expect(formatPath([])).toBe('(root)');
    expect(formatPath(['steps', 2, 'load', 'turnsPerS'])).toBe('steps[2].load.turnsPerS');
    expect(formatPath([0, 'a'])).toBe('[0].a');
  });
});

describe('parseYaml', () => {
  it('reads YAML and JSON', () => {
    expect(unwrap(parseYaml('a: [1, 2]\nb: {c: x}', 'INVALID_MODE', 'm'))).toEqual({
      a: [1, 2],
      b: { c: 'x' },
    });
    expect(unwrap(parseYaml('{"a": 1}', 'INVALID_MODE', 'm'))).toEqual({ a: 1 });
  });

  it('names the line and column of a syntax error', () => {
    const failure = failureOf(parseYaml('a: 1\nb: [1, 2\nc: 3\n', 'INVALID_MODE', 'm.yaml'));
    expect(failure.code).toBe('INVALID_MODE');
    expect(failure.issues[0]?.path).toMatch(/^line [23], column \d+$/);
  });

  it('names the first errors of a text that is no YAML, not every word of it', () => {
    const failure = failureOf(parseYaml('{"a": 1}\n'.repeat(100), 'INVALID_MODE', 'm'));
    expect(failure.issues.length).toBeGreaterThan(0);
    expect(failure.issues.length).toBeLessThanOrEqual(5);
    expect(failure.issues[0]?.path).toMatch(/^line 2,/);
  });

  it('refuses a key given twice', () => {
    expect(failureOf(parseYaml('a: 1\na: 2\n', 'INVALID_MODE', 'm')).issues[0]?.path).toBe(
      'line 2, column 1',
    );
  });

  it('says that a file is not there by its path', () => {
    const failure = failureOf(readYamlFile(z.unknown(), '/does/not/exist.yaml', 'INVALID_MODE'));
    expect(failure).toMatchObject({ code: 'INPUT_NOT_FOUND' });
    expect(failure.message).toContain('/does/not/exist.yaml');
  });
});

describe('writeFileAtomic', () => {
  it('is OUTPUT_NOT_WRITABLE, not a crash, when the parent of the path is a file', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'busyhour-')), 'file');
    writeFileSync(file, '');
    const written = writeFileAtomic(join(file, 'inside.json'), '{}');
    expect(written.kind === 'failed' && written.failure.code).toBe('OUTPUT_NOT_WRITABLE');
  });

  it('makes the folder, replaces the file and leaves no other behind', () => {
    const folder = join(temporaryFolder(), 'a', 'b');
    const path = join(folder, 'file.txt');
    unwrap(writeFileAtomic(path, 'one'));
    unwrap(writeFileAtomic(path, 'two'));
    expect(readFileSync(path, 'utf8')).toBe('two');
    expect(readdirSync(folder)).toEqual(['file.txt']);
  });

  it('fails in one sentence and leaves the old state where the target is a folder', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), 'kept');
    mkdirSync(join(folder, 'taken', 'inner'), { recursive: true });
    expect(failureOf(writeFileAtomic(join(folder, 'taken'), 'new')).code).toBe('OUTPUT_NOT_WRITABLE');
    expect(readdirSync(folder).sort()).toEqual(['file', 'taken']);
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('kept');
  });

  it('is checked before long work by ensureWritableFolder', () => {
    const folder = temporaryFolder();
    expect(unwrap(ensureWritableFolder(join(folder, 'new')))).toBe(join(folder, 'new'));
    writeFileSync(join(folder, 'file'), '');
    expect(failureOf(ensureWritableFolder(join(folder, 'file'))).code).toBe('OUTPUT_NOT_WRITABLE');
    const deep = join(folder, 'one', 'two', 'three');
    expect(unwrap(ensureWritableFolder(deep))).toBe(deep);
  });

  it.skipIf(!existsSync('/proc/self'))(
    'ends where no folder can be made, though none is there',
    () => {
      // In a process of its own: Node's recursive mkdir would ask for ever, and nothing here could stop it.
      const module = new URL('../../vocabulary/files.ts', import.meta.url).href;
      const asked = `const files = await import(${JSON.stringify(module)});
      const results = [files.ensureWritableFolder('/proc/busyhour'), files.writeFileAtomic('/proc/busyhour/a', '')];
      console.log(results.map(({ failure }) => failure?.code).join());`;
      const answer = execFileSync(process.execPath, ['--input-type=module', '-e', asked], {
        timeout: 30_000,
        encoding: 'utf8',
      });
      expect(answer.trim()).toBe('OUTPUT_NOT_WRITABLE,OUTPUT_NOT_WRITABLE');
    },
    60_000,
  );
});

const { results, plan } = fixture();
const [result] = results;
if (result === undefined) throw new Error('the fixture is empty');

describe('result and plan files', () => {
  it('are read back as they were written', () => {
    const folder = temporaryFolder();
    unwrap(writeResultFile(join(folder, 'result.json'), result));
    unwrap(writePlanFile(join(folder, 'plan.json'), plan));
    expect(unwrap(readResultFile(join(folder, 'result.json')))).toEqual(result);
    expect(unwrap(readPlanFile(join(folder, 'plan.json')))).toEqual(plan);
  });

  it('of a newer version are refused by that name alone', () => {
    const newer = JSON.stringify({ ...result, schemaVersion: 99, other: 'field' });
    expect(failureOf(parseResultFile(newer, 'r.json'))).toMatchObject({
      code: 'INVALID_RESULT_FILE',
      message: 'r.json has schema version 99; this release reads up to 1',
      hint: 'Update busyhour.',
    });
    expect(failureOf(parsePlanFile(JSON.stringify({ ...plan, schemaVersion: 2 }), 'p')).message).toContain(
      'version 2',
    );
  });

  it('with problems name every one of them', () => {
    const broken = { ...result, seed: -1, extra: 1, steps: [{ ...result.steps[0], windowMs: 0 }] };
    const failure = failureOf(parseResultFile(JSON.stringify(broken), 'r.json'));
    expect(failure.issues.map((issue) => issue.path).sort()).toEqual(['(root)', 'seed', 'steps[0].windowMs']);
  });

  it.each(['', 'null', '[]', '{"kind":', '\u0000'])('of %j are refused, not crashed on', (text) => {
    expect(failureOf(parseResultFile(text, 'r')).code).toBe('INVALID_RESULT_FILE');
    expect(failureOf(parsePlanFile(text, 'p')).code).toBe('INVALID_PLAN_FILE');
  });

  it('that break their schema are never written', () => {
    const folder = temporaryFolder();
    expect(() => writeResultFile(join(folder, 'r.json'), { ...result, runId: '' })).toThrow(/problem/);
    expect(() => writePlanFile(join(folder, 'p.json'), { ...plan, seed: 0.5 })).toThrow(/problem/);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('the published JSON Schemas', () => {
  const schemas = buildSchemas();
  const folder = join(import.meta.dirname, '../../docs/schemas');
  const { Ajv2020: Validator } = createRequire(import.meta.url)('ajv/dist/2020.js') as {
    Ajv2020: typeof Ajv2020;
  };
  const validatorOf = (file: string): ((value: unknown) => boolean) =>
    new Validator({ strict: false, validateFormats: false }).compile(JSON.parse(schemas.get(file) ?? 'null'));

  it('are those that the code gives: run node docs/schemas.ts after a change', () => {
    expect(readdirSync(folder).sort()).toEqual([...schemas.keys()].sort());
    for (const [file, text] of schemas) expect(readFileSync(join(folder, file), 'utf8'), file).toBe(text);
  });

  it('accept a result and a plan, judged by an independent validator', () => {
    const roundTrip = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
    const acceptsResult = validatorOf('result.schema.json');
    for (const each of results) expect(acceptsResult(roundTrip(each))).toBe(true);
    expect(validatorOf('plan.schema.json')(roundTrip(plan))).toBe(true);
  });

  it.each([
    ['a field too many', { ...result, extra: 1 }],
    ['an unknown engine', { ...result, target: { ...result.target, engine: 'magic' } }],
    ['a negative count', { ...result, seed: -1 }],
    ['another version', { ...result, schemaVersion: 2 }],
    ['no steps', { ...result, steps: undefined }],
  ])('refuse %s, as the code does', (_name, broken) => {
    const value = JSON.parse(JSON.stringify(broken)) as unknown;
    expect(validatorOf('result.schema.json')(value)).toBe(false);
    expect(parseResultFile(JSON.stringify(value), 'r').kind).toBe('failed');
  });
});
