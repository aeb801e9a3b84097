import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, it } from 'vitest';
import { openSqliteHistory } from '../../../runtime/store/sqlite-history-store.ts';
import { verifyAudit, withSqliteSnapshot } from '../../../runtime/store/verify-audit.ts';
import { WriteThread } from '../../../runtime/store/write-thread.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { answered, created, interactionOf, turnOf } from '../../contracts/store-history.ts';

const folder = mkdtempSync(join(tmpdir(), 'busyhour-thread-'));
afterAll(() => rmSync(folder, { recursive: true }));
const SECRET = 'secret';

const verify = (path: string) => withSqliteSnapshot(path, (query) => verifyAudit(query, { secret: SECRET }));

it('a thread that cannot write fails its writes at once, and one that can be started again writes', async () => {
  const path = join(folder, 'absent', 'history.sqlite');
  const thread = new WriteThread({ path, auditSecret: SECRET, synchronous: 'normal' });
  const write = { kind: 'audit', audit: [] } as const;
  expect(await thread.write(write)).toMatchObject({ kind: 'failed' });
  expect(await thread.write(write)).toMatchObject({ kind: 'failed' });
  // The folder is back; so is the thread, with the next write.
  mkdirSync(join(folder, 'absent'));
  const store = unwrap(openSqliteHistory(path, SECRET));
  await store.close();
  expect(await thread.write(write)).toEqual({ kind: 'written' });
  await thread.close();
  expect(await thread.write(write)).toMatchObject({ kind: 'failed', message: /closed/ });
});

it('a close writes what waits', async () => {
  const path = join(folder, 'flush.sqlite');
  const store = unwrap(openSqliteHistory(path, SECRET));
  const writes = Array.from({ length: 700 }, (_, n) => {
    const record = interactionOf(`i${n}`);
    return store.createInteraction(record, created(record));
  });
  await store.close();
  await Promise.all(writes);
  expect(await verify(path)).toMatchObject({ intact: true, interactions: 700 });
});

/** Writes turns as fast as it can and says of each, after its write resolved, that it was acknowledged. */
const writerScript = (path: string, name: string): string => {
  const module = (file: string) => JSON.stringify(new URL(`../../../${file}`, import.meta.url).href);
  return `
    import { openSqliteHistory } from ${module('runtime/store/sqlite-history-store.ts')};
    import { answered, created, interactionOf, turnOf } from ${module('test/contracts/history-fixtures.ts')};
    const store = openSqliteHistory(${JSON.stringify(path)}, ${JSON.stringify(SECRET)}).value;
    async function talk(id) {
      await store.createInteraction(interactionOf(id), created(interactionOf(id)));
      for (let index = 0; ; index++) {
        await store.appendTurn(turnOf(id, index), answered(turnOf(id, index)));
        // A reader that is behind must not leave acknowledgements in this process when it is killed.
        await new Promise((resolve) => process.stdout.write(id + ' ' + index + '\\n', resolve));
      }
    }
    for (let n = 0; n < 20; n++) void talk(${JSON.stringify(name)} + n);`;
};

/** Kills the writer once it acknowledged so many turns, and gives back what it acknowledged. */
function writeUntilKilled(path: string, name: string, turns: number): Promise<string[]> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', writerScript(path, name)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const acknowledged: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    acknowledged.push(line);
    if (acknowledged.length === turns) child.kill('SIGKILL');
  });
  return new Promise((resolve) => child.once('close', () => resolve(acknowledged)));
}

it('every acknowledged turn has its row and its audit row after kill -9, again and again on one file', async () => {
  const path = join(folder, 'killed.sqlite');
  const acknowledged: string[] = [];
  for (let run = 0; run < 4; run++) {
    acknowledged.push(...(await writeUntilKilled(path, `run${run}-`, 150 + run * 111)));
  }
  expect(acknowledged.length).toBeGreaterThan(1200);
  const report = await verify(path);
  expect(report).toMatchObject({ intact: true, problems: [] });
  expect(report.chains).toHaveLength(4);
  const store = unwrap(openSqliteHistory(path, SECRET));
  for (const line of acknowledged) {
    const [id = '', index] = line.split(' ');
    expect(await store.findTurn(id, `m${index}`), line).toBeDefined();
  }
  await store.close();
  // Written and not acknowledged: at most the turn that each of 20 interactions waited for, in each run.
  expect(report.turns - acknowledged.length).toBeLessThanOrEqual(4 * 20);
});

const canMount = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;

describe.skipIf(!canMount)('a disk that is full (skipped where this user may not mount one)', () => {
  it('refuses the turn, writes nothing of it, and works again when there is space', async () => {
    const disk = mkdtempSync(join(folder, 'disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
    try {
      const path = join(disk, 'history.sqlite');
      const store = unwrap(openSqliteHistory(path, SECRET));
      await store.createInteraction(interactionOf('a'), created(interactionOf('a')));
      let written = 0;
      const turn = (index: number) => ({ ...turnOf('a', index), answerText: 'long '.repeat(4000) });
      let failure: unknown;
      while (failure === undefined && written < 200) {
        failure = await store.appendTurn(turn(written), answered(turn(written))).catch((error) => error);
        if (failure === undefined) written++;
      }
      expect(failure).toMatchObject({ name: 'StoreFailure', message: /full|disk I\/O/ });
      expect(written).toBeGreaterThan(5);
      expect((await store.listTurns('a', 500)).length).toBe(written);
      execFileSync('mount', ['-o', 'remount,size=16m', disk]);
      await store.appendTurn(turn(written), answered(turn(written)));
      expect((await store.listTurns('a', 500)).length).toBe(written + 1);
      await store.close();
      expect(await verify(path)).toMatchObject({ intact: true, turns: written + 1 });
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  });
});
