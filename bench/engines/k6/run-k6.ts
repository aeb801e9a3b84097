import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Scenario } from '../../../scenarios/scenario.ts';
import { createFailure, failed, ok, type Result } from '../../../vocabulary/errors.ts';
import { isSpecial, writeFileAtomic } from '../../../vocabulary/files.ts';
import type { GeneratorUse, ResultTarget } from '../../../vocabulary/result-file.ts';
import { MS_PER_S } from '../../../vocabulary/units.ts';
import { resolveTarget, type TargetOptions } from '../../run/target.ts';
import { readTenantKeys } from '../../workload/tenants.ts';
import { findK6, type K6Binary } from './binary.ts';
import { importK6, type K6Import } from './import-k6.ts';
import { createK6Plan, type K6Plan, type K6PlanOptions } from './plan.ts';
import { ProcessWatch } from './process-use.ts';
import { companionsOf, type K6ScriptOptions, renderK6Script } from './script.ts';

export interface K6RunOptions extends K6PlanOptions {
  readonly signal?: AbortSignal;
  readonly say?: (line: string) => void;
  readonly command?: readonly string[];
  /** Where script, summary and points stay; a folder of its own, removed afterwards, where absent. */
  readonly keep?: string;
  readonly environment?: NodeJS.ProcessEnv;
}

/** k6's own exit code when a threshold was crossed: the run itself is whole. */
const THRESHOLDS_CROSSED = 99;
/** Stopped by a signal: what ran is written. */
const STOPPED = 105;
const LOG_CHARS = 4_000;
/** After the first signal k6 ends its requests and writes its files; then it is ended for good. */
const STOP_GRACE_MS = 15_000;

interface Files {
  readonly script: string;
  readonly summary: string;
  readonly points: string;
}

interface Ended {
  readonly exitCode: number | null;
  readonly log: string;
  readonly generator: GeneratorUse | undefined;
}

interface Launch {
  readonly binary: K6Binary;
  readonly files: Files;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

const argumentsOf = ({ script, summary, points }: Files): string[] => [
  'run',
  '--quiet',
  '--no-color',
  '--no-usage-report',
  '--summary-export',
  summary,
  '--out',
  `json=${points}`,
  script,
];

function runBinary({ binary, files, environment, signal, say }: Launch): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(binary.path, argumentsOf(files), {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: environment,
      detached: true, // A terminal's Ctrl-C reaches us alone, and we stop it in order.
    });
    let log = '';
    let killer: NodeJS.Timeout | undefined;
    const startedAtMs = performance.now();
    const watch = child.pid === undefined ? undefined : new ProcessWatch(child.pid);
    const ticks = setInterval(
      () => say(`       k6 runs for ${Math.round((performance.now() - startedAtMs) / MS_PER_S)} s`),
      5 * MS_PER_S,
    );
    const stop = (): void => {
      child.kill('SIGINT');
      killer = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
    };
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      log = (log + part).slice(-LOG_CHARS);
    });
    child.once('error', (error) => {
      log += error.message;
    });
    child.once('close', (exitCode) => {
      clearInterval(ticks);
      clearTimeout(killer);
      signal.removeEventListener('abort', stop);
      resolve({ exitCode, log, generator: watch?.stop() });
    });
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

const filesIn = (folder: string): Files => ({
  script: join(folder, 'script.js'),
  summary: join(folder, 'summary.json'),
  points: join(folder, 'points.json'),
});

function environmentOf(target: TargetOptions, model: string | undefined, base: NodeJS.ProcessEnv) {
  return {
    ...base,
    BASE_URL: target.url,
    ...(model === undefined ? {} : { MODEL: model }),
    ...(target.apiKey === undefined ? {} : { API_KEY: target.apiKey }),
  };
}

interface Finished {
  readonly ended: Ended;
  readonly files: Files;
  readonly binary: K6Binary;
  readonly target: ResultTarget;
}

function importRun(finished: Finished, options: K6RunOptions): Promise<Result<K6Import>> {
  const { ended, files, binary, target } = finished;
  const isStopped = options.signal?.aborted === true;
  const known = [0, THRESHOLDS_CROSSED, STOPPED];
  if (!isStopped && !known.includes(ended.exitCode ?? -1)) {
    return Promise.resolve(
      failed('PROCESS_FAILED', `k6 ended with ${ended.exitCode ?? 'a signal'}\n${ended.log.trim()}`, {
        hint: 'Its last log lines are above; run the exported script by hand to see them all.',
      }),
    );
  }
  if (!existsSync(files.points) || statSync(files.points).size === 0) {
    return Promise.resolve({
      kind: 'failed',
      failure: createFailure('INTERRUPTED', 'stopped before k6 had sent anything'),
    });
  }
  return importK6({
    ...(existsSync(files.summary) ? { summaryPath: files.summary } : {}),
    pointsPath: files.points,
    target,
    k6Version: binary.version,
    state: isStopped || ended.exitCode === STOPPED ? 'partial' : 'complete',
    command: options.command ?? [],
    ...(ended.generator === undefined ? {} : { generator: ended.generator }),
  });
}

/**
 * Writes the script and what has to lie beside it, whose paths it gives; nothing can lie beside a pipe. No secret is among
 * it: keys travel in the environment of the process.
 */
export function writeScript(path: string, plan: K6Plan, options: K6ScriptOptions): Result<readonly string[]> {
  const companions = isSpecial(path) ? [] : companionsOf(plan);
  const beside = companions.map(({ name, text }) => ({ path: join(dirname(path), name), text }));
  for (const { path: file, text } of [...beside, { path, text: renderK6Script(plan, options) }]) {
    const written = writeFileAtomic(file, text);
    if (written.kind === 'failed') return written;
  }
  return ok(beside.map(({ path: file }) => file));
}

/**
 * Runs a scenario with k6 and imports what it measured. Fails before anything is sent where k6 is missing (TOOL_MISSING), the
 * target does not answer, or k6 cannot follow the scenario.
 */
export async function runK6(
  scenario: Scenario,
  target: TargetOptions,
  options: K6RunOptions,
): Promise<Result<K6Import>> {
  const binary = await findK6(options.environment);
  if (binary.kind === 'failed') return binary;
  const plan = createK6Plan(scenario, options);
  if (plan.kind === 'failed') return plan;
  const { tenants } = scenario.workload;
  const keys =
    tenants === undefined ? ok(undefined) : readTenantKeys(tenants, options.environment ?? process.env);
  if (keys.kind === 'failed') return keys;
  const resolved = await resolveTarget(target, scenario);
  if (resolved.kind === 'failed') return resolved;
  const folder = options.keep ?? mkdtempSync(join(tmpdir(), 'busyhour-k6-'));
  try {
    const files = filesIn(folder);
    const written = writeScript(files.script, plan.value, { url: target.url });
    if (written.kind === 'failed') return written;
    const ended = await runBinary({
      binary: binary.value,
      files,
      environment: environmentOf(target, resolved.value.model, options.environment ?? process.env),
      signal: options.signal ?? new AbortController().signal,
      say: options.say ?? (() => {}),
    });
    return await importRun({ ended, files, binary: binary.value, target: resolved.value.target }, options);
  } finally {
    if (options.keep === undefined) rmSync(folder, { recursive: true, force: true });
  }
}
