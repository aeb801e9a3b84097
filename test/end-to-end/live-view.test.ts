import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { spawnGroundTruth } from '../../bench/ground-truth/spawn.ts';
import { shellCommand } from '../../presentation/escape.ts';
import { Screen } from '../cli/live/screen.ts';
import { eventually, ROOT, scratchFolder } from './command.ts';

const hasScript = spawnSync('script', ['--version']).status === 0;

/** The environment of a person at a terminal. */
function personsEnvironment(): NodeJS.ProcessEnv {
  const { CI: _ci, NO_COLOR: _noColor, ...rest } = process.env;
  return { ...rest, TERM: 'xterm' };
}

async function benchArgs(durationS: number): Promise<string[]> {
  const target = await spawnGroundTruth({
    firstTokenMs: 20,
    tokenGapMs: 4,
    outputTokens: 10,
    isExact: false,
  });
  onTestFinished(() => target.close());
  const out = join(scratchFolder(), 'result.json');
  const work = [
    '--rate',
    '30',
    '--duration-s',
    String(durationS),
    '--warm-up-s',
    '0.5',
    '--input-tokens',
    '20',
  ];
  return ['bench', '--url', target.url, ...work, '--output-tokens', '10', '--out', out];
}

interface Terminal {
  output(): string;
  type(keys: string): void;
  readonly ended: Promise<number | null>;
}

/** Runs a command line on a pseudo-terminal of 100 columns, by util-linux `script`. */
function onTerminal(args: readonly string[], redirection = ''): Terminal {
  const command = `stty cols 100 rows 40; exec ${shellCommand([process.execPath, join(ROOT, 'bin/busyhour.js'), ...args])} ${redirection}`;
  const child = spawn('script', ['-qefc', command, '/dev/null'], {
    env: personsEnvironment(),
    stdio: 'pipe',
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    output += part;
  });
  onTestFinished(() => {
    if (child.exitCode === null) child.kill('SIGKILL');
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { output: () => output, type: (keys) => child.stdin.write(keys), ended };
}

describe.skipIf(!hasScript)('a run on a terminal (needs util-linux script)', () => {
  it('is redrawn in place, and leaves lines and a visible cursor behind', async () => {
    const terminal = onTerminal(await benchArgs(3));
    expect(await terminal.ended).toBe(0);
    const screen = new Screen(100);
    screen.write(terminal.output());
    expect(screen.redraws).toBeGreaterThan(6);
    expect(screen.isCursorHidden).toBe(false);
    expect(screen.text).toMatch(/^target /);
    expect(screen.text).toMatch(/^step {3}step 1: \d+ of \d+ completed/m);
    expect(screen.text).not.toMatch(/^errors /m);
    expect(terminal.output()).toMatch(/asked 30\/s/);
    expect(terminal.output()).toMatch(/TTFT {5}p50 \d/);
  });

  it('gives the cursor back on Ctrl-C', async () => {
    const terminal = onTerminal(await benchArgs(30));
    await eventually(() => terminal.output().includes('window '), 20_000);
    terminal.type('\u0003');
    expect(await terminal.ended).toBe(130);
    const screen = new Screen(100);
    screen.write(terminal.output().replace('^C', ''));
    expect(terminal.output()).toContain('\u001b[?25l');
    expect(screen.isCursorHidden).toBe(false);
  });

  it('keeps standard output pure JSON', async () => {
    const json = join(scratchFolder(), 'stdout.json');
    const terminal = onTerminal([...(await benchArgs(2)), '--json'], `> ${shellCommand([json])}`);
    expect(await terminal.ended).toBe(0);
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({ kind: 'busyhour-result' });
    expect(terminal.output()).toContain('\u001b[?25l');
  });
});

describe('a run into a pipe', () => {
  it('writes plain lines, without a control character, every few seconds', async () => {
    const args = await benchArgs(6);
    const child = spawn(process.execPath, [join(ROOT, 'bin/busyhour.js'), ...args, '--json'], {
      env: personsEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const text = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      text.stdout += part;
    });
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      text.stderr += part;
    });
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: there must be none
    expect(text.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    expect(text.stderr.match(/^ {7}\d+\.\d s of 6\.5 s, window: asked 30\/s.*p95 \d+.* ms/gm)?.length).toBe(
      1,
    );
    expect(JSON.parse(text.stdout)).toMatchObject({ kind: 'busyhour-result', state: 'complete' });
  });
});
