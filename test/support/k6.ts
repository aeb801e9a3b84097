import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { TESTED_K6_VERSION } from '../../bench/engines/k6/binary.ts';

/** Where .ci/run builds k6. */
const cached = (): string =>
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'busyhour/k6', `v${TESTED_K6_VERSION}`, 'k6');

/** A k6 on this machine: K6_BIN, the PATH, or the one that .ci/run built; undefined where there is none. */
export const k6OnThisMachine = (): string | undefined =>
  [
    process.env.K6_BIN,
    ...(process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'k6')),
    cached(),
  ].find((path) => path !== undefined && path !== '' && existsSync(path));

export const K6_ABSENT = 'k6 is not installed (see docs/engines.md)';
