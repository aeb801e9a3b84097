#!/usr/bin/env node
// Plain JavaScript on purpose: it must run on old versions of Node to say which version is needed.
import { existsSync } from 'node:fs';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `error USAGE: busyhour needs Node 22.19 or newer, this is ${process.versions.node}.\n` +
      '  hint: install Node 24 LTS, or run: npx --package=node@24 --package=busyhour busyhour\n',
  );
  process.exit(2);
}
// A checkout runs its sources, never a build that may be older than they are; a package ships only what was built.
const source = new URL('../cli.ts', import.meta.url);
await import(existsSync(source) ? source.href : new URL('../dist/cli.js', import.meta.url).href);
