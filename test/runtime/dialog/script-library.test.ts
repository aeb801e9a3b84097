import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scriptsSchema } from '../../../runtime/config/dialog.ts';
import { ScriptLibrary } from '../../../runtime/dialog/script/script-library.ts';
import { systemClock } from '../../../vocabulary/clock.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { until } from '../support/gateway-rig.ts';

let folder: string;
const open: ScriptLibrary[] = [];
const activated: string[] = [];
const problems: string[] = [];

const yaml = (answer: string) => `
name: desk
intents:
  - name: hours
    examples: [when are you open]
    answer: ${answer}
`;

function write(version: string, text: string, logic?: string): void {
  mkdirSync(join(folder, version), { recursive: true });
  writeFileSync(join(folder, version, 'script.yaml'), text);
  if (logic !== undefined) writeFileSync(join(folder, version, 'logic.js'), logic);
}

async function tryOpen(options: object = {}) {
  const result = await ScriptLibrary.open({
    config: scriptsSchema.parse({ folder, pollMs: 60_000, debounceMs: 10, ...options }),
    clock: systemClock,
    customerHashSecret: 'secret',
    observer: {
      scriptLoaded: () => undefined,
      scriptActivated: (version) => void activated.push(version),
      scriptProblem: (_version, text) => void problems.push(text),
    },
  });
  if (result.kind === 'ok') open.push(result.value);
  return result;
}
const openLibrary = async (options: object = {}) => unwrap(await tryOpen(options));
const answerOf = (library: ScriptLibrary) => library.active.script.intents[0]?.answer;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'busyhour-scripts-'));
  activated.length = 0;
  problems.length = 0;
});
afterEach(async () => {
  for (const library of open.splice(0)) await library.close();
  rmSync(folder, { recursive: true });
});

describe('a script folder', () => {
  it('has its highest version active, by numbers and not by letters', async () => {
    write('1.9.0', yaml('nine'));
    write('1.10.0', yaml('ten'));
    const library = await openLibrary();
    expect(library.active.version).toBe('1.10.0');
    expect(library.status.versions.map((status) => [status.version, status.state, status.isActive])).toEqual([
      ['1.9.0', 'ready', false],
      ['1.10.0', 'ready', true],
    ]);
    expect(activated).toEqual(['1.10.0']);
  });

  it('keeps to the version that is asked for', async () => {
    write('1.0.0', yaml('one'));
    write('2.0.0', yaml('two'));
    const library = await openLibrary({ activeVersion: '1.0.0' });
    expect(library.active.version).toBe('1.0.0');
    expect(library.activate('3.0.0')).toBeUndefined();
    expect(library.activate('2.0.0')?.version).toBe('2.0.0');
    expect(library.active.version).toBe('2.0.0');
  });

  it('is refused with every problem, its file and its path, when nothing in it can run', async () => {
    write(
      '1.0.0',
      'name: Desk Of\nintents:\n  - name: hours\n    patterns: ["(a+)+"]\n    requiredSlots: [none]\n',
    );
    const result = await tryOpen();
    const issues = result.kind === 'failed' ? result.failure.issues : [];
    const file = join(folder, '1.0.0', 'script.yaml');
    expect(issues.map((issue) => issue.path).sort()).toEqual(
      [
        `${file}: intents[0]`,
        `${file}: intents[0].patterns[0]`,
        `${file}: intents[0].requiredSlots[0]`,
        `${file}: name`,
      ].sort(),
    );
  });

  it.each([
    ['does not parse', 'function handle( {'],
    ['never ends loading', 'for (;;);'],
    ['has no handle', 'const x = 1;'],
  ])('refuses logic that %s', async (_what, logic) => {
    write('1.0.0', yaml('one'), logic);
    const result = await tryOpen();
    expect(result).toMatchObject({
      kind: 'failed',
      failure: { issues: [{ path: join(folder, '1.0.0', 'logic.js') }] },
    });
  });

  it('is INPUT_NOT_FOUND when it is absent', async () => {
    expect(await tryOpen({ folder: join(folder, 'none') })).toMatchObject({
      kind: 'failed',
      failure: { code: 'INPUT_NOT_FOUND' },
    });
  });
});

describe('a change in the folder', () => {
  it('takes effect by notification, and a new version is activated', async () => {
    write('1.0.0', yaml('one'));
    const library = await openLibrary();
    write('1.0.0', yaml('changed'));
    await until(() => answerOf(library) === 'changed', 'the edit');
    write('1.1.0', yaml('next'));
    await until(() => library.active.version === '1.1.0', 'the new version');
    expect(activated).toEqual(['1.0.0', '1.1.0']);
    // The version of an interaction that began before is still there.
    expect(library.forVersion('1.0.0').version).toBe('1.0.0');
  });

  it('takes effect by polling alone, also when the folder is replaced as a whole', async () => {
    write('1.0.0', yaml('one'));
    const library = await openLibrary({ pollMs: 20, debounceMs: 60_000 });
    const other = mkdtempSync(join(tmpdir(), 'busyhour-scripts-'));
    cpSync(folder, other, { recursive: true });
    writeFileSync(join(other, '1.0.0', 'script.yaml'), yaml('mounted anew'));
    rmSync(folder, { recursive: true });
    renameSync(other, folder);
    await until(() => answerOf(library) === 'mounted anew', 'the poll');
  });

  it('that is bad keeps what ran, and says so until it is corrected', async () => {
    write('1.0.0', yaml('one'));
    const library = await openLibrary();
    write('1.0.0', 'name: [');
    await until(() => library.status.versions[0]?.state === 'stale', 'the bad edit');
    expect(answerOf(library)).toBe('one');
    expect(library.status.versions[0]?.problems[0]?.path).toContain('script.yaml');
    expect(problems.join()).toContain('expected valid YAML');
    write('1.0.0', yaml('better'));
    await until(() => answerOf(library) === 'better', 'the correction');
    expect(library.status.versions[0]).toMatchObject({ state: 'ready', problems: [] });
  });

  it('that removes a version moves its interactions to the active one', async () => {
    write('1.0.0', yaml('one'));
    write('2.0.0', yaml('two'));
    const library = await openLibrary();
    expect(library.forVersion('1.0.0').version).toBe('1.0.0');
    rmSync(join(folder, '1.0.0'), { recursive: true });
    await until(() => library.forVersion('1.0.0').version === '2.0.0', 'the removal');
    // The active one runs on, even when its files are gone.
    rmSync(join(folder, '2.0.0'), { recursive: true });
    await library.reload();
    expect(answerOf(library)).toBe('two');
  });
});

describe('the file `active`', () => {
  it('names the version of every process that reads the folder, each time that it changes', async () => {
    write('1.0.0', yaml('one'));
    write('2.0.0', yaml('two'));
    const libraries = [await openLibrary(), await openLibrary({ activeVersion: '2.0.0' })];
    const areAt = (version: string) => () => libraries.every((library) => library.active.version === version);
    expect(areAt('2.0.0')()).toBe(true);
    writeFileSync(join(folder, 'active'), '1.0.0\n');
    await until(areAt('1.0.0'), 'the version of the file');
    expect((await openLibrary({ activeVersion: '2.0.0' })).active.version).toBe('1.0.0');
    // An administrator's word counts until the file says another.
    for (const library of libraries) library.activate('2.0.0');
    await Promise.all(libraries.map((library) => library.reload()));
    expect(areAt('2.0.0')()).toBe(true);
    write('3.0.0', yaml('three'));
    writeFileSync(join(folder, 'active'), '3.0.0');
    await until(areAt('3.0.0'), 'the new version');
    rmSync(join(folder, 'active'));
    await until(() => libraries[1]?.active.version === '2.0.0', 'the configured version');
    expect(libraries[0]?.active.version).toBe('3.0.0');
  });

  it('that names nothing that can run changes nothing, and that is said', async () => {
    write('1.0.0', yaml('one'));
    const library = await openLibrary();
    writeFileSync(join(folder, 'active'), '9.9.9');
    await until(() => problems.length > 0, 'the problem');
    expect(problems).toEqual([expect.stringContaining('9.9.9')]);
    expect(library.active.version).toBe('1.0.0');
    // It comes later.
    write('9.9.9', yaml('late'));
    await until(() => library.active.version === '9.9.9', 'the version');
  });

  it('that is a folder is neither a version nor a word', async () => {
    write('1.0.0', yaml('one'));
    mkdirSync(join(folder, 'active'));
    expect((await openLibrary()).status.versions.map(({ version }) => version)).toEqual(['1.0.0']);
  });
});
