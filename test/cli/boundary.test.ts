import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { EXIT_CODES, FAILURES } from '../../vocabulary/errors.ts';

const ROOT = join(import.meta.dirname, '../..');
const urlOf = (path: string): string => JSON.stringify(pathToFileURL(join(ROOT, path)).href);
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A whole process whose command has this body; standard input stays open, as a parent leaves it. */
function start(body: string, options: object = {}) {
  const script = `
    import { runCommand } from ${urlOf('cli/boundary.ts')};
    import { BusyhourError, createFailure } from ${urlOf('vocabulary/errors.ts')};
    await runCommand(async (options, { signal, say }) => { ${body} }, ${JSON.stringify(options)});
  `;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], { cwd: ROOT });
  children.push(child);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (bytes: Buffer) => {
    stdout += String(bytes);
  });
  child.stderr.on('data', (bytes: Buffer) => {
    stderr += String(bytes);
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  const saidReady = () => expect.poll(() => stderr, { timeout: 10_000 }).toContain('ready');
  return { child, ended, saidReady };
}

const run = (body: string, options: object = {}): Promise<Ended> => start(body, options).ended;
const WAIT = `
  say('ready');
  await new Promise((_, reject) => {
    const alive = setInterval(() => {}, 1000);
    signal.addEventListener('abort', () => { clearInterval(alive); reject(signal.reason); });
  });
`;

describe('the boundary of the process', () => {
  it('leaves with the command’s exit code; its lines go to stderr and stdout stays empty', async () => {
    const ended = await run("say('one line'); return { exitCode: 3, json: { a: 1 } };");
    expect(ended).toEqual({ code: 3, stdout: '', stderr: 'one line\n' });
  });

  it('prints the result as one line of JSON when asked for it', async () => {
    const { code, stdout } = await run("return { exitCode: 0, json: { a: 1, b: ['é'] } };", { json: true });
    expect(code).toBe(0);
    expect(stdout).toBe('{"a":1,"b":["é"]}\n');
  });

  it.each(['INVALID_CONFIG', 'PORT_IN_USE', 'INPUT_NOT_FOUND'] as const)(
    'a failure %s is its message, its fix and its own exit code',
    async (code) => {
      const failure = `createFailure('${code}', 'what went wrong', { hint: 'what to do' })`;
      const ended = await run(`throw new BusyhourError(${failure});`);
      expect(ended.code).toBe(FAILURES[code].exitCode);
      expect(ended.code).not.toBe(0);
      expect(ended.stderr).toContain('what went wrong');
      expect(ended.stderr).toContain('what to do');
      expect(ended.stderr).not.toContain('    at ');
      expect(ended.stdout).toBe('');
    },
  );

  it('with --json a failure is one line of JSON with code, message, hint and every issue', async () => {
    const issues = [{ path: 'a.b', expected: '≥ 1', got: '0', fix: 'raise it' }];
    const failure = `createFailure('INVALID_CONFIG', 'wrong', { hint: 'h', issues: ${JSON.stringify(issues)} })`;
    const { code, stdout, stderr } = await run(`throw new BusyhourError(${failure});`, { json: true });
    expect(code).toBe(FAILURES.INVALID_CONFIG.exitCode);
    expect(stdout.split('\n')).toHaveLength(2);
    expect(JSON.parse(stdout)).toEqual({
      error: { code: 'INVALID_CONFIG', message: 'wrong', hint: 'h', issues },
    });
    expect(stderr).toContain('a.b');
  });

  it('an exception that nobody foresaw is a failure too, with an exit code of its own', async () => {
    const { code, stdout } = await run("throw new TypeError('x is undefined');", { json: true });
    expect(code).not.toBe(0);
    expect(JSON.parse(stdout).error.message).toContain('x is undefined');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    '%s aborts the command’s signal with a reason that names it',
    async (name) => {
      const body = `${WAIT.replace('await new', 'const end = new')}
      const reason = await end.catch((error) => JSON.stringify(error));
      return { exitCode: 130, json: { reason } };`;
      const { child, ended, saidReady } = start(body, { json: true });
      await saidReady();
      child.kill(name);
      const { code, stdout } = await ended;
      expect(code).toBe(EXIT_CODES.interrupted);
      expect(JSON.parse(stdout).reason).toContain('INTERRUPTED');
      expect(JSON.parse(stdout).reason).toContain(name);
    },
  );

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'a command that lets %s end its work is INTERRUPTED, exit code 130',
    async (name) => {
      const { child, ended, saidReady } = start(WAIT);
      await saidReady();
      child.kill(name);
      const { code, stderr } = await ended;
      expect(code).toBe(EXIT_CODES.interrupted);
      expect(stderr).toContain('INTERRUPTED');
      expect(stderr).not.toContain('    at ');
    },
  );

  it('a command may finish its work after the signal and give its own result', async () => {
    const body = `${WAIT.replace('await new', 'const end = new')} await end.catch(() => {}); return { exitCode: 0 };`;
    const { child, ended, saidReady } = start(body);
    await saidReady();
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
  });

  it('a second signal leaves at once though the command does not end', async () => {
    const body =
      "signal.addEventListener('abort', () => say('first')); setInterval(() => {}, 1000); say('ready'); await new Promise(() => {});";
    const { child, ended, saidReady } = start(body);
    await saidReady();
    child.kill('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(child.exitCode).toBeNull();
    child.kill('SIGTERM');
    expect((await ended).code).toBe(EXIT_CODES.interrupted);
  });
});
