import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface CodeBlock {
  readonly file: string;
  /** Of the opening fence, from 1. */
  readonly line: number;
  /** The word after the fence, such as `sh`. */
  readonly language: string;
  /** True when the fence says `run`: a test executes the block. */
  readonly run: boolean;
  readonly text: string;
}

const FENCE = /^```(\w*)([^\n]*)\n([\s\S]*?)^```$/gm;

export const blocksOf = (file: string, markdown: string): CodeBlock[] =>
  [...markdown.matchAll(FENCE)].map((match) => ({
    file,
    line: markdown.slice(0, match.index).split('\n').length,
    language: match[1] ?? '',
    run: /\brun\b/.test(match[2] ?? ''),
    text: match[3] ?? '',
  }));

/** Every code block of the README and the docs pages. */
export const readBlocks = (root: string): CodeBlock[] =>
  globSync(['README.md', 'CONTRIBUTING.md', 'docs/*.md'], { cwd: root })
    .sort()
    .flatMap((file) => blocksOf(file, readFileSync(join(root, file), 'utf8')));

/** Commands of a shell block: continued lines joined, comments and blank lines gone, `a && b` split. */
export const commandsOf = (block: CodeBlock): string[] =>
  block.text
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .flatMap((line) => line.replace(/(^|\s)#.*$/, '').split(/&&|;|\|/))
    .map((command) => command.replace(/[&>].*$/, '').trim())
    .filter((command) => command !== '');
