import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { TESTED_K6_VERSION } from '../../bench/engines/k6/binary.ts';
import { importK6 } from '../../bench/engines/k6/import-k6.ts';
import { createK6Plan } from '../../bench/engines/k6/plan.ts';
import { writeScript } from '../../bench/engines/k6/run-k6.ts';
import type { K6Arrivals } from '../../bench/engines/k6/wanted-steps.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import type { ResultFile } from '../../vocabulary/result-file.ts';

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

/** A scenario as k6 runs it by hand: exported, run and imported, without asking the target what it is. */
export async function runExported(
  scenario: Scenario,
  url: string,
  arrivals: K6Arrivals = 'rate',
): Promise<ResultFile> {
  const folder = mkdtempSync(join(tmpdir(), 'busyhour-k6-exported-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [script, points] = [join(folder, 'script.js'), join(folder, 'points.json')];
  unwrap(writeScript(script, unwrap(createK6Plan(scenario, { arrivals })), { url }));
  // The test runner has a BASE_URL of its own.
  const args = [
    'run',
    '--quiet',
    '--no-usage-report',
    '-e',
    `BASE_URL=${url}`,
    '--out',
    `json=${points}`,
    script,
  ];
  await promisify(execFile)(k6OnThisMachine() ?? 'k6', args);
  return unwrap(await importK6({ pointsPath: points })).result;
}
