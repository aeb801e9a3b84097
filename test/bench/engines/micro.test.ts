import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { measureBlock } from '../../../bench/engines/tinybench/measure-block.ts';
import { type MicroOptions, runMicro } from '../../../bench/engines/tinybench/run-micro.ts';
import { MICRO_CASES } from '../../../cli/micro/cases.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { parseResultFile, type ResultFile } from '../../../vocabulary/result-file.ts';

function scratch(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'busyhour-micro-test-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const git = (folder: string, ...args: string[]): string =>
  execFileSync('git', ['-C', folder, '-c', 'user.name=T', '-c', 'user.email=t@example.org', ...args], {
    encoding: 'utf8',
  });

/** Cases that spin for a known time, and note in a file which version ran when. */
const casesText = (label: string, spins: Readonly<Record<string, number>>, log: string): string => `
import { appendFileSync } from 'node:fs';
const spin = (ms) => { const until = performance.now() + ms; while (performance.now() < until); };
const timed = (name, ms) => ({
  name,
  prepare() {
    appendFileSync(${JSON.stringify(log)}, '${label}:' + name + '\\n');
    if (ms < 0) throw new Error('it broke');
    return { operationsPerCall: 2, run: () => spin(ms) };
  },
});
export const MICRO_CASES = [${Object.entries(spins)
  .map(([name, ms]) => `timed('${name}', ${ms})`)
  .join(', ')}];
`;

interface Repository {
  readonly folder: string;
  readonly casesPath: string;
  readonly log: string;
}

/** A repository whose last commit is the baseline and whose working tree is the candidate. */
function repositoryOf(before: Record<string, number>, after: Record<string, number>): Repository {
  const folder = scratch();
  const log = join(folder, 'order.log');
  const casesPath = join(folder, 'micro/cases.mjs');
  mkdirSync(join(folder, 'micro'));
  git(folder, 'init', '-q');
  writeFileSync(casesPath, casesText('a', before, log));
  git(folder, 'add', '.');
  git(folder, 'commit', '-qm', 'before');
  writeFileSync(casesPath, casesText('b', after, log));
  return { folder, casesPath, log };
}

const optionsOf = (casesPath: string, more: Partial<MicroOptions> = {}): MicroOptions => ({
  casesPath,
  blocks: 4,
  blockMs: 15,
  warmUpMs: 3,
  ...more,
});

const blocksOf = (result: ResultFile | undefined, name: string): readonly number[] =>
  result?.micro?.find((micro) => micro.case === name)?.nsPerOp ?? [];

/** A temporary folder of the test's own: whatever else runs on the machine checks out elsewhere. */
function ownTemporaryFolder(): string {
  const folder = scratch();
  vi.stubEnv('TMPDIR', folder);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  return folder;
}

const leftovers = (folder: string): string[] =>
  readdirSync(folder).filter((name) => name.startsWith('busyhour-against-'));

describe('a block', () => {
  it('gives the time of an operation: a call that spins 0.4 ms for 4 operations takes 100 µs each', async () => {
    const reading = await measureBlock(
      {
        name: 'spin',
        prepare: () => ({
          operationsPerCall: 4,
          run: () => {
            const untilMs = performance.now() + 0.4;
            while (performance.now() < untilMs);
          },
        }),
      },
      { warmUpMs: 2, blockMs: 40 },
    );
    if (reading.kind === 'failed') throw new Error(reading.reason);
    expect(reading.nsPerOp).toBeGreaterThanOrEqual(100_000);
    expect(reading.nsPerOp).toBeLessThan(110_000);
  });

  it('says why a case could not be measured, and closes it all the same', async () => {
    let isClosed = false;
    const run = (): never => {
      throw new Error('no such path');
    };
    const close = (): void => {
      isClosed = true;
    };
    const broken = { name: 'broken', prepare: () => ({ operationsPerCall: 1, run, close }) };
    const reading = await measureBlock(broken, { warmUpMs: 1, blockMs: 5 });
    expect(reading).toEqual({ kind: 'failed', reason: 'no such path' });
    expect(isClosed).toBe(true);
  });
});

describe('the shipped cases', () => {
  it.for(MICRO_CASES.map((micro) => [micro.name, micro] as const))('measure: %s', async ([, micro]) => {
    const reading = await measureBlock(micro, { warmUpMs: 1, blockMs: 5 });
    expect(reading).toMatchObject({ kind: 'measured' });
    // No hot path of these takes a millisecond, and none less than a nanosecond: a wrong unit would.
    if (reading.kind === 'measured') {
      expect(reading.nsPerOp).toBeGreaterThan(1);
      expect(reading.nsPerOp).toBeLessThan(1_000_000);
    }
  });
});

describe('micro against another version', { timeout: 60_000 }, () => {
  it('finds a known slowdown, in blocks that alternate and pair', async () => {
    const { folder, casesPath, log } = repositoryOf({ same: 0.2, slower: 0.2 }, { same: 0.2, slower: 0.3 });
    const outcome = unwrap(await runMicro(optionsOf(casesPath, { against: 'HEAD' })));
    const { baseline, candidate } = outcome;
    const ratioOf = (name: string): number => {
      const ratios = blocksOf(candidate, name).map((ns, i) => ns / (blocksOf(baseline, name)[i] ?? 0));
      return ratios.sort((a, b) => a - b)[1] ?? 0;
    };
    expect(blocksOf(baseline, 'slower')).toHaveLength(4);
    expect(ratioOf('slower')).toBeGreaterThan(1.4);
    expect(ratioOf('slower')).toBeLessThan(1.6);
    expect(Math.abs(ratioOf('same') - 1)).toBeLessThan(0.1);
    const order = readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => line.endsWith(':same'));
    expect(order.map((line) => line[0]).join('')).toBe('abbaabba');
    expect(candidate.engine).toBe('tinybench');
    expect(candidate.target).toMatchObject({ name: 'working tree', protocol: 'in-process' });
    expect(baseline?.target.versions.commit).toBe(git(folder, 'rev-parse', 'HEAD').trim());
    for (const result of [baseline, candidate])
      expect(parseResultFile(JSON.stringify(result), 'it').kind).toBe('ok');
  });

  it('leaves no worktree and no folder behind, also when the other version cannot be measured', async () => {
    const { folder, casesPath } = repositoryOf({ same: 0.1 }, { same: 0.1 });
    const temporary = ownTemporaryFolder();
    unwrap(await runMicro(optionsOf(casesPath, { against: 'HEAD', blocks: 1 })));
    writeFileSync(casesPath, 'this is no module');
    const broken = await runMicro(optionsOf(casesPath, { against: 'HEAD', blocks: 1 }));
    expect(broken).toMatchObject({ kind: 'failed', failure: { code: 'PROCESS_FAILED' } });
    expect(git(folder, 'worktree', 'list').trim().split('\n')).toHaveLength(1);
    expect(leftovers(temporary)).toEqual([]);
  });

  it('reports cases that one side lacks or that break there, and compares the others', async () => {
    const { casesPath } = repositoryOf(
      { same: 0.1, old: 0.1, breaks: 0.1 },
      { same: 0.1, fresh: 0.1, breaks: -1 },
    );
    const { baseline, candidate, missing } = unwrap(
      await runMicro(optionsOf(casesPath, { against: 'HEAD', blocks: 2 })),
    );
    expect(missing).toEqual(
      expect.arrayContaining([
        { case: 'fresh', side: 'baseline', reason: 'there is no such case' },
        { case: 'old', side: 'candidate', reason: 'there is no such case' },
        { case: 'breaks', side: 'candidate', reason: 'it broke' },
      ]),
    );
    expect(missing).toHaveLength(3);
    expect(blocksOf(baseline, 'same')).toHaveLength(2);
    expect(blocksOf(candidate, 'breaks')).toHaveLength(0);
    expect(candidate.importedFrom?.notes.join('\n')).toContain('not compared: fresh, baseline');
  });

  it('takes a folder as the other version', async () => {
    const here = repositoryOf({ same: 0.1 }, { same: 0.1 });
    const there = repositoryOf({ same: 0.1 }, { same: 0.2 });
    const { baseline, candidate } = unwrap(
      await runMicro(optionsOf(here.casesPath, { against: there.folder, blocks: 2 })),
    );
    const [before, after] = [blocksOf(baseline, 'same')[0] ?? 0, blocksOf(candidate, 'same')[0] ?? 0];
    expect(before / after).toBeGreaterThan(1.7);
    expect(baseline?.target.name).toBe(there.folder);
  });

  it('refuses what is neither a commit nor a folder, and cases that do not exist', async () => {
    const { casesPath } = repositoryOf({ same: 0.1 }, { same: 0.1 });
    const unknown = await runMicro(optionsOf(casesPath, { against: 'no-such-branch' }));
    expect(unknown).toMatchObject({ kind: 'failed', failure: { code: 'USAGE' } });
    const none = await runMicro(optionsOf(casesPath, { cases: ['nothing'] }));
    expect(none).toMatchObject({ kind: 'failed', failure: { code: 'USAGE' } });
  });

  it('begins no block beyond its budget, and measures two in any case', async () => {
    const { casesPath } = repositoryOf({ same: 0.1 }, { same: 0.1 });
    const { candidate } = unwrap(await runMicro(optionsOf(casesPath, { blocks: 50, budgetMs: 1 })));
    expect(blocksOf(candidate, 'same')).toHaveLength(2);
    expect(candidate.state).toBe('complete');
  });

  it('keeps whole pairs of blocks when it is stopped, and cleans up', async () => {
    const { folder, casesPath } = repositoryOf({ same: 0.1 }, { same: 0.1 });
    const stop = new AbortController();
    const onProgress = ({ block }: { readonly block: number }): void => {
      if (block === 2) setTimeout(() => stop.abort(), 30);
    };
    const { baseline, candidate } = unwrap(
      await runMicro(optionsOf(casesPath, { against: 'HEAD', blocks: 50, signal: stop.signal, onProgress })),
    );
    expect(candidate.state).toBe('partial');
    expect(blocksOf(candidate, 'same').length).toBeGreaterThanOrEqual(2);
    expect(blocksOf(candidate, 'same')).toHaveLength(blocksOf(baseline, 'same').length);
    expect(git(folder, 'worktree', 'list').trim().split('\n')).toHaveLength(1);
  });
});
