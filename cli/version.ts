import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The package's folder: one level up from here in the sources, two in dist/. */
export const PACKAGE_ROOT = ['..', '../..']
  .map((relative) => fileURLToPath(new URL(relative, import.meta.url)))
  .find((folder) => existsSync(`${folder}/package.json`)) as string;

const { version } = JSON.parse(readFileSync(`${PACKAGE_ROOT}/package.json`, 'utf8')) as { version: string };

export const TOOL = { name: 'busyhour', version } as const;
