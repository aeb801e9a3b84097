import { spawn } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startProcess } from '../../cli/processes.ts';
import { createProgram } from '../../cli/program.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import { ROOT, scratchFolder } from '../end-to-end/command.ts';
import { blocksOf, commandsOf, readBlocks } from './code-blocks.ts';

const BLOCKS = readBlocks(ROOT);
const SHELL = BLOCKS.filter(({ language }) => language === 'sh' || language === 'bash');
const SCRIPTS = (
  JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
).scripts;

/** `audit verify` is a command of a command. */
function subcommandOf([word, ...rest]: readonly string[], program: Command): Command | undefined {
  const found = program.commands.find((each) => each.name() === word);
  if (found === undefined || found.commands.length === 0) return found;
  // `scenarios` takes a name of its own beside its commands.
  return subcommandOf(rest, found) ?? (found.registeredArguments.length > 0 ? found : undefined);
}

/** What is wrong with a documented command, if anything: an unknown subcommand, flag or npm script. */
function problemOf(command: string, program: Command): string | undefined {
  const script = /^npm (?:run )?(?:--silent )?([\w-]+)/.exec(command)?.[1];
  if (
    script !== undefined &&
    !['ci', 'install', 'pack', 'pkg', 'init', 'i'].includes(script) &&
    !(script in SCRIPTS)
  ) {
    return `npm script ${script} does not exist`;
  }
  const words = /^(?:npx |npm run busyhour -- |node \S+\/)?busyhour\s+(.*)$/.exec(command)?.[1]?.split(/\s+/);
  if (words === undefined) return undefined;
  if (words[0]?.startsWith('-')) return undefined;
  const subcommand = subcommandOf(words, program);
  if (subcommand === undefined) return `there is no command ${words.slice(0, 2).join(' ')}`;
  const known = new Set(['--help', ...subcommand.options.flatMap(({ short, long }) => [short, long])]);
  return words
    .filter((word) => /^--?[a-z]/.test(word) && !known.has(word.split('=')[0]))
    .map((word) => `no option ${word}`)[0];
}

const TRACE = join(ROOT, '../shared/data/azure-llm-2023/AzureLLMInferenceTrace_conv.csv.gz');
const README_URL = 'http://127.0.0.1:8080';
const README_TRACE = 'AzureLLMInferenceTrace_conv.csv.gz';

/** Blocks that name a target of the reader's: they run against the simulated engine behind a gateway. */
const needsTarget = ({ text }: { readonly text: string }): boolean => text.includes(README_URL);
const needsTrace = ({ text }: { readonly text: string }): boolean => text.includes(README_TRACE);

async function withStack(text: string): Promise<string> {
  const start = async (args: readonly string[]) => {
    const spec = { name: String(args[0]), args: [...args, '--port', '0'], readyTimeoutMs: 30_000 };
    const owned = unwrap(await startProcess(spec, new AbortController().signal));
    onTestFinished(async () => {
      await owned.stop();
    });
    return owned.ready;
  };
  const worker = await start(['inference', '--engine', 'simulated']);
  const gateway = await start(['serve', '--inference', String(worker.address), '--no-keyword']);
  return text.replaceAll(README_URL, String(gateway.url)).replaceAll(README_TRACE, TRACE);
}

/** Runs a block with `busyhour` on the PATH, in a folder of its own, and ends whatever it started. */
function runBlock(text: string): Promise<{ exitCode: number | null; output: string }> {
  const folder = scratchFolder();
  const shims = join(folder, '.shims');
  mkdirSync(shims);
  const shim = `#!/bin/sh\nexec ${process.execPath} ${join(ROOT, 'bin/busyhour.js')} "$@"\n`;
  writeFileSync(join(shims, 'busyhour'), shim, { mode: 0o755 });
  const child = spawn('bash', ['-euo', 'pipefail', '-c', text], {
    cwd: folder,
    detached: true,
    env: { ...process.env, MY_KEY: 'any', PATH: `${shims}:${dirname(process.execPath)}:${process.env.PATH}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      output += part;
    });
  }
  const endGroup = (): void => {
    try {
      process.kill(-(child.pid ?? 0), 'SIGTERM');
    } catch {
      // The whole group has ended already.
    }
  };
  onTestFinished(endGroup);
  return new Promise((resolve) => {
    child.once('exit', (exitCode) => {
      endGroup();
      resolve({ exitCode, output });
    });
  });
}

describe('documented commands', () => {
  it('are found: the README has its two commands and the docs have shell blocks', () => {
    const readme = SHELL.filter(({ file }) => file === 'README.md')
      .map(({ text }) => text)
      .join('\n');
    expect(readme).toContain('npm ci && npm start');
    expect(readme).toContain('npm ci && npm test');
    expect(SHELL.length).toBeGreaterThan(8);
  });

  it('name commands, options and npm scripts that exist', () => {
    const program = createProgram();
    const problems = SHELL.flatMap((block) =>
      commandsOf(block).flatMap((command) => {
        const problem = problemOf(command, program);
        return problem === undefined ? [] : [`${block.file}:${block.line}: ${command}: ${problem}`];
      }),
    );
    expect(problems).toEqual([]);
  });

  it('are checked by a check that can fail', () => {
    const program = createProgram();
    expect(problemOf('busyhour fly', program)).toBe('there is no command fly');
    expect(problemOf('busyhour demo --wings 2', program)).toBe('no option --wings');
    expect(problemOf('busyhour audit verify --wings 2', program)).toBe('no option --wings');
    expect(problemOf('busyhour audit fly', program)).toBe('there is no command audit fly');
    expect(problemOf('npm run no-such-script', program)).toContain('no-such-script');
    expect(problemOf('busyhour demo --out x', program)).toBeUndefined();
    const [block] = blocksOf('x.md', '```sh run\n# why\nbusyhour demo \\\n  --out x && ls\n```\n');
    expect(block?.run).toBe(true);
    expect(block && commandsOf(block)).toEqual(['busyhour demo  --out x', 'ls']);
  });

  const runnable = SHELL.filter(({ run }) => run).map(
    (block) => [`${block.file}:${block.line}`, block] as const,
  );

  it("that are run include those of the README about the reader's own target", () => {
    expect(runnable.filter(([, block]) => block.file === 'README.md' && needsTarget(block))).toHaveLength(2);
  });

  // Once more where a block failed: a bench ends with 21 on a machine that was too busy to send in time.
  it.for(runnable)('run as printed: %s', { timeout: 180_000, retry: 1 }, async ([, block], context) => {
    if (needsTrace(block) && !existsSync(TRACE)) return context.skip('shared/data is absent');
    const text = needsTarget(block) ? await withStack(block.text) : block.text;
    const { exitCode, output } = await runBlock(text);
    expect(exitCode, output).toBe(0);
  });
});

describe('links', () => {
  it('to files of the project lead somewhere', () => {
    const broken = globSync(['*.md', 'docs/**/*.md'], { cwd: ROOT }).flatMap((file) =>
      [...readFileSync(join(ROOT, file), 'utf8').matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
        .map((match) => match[1] ?? '')
        .filter((target) => !existsSync(join(ROOT, dirname(file), target)))
        .map((target) => `${file} -> ${target}`),
    );
    expect(broken).toEqual([]);
  });
});
