import { existsSync } from 'node:fs';
import type { ActionMeans } from '../../bench/run/actions/action-schedule.ts';
import type { FaultProxySpec } from '../../bench/run/actions/fault-proxy.ts';
import { formatProgress, type ProgressEvent } from '../../bench/run/progress.ts';
import type { CheckpointOptions, RunBenchOptions, VariantOptions } from '../../bench/run/run-context.ts';
import { parseShard, type Shard } from '../../bench/run/shard.ts';
import { parseStartAt } from '../../bench/run/start-time.ts';
import type { TargetOptions } from '../../bench/run/target.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import { type ResultFile, writeResultFile } from '../../vocabulary/result-file.ts';
import type { CommandContext } from '../boundary.ts';
import type { ProgressContext } from '../live/with-progress.ts';
import { ENTRY } from '../processes.ts';
import type { BenchOptions, TargetFlags } from './options.ts';
import { isComparison, usage, variantScenario } from './scenario.ts';

/** The key itself never appears on a command line: only the name of the variable that holds it. */
function apiKeyFrom(name: string | undefined): { apiKey?: string } {
  if (name === undefined) return {};
  const apiKey = process.env[name];
  if (apiKey === undefined || apiKey === '')
    throw usage(`--api-key-env: the environment variable ${name} is not set`);
  return { apiKey };
}

export function targetFrom({ url: [url, ...replicaUrls], model, apiKeyEnv }: TargetFlags): TargetOptions {
  if (url === undefined) throw usage('--url: expected the base URL of the target');
  return {
    url,
    ...(replicaUrls.length === 0 ? {} : { replicaUrls }),
    ...(model === undefined ? {} : { model }),
    ...apiKeyFrom(apiKeyEnv),
  };
}

/** `gateway=http://127.0.0.1:8080/metrics`. */
function metricsUrlFrom(text: string): { process: string; url: string } {
  const match = /^([\w-]+)=(https?:\/\/\S+)$/.exec(text);
  if (match === null) throw usage(`--metrics: expected process=url, got "${text}"`);
  return { process: match[1] ?? '', url: match[2] ?? '' };
}

/** A process that is not there would be left out of the result without a word. */
function watchedFrom(text: string): { process: string; pid: number } {
  const [process, pid] = pidFrom('--watch', text);
  if (!existsSync(`/proc/${pid}/stat`))
    throw usage(`--watch: there is no process ${pid} in /proc`, 'Give the PID of one that runs (on Linux).');
  return { process, pid };
}

/**
 * The gateway of this project exports its metrics beside its API; another server's are read when named. Processes of
 * this machine can be watched without any page.
 */
function metricsFrom({ metrics, watch = [], url }: TargetFlags) {
  const name = (i: number): string => (url.length === 1 ? 'gateway' : `gateway-${i + 1}`);
  const pages =
    metrics?.map(metricsUrlFrom) ?? url.map((base, i) => ({ process: name(i), url: `${base}/metrics` }));
  const watched = watch.map(watchedFrom);
  return [...pages, ...watched];
}

/** Writes what has been measured so far; a disk that is full is said once, for the run itself goes on. */
function checkpointTo(path: string, say: CommandContext['say']): CheckpointOptions {
  let isSaid = false;
  return {
    write: (soFar: ResultFile) => {
      const written = writeResultFile(path, soFar);
      if (written.kind === 'ok' || isSaid) return;
      isSaid = true;
      say(`warning: no partial result: ${written.failure.message}`);
    },
  };
}

/** Everything of a run but its scenario. */
export const runOptionsFrom = (
  options: TargetFlags,
  context: ProgressContext,
): Omit<RunBenchOptions, 'scenario'> => ({
  target: targetFrom(options),
  metricsUrls: metricsFrom(options),
  signal: context.signal,
  onProgress: context.onProgress ?? ((event: ProgressEvent) => context.say(formatProgress(event))),
  command: ['busyhour', ...process.argv.slice(2)],
  ...(options.seed === undefined ? {} : { seed: options.seed }),
  ...(options.generatorThreads === undefined ? {} : { threads: options.generatorThreads }),
  checkpoint: checkpointTo(options.out, context.say),
});

/** The part of the schedule that this process sends, and when; all shards have to begin at one time. */
export function shardFrom({ shard, startAt }: BenchOptions): Shard | undefined {
  const nowUnixMs = Date.now();
  const startAtUnixMs = startAt === undefined ? undefined : unwrap(parseStartAt(startAt, nowUnixMs));
  if (shard === undefined) {
    return startAtUnixMs === undefined ? undefined : { index: 0, count: 1, startAtUnixMs };
  }
  const { index, count } = unwrap(parseShard(shard));
  if (startAtUnixMs === undefined && count > 1)
    throw usage('--shard: all shards have to begin together', 'Give every one the same --start-at.');
  return { index, count, startAtUnixMs: startAtUnixMs ?? nowUnixMs };
}

/** Side b of a comparison. */
export function variantFrom(options: BenchOptions, scenario: Scenario): VariantOptions | undefined {
  if (!isComparison(options)) return undefined;
  const { bUrl, bModel } = options;
  const { replicaUrls, ...a } = targetFrom(options);
  const ofB = variantScenario(options, scenario);
  const replicas = bUrl !== undefined || replicaUrls === undefined ? {} : { replicaUrls };
  const b = { ...a, ...replicas, ...(bUrl === undefined ? {} : { url: bUrl }) };
  return {
    target: { ...b, ...(bModel === undefined ? {} : { model: bModel }) },
    ...(ofB === undefined ? {} : { scenario: ofB }),
    ...(bUrl === undefined ? {} : { metricsUrls: [{ process: 'gateway-b', url: `${bUrl}/metrics` }] }),
  };
}

const MAX_PORT = 65_535;

function proxyFrom(text: string): readonly [string, FaultProxySpec] {
  const match = /^([a-z0-9-]+)=(\d+):([^:\s]+):(\d+)$/.exec(text);
  const [port, targetPort] = [Number(match?.[2]), Number(match?.[4])];
  if (match === null || port > MAX_PORT || targetPort < 1 || targetPort > MAX_PORT)
    throw usage(
      `--fault-proxy: expected name=port:host:port such as local=6001:127.0.0.1:50051, got "${text}"`,
    );
  return [match[1] ?? '', { port, host: match[3] ?? '', targetPort }];
}

/** `name=123` as a named process. */
export function pidFrom(flag: string, text: string): readonly [string, number] {
  const match = /^([a-z0-9-]+)=(\d+)$/.exec(text);
  if (match === null) throw usage(`${flag}: expected name=pid such as gateway=4711, got "${text}"`);
  return [match[1] ?? '', Number(match[2])];
}

/** What scheduled actions may act on: only what is named on the command line. */
export const meansFrom = ({
  pid = [],
  faultProxy = [],
  allowCommands = false,
}: BenchOptions): ActionMeans => ({
  pids: new Map(pid.map((text) => pidFrom('--pid', text))),
  proxies: new Map(faultProxy.map(proxyFrom)),
  allowCommands,
  // The very program that runs, whether or not it is in PATH.
  programs: new Map([['busyhour', [process.execPath, ENTRY]]]),
});
