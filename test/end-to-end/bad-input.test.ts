import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommand, scratchFolder } from './command.ts';

const CLOSED_URL = 'http://127.0.0.1:9';

async function takenPort(): Promise<{ port: number; close: () => void }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    close: () => server.close(),
  };
}

describe('bad input ends with the documented exit code and a sentence that helps', () => {
  it('a broken scenario: every problem with path, expected, got and fix', async () => {
    const file = join(scratchFolder(), 'broken.yaml');
    writeFileSync(
      file,
      'name: Broken Name\ndescription: x\nload: { kind: steps, steps: [] }\nslos: [{ kind: speed }]\nsurprise: 1\n',
    );
    const { exitCode, stderr } = await runCommand(['bench', file, '--url', CLOSED_URL]);
    expect(exitCode).toBe(10);
    for (const path of ['name', 'workload', 'load.steps', 'slos[0]', 'surprise'])
      expect(stderr).toContain(path);
    expect(stderr).toMatch(/expected .* got .* Fix: /);
  });

  it('a scenario that is not there', async () => {
    const { exitCode, stderr } = await runCommand(['bench', 'no-such', '--url', CLOSED_URL]);
    expect(exitCode).toBe(10);
    expect(stderr).toContain('call-centre');
  });

  it('a broken trace: the lines are named', async () => {
    const folder = scratchFolder();
    const file = join(folder, 'trace.csv');
    writeFileSync(
      file,
      'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.6805900,374,44\nyesterday,-1,NaN\n',
    );
    const { exitCode, stderr } = await runCommand([
      'bench',
      '--trace',
      file,
      '--url',
      CLOSED_URL,
      '--out',
      join(folder, 'r.json'),
    ]);
    expect(exitCode).toBe(10);
    expect(stderr).toContain('line 3');
  });

  it('a broken result file and a broken mode file', async () => {
    const folder = scratchFolder();
    const result = join(folder, 'result.json');
    writeFileSync(result, '{"kind":"busyhour-result","schemaVersion":1}');
    const plan = await runCommand(['plan', '-r', result, '--out', join(folder, 'out')]);
    expect(plan.exitCode).toBe(10);
    expect(plan.stderr).toContain('steps');
    const mode = join(folder, 'mode.yaml');
    writeFileSync(mode, 'kind: busyhour-mode\nschemaVersion: 1\nid: x\n');
    const modes = await runCommand(['modes', mode]);
    expect(modes.exitCode).toBe(10);
    expect(modes.stderr).toContain('tiers');
  });

  it('a broken catalogue of the user', async () => {
    const file = join(scratchFolder(), 'prices.yaml');
    writeFileSync(
      file,
      'kind: busyhour-catalogue\nschemaVersion: 1\ngroup: cpu-instances\nentries: [{ id: mine, usdPerHour: -1 }]\n',
    );
    const { exitCode, stderr } = await runCommand(['prices', 'mine', '--prices', file]);
    expect([exitCode, stderr]).toEqual([10, expect.stringContaining('usdPerHour')]);
  });

  it('an option for lists of prices beside an id: told, not left out in silence', async () => {
    const { exitCode, stderr } = await runCommand(['prices', 'explain', 'aws/alb', '--group', 'voice']);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('--group')]);
  });

  it('a target that is down: exit 20 within 5 s', async () => {
    const out = join(scratchFolder(), 'r.json');
    const { exitCode, elapsedMs, stderr } = await runCommand(['bench', '--url', CLOSED_URL, '--out', out]);
    expect(exitCode).toBe(20);
    expect(elapsedMs).toBeLessThan(5_000);
    expect(stderr).toContain('TARGET_UNREACHABLE');
  });

  it('an output folder that cannot be written, told before any measuring', async () => {
    const folder = scratchFolder();
    writeFileSync(join(folder, 'file'), '');
    const { exitCode, stderr, elapsedMs } = await runCommand([
      'demo',
      '--out',
      join(folder, 'file', 'report'),
    ]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('OUTPUT_NOT_WRITABLE');
    expect(elapsedMs).toBeLessThan(10_000);
  });

  it.skipIf(process.getuid?.() === 0)(
    'a read-only output folder (root may write anywhere, so not as root)',
    async () => {
      const folder = join(scratchFolder(), 'locked');
      mkdirSync(folder);
      chmodSync(folder, 0o500);
      expect((await runCommand(['demo', '--out', folder])).exitCode).toBe(2);
    },
  );

  it.each([
    ['serve', ['serve']],
    ['inference', ['inference', '--engine', 'simulated']],
  ])('a port in use: %s', async (_name, args) => {
    const taken = await takenPort();
    const { exitCode, stderr } = await runCommand([...args, '--port', String(taken.port)]);
    taken.close();
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`PORT_IN_USE`);
    expect(stderr).toContain(String(taken.port));
  });

  it('a corrupt model file', async () => {
    const file = join(scratchFolder(), 'model.gguf');
    writeFileSync(file, 'GGUF but not really');
    const { exitCode, stderr } = await runCommand(['inference', '--model', file, '--port', '0']);
    expect(exitCode).toBe(10);
    expect(stderr).toContain('MODEL_UNREADABLE');
  });

  it.skipIf(process.env.BUSYHOUR_HAS_CUDA === '1')('a GPU that is not there', async () => {
    const { exitCode, stderr } = await runCommand(['inference', '--device', 'cuda', '--port', '0']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('DEVICE_MISSING');
  });

  it('an unknown command, option and value', async () => {
    for (const args of [['explode'], ['demo', '--no-such'], ['demo', '--budget-s', 'soon'], ['bench']]) {
      expect((await runCommand(args)).exitCode, args.join(' ')).toBe(2);
    }
  });

  it('says the same as JSON when asked', async () => {
    const { exitCode, stdout } = await runCommand(['bench', 'no-such', '--url', CLOSED_URL, '--json']);
    expect(exitCode).toBe(10);
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'INPUT_NOT_FOUND' });
  });
});
