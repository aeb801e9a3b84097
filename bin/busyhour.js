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
const built = new URL('../dist/cli.js', import.meta.url);
await import(existsSync(built) ? built.href : new URL('../cli.ts', import.meta.url).href);
