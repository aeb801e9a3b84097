import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { failed, ok, type Result } from '../../../vocabulary/errors.ts';

/** The release that our scripts, and the reading of its output, are tested with. */
export const TESTED_K6_VERSION = '1.8.1';

export interface K6Binary {
  readonly path: string;
  readonly version: string;
}

const HOW = `Install k6 (grafana.com/docs/k6/latest/set-up/install-k6) and put it on the PATH or name it in K6_BIN; with Go: go install go.k6.io/k6@v${TESTED_K6_VERSION}.`;

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // Not there, or not to be run: either way not this one.
  }
};

function pathOf(environment: NodeJS.ProcessEnv): Result<string> {
  const named = environment.K6_BIN;
  if (named !== undefined && named !== '') {
    if (isExecutable(named)) return ok(named);
    return failed('TOOL_MISSING', `K6_BIN names ${named}, which is no program`, { hint: HOW });
  }
  const name = process.platform === 'win32' ? 'k6.exe' : 'k6';
  const found = (environment.PATH ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutable);
  if (found === undefined) return failed('TOOL_MISSING', 'k6 is not installed', { hint: HOW });
  return ok(found);
}

/** The k6 to run: K6_BIN, else the first on the PATH; TOOL_MISSING says how to get one. */
export async function findK6(environment: NodeJS.ProcessEnv = process.env): Promise<Result<K6Binary>> {
  const path = pathOf(environment);
  if (path.kind === 'failed') return path;
  try {
    const { stdout } = await promisify(execFile)(path.value, ['version'], { timeout: 20_000 });
    const version = /v(\d+\.\d+\.\d+\S*)/.exec(stdout)?.[1] ?? 'unknown';
    return ok({ path: path.value, version });
  } catch (cause) {
    return failed('TOOL_MISSING', `${path.value} does not say its version`, { hint: HOW, cause });
  }
}
