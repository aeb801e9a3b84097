import { spawn } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createProgram } from '../../cli/program.ts';
import { ROOT, scratchFolder } from '../end-to-end/command.ts';
import { blocksOf, commandsOf, readBlocks } from './code-blocks.ts';

const BLOCKS = readBlocks(ROOT);
const SHELL = BLOCKS.filter(({ language }) => language === 'sh' || language === 'bash');
const SCRIPTS = (
  JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
).scripts;

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
  const subcommand = program.commands.find((each) => each.name() === words[0]);
  if (subcommand === undefined) return `there is no command ${words[0]}`;
  const known = new Set(['--help', ...subcommand.options.flatMap(({ short, long }) => [short, long])]);
  return words
    .filter((word) => /^--?[a-z]/.test(word) && !known.has(word.split('=')[0]))
    .map((word) => `no option ${word}`)[0];
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
    env: { ...process.env, PATH: `${shims}:${dirname(process.execPath)}:${process.env.PATH}` },
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
    expect(problemOf('npm run no-such-script', program)).toContain('no-such-script');
    expect(problemOf('busyhour demo --out x', program)).toBeUndefined();
    const [block] = blocksOf('x.md', '```sh run\n# why\nbusyhour demo \\\n  --out x && ls\n```\n');
    expect(block?.run).toBe(true);
    expect(block && commandsOf(block)).toEqual(['busyhour demo  --out x', 'ls']);
  });

  it.each(SHELL.filter(({ run }) => run).map((block) => [`${block.file}:${block.line}`, block] as const))(
    'run as printed: %s',
    async (_name, block) => {
      const { exitCode, output } = await runBlock(block.text);
      expect(exitCode, output).toBe(0);
    },
    120_000,
  );
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
