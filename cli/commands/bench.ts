import { dirname } from 'node:path';
import { formatProgress, type ProgressEvent } from '../../bench/run/progress.ts';
import { runBench } from '../../bench/run/run-bench.ts';
import { runTraceReplay } from '../../bench/run/run-trace.ts';
import { formatStepTable } from '../../presentation/terminal.ts';
import { readScenario, withOverrides } from '../../scenarios/scenario.ts';
import {
  BusyhourError,
  createFailure,
  EXIT_CODES,
  type ExitCode,
  type Result,
  unwrap,
} from '../../vocabulary/errors.ts';
import { ensureWritableFolder } from '../../vocabulary/files.ts';
import { type ResultFile, writeResultFile } from '../../vocabulary/result-file.ts';
import type { Slo } from '../../vocabulary/slo.ts';
import { msFromS } from '../../vocabulary/units.ts';
import type { Command, CommandContext } from '../boundary.ts';
import { TRACE_OBJECTIVES } from '../objectives.ts';

export interface BenchOptions {
  /** The scenario, by name or file. */
  readonly args: readonly string[];
  readonly url: string;
  readonly trace?: string;
  readonly speedUp: number;
  readonly maxRequests?: number;
  readonly durationS?: number;
  readonly model?: string;
  readonly apiKeyEnv?: string;
  readonly metrics?: readonly string[];
  readonly slo?: readonly Slo[];
  readonly out: string;
  readonly seed?: number;
  readonly json?: boolean;
}

function usage(message: string): BusyhourError {
  return new BusyhourError(createFailure('USAGE', message));
}

/** The key itself never appears on a command line: only the name of the variable that holds it. */
function apiKeyFrom(name: string | undefined): { apiKey?: string } {
  if (name === undefined) return {};
  const apiKey = process.env[name];
  if (apiKey === undefined || apiKey === '')
    throw usage(`--api-key-env: the environment variable ${name} is not set`);
  return { apiKey };
}

/** `gateway=http://127.0.0.1:8080/metrics`. */
function metricsUrlFrom(text: string): { process: string; url: string } {
  const match = /^([\w-]+)=(https?:\/\/\S+)$/.exec(text);
  if (match === null) throw usage(`--metrics: expected process=url, got "${text}"`);
  return { process: match[1] ?? '', url: match[2] ?? '' };
}

const targetFrom = ({ url, model, apiKeyEnv }: BenchOptions) => ({
  url,
  ...(model === undefined ? {} : { model }),
  ...apiKeyFrom(apiKeyEnv),
});

/** The gateway of this project exports its metrics beside its API; another server's are read when named. */
const metricsFrom = ({ metrics, url }: BenchOptions) =>
  metrics === undefined ? [{ process: 'gateway', url: `${url}/metrics` }] : metrics.map(metricsUrlFrom);

const runOptionsFrom = (options: BenchOptions, context: CommandContext) => ({
  target: targetFrom(options),
  metricsUrls: metricsFrom(options),
  signal: context.signal,
  onProgress: (event: ProgressEvent) => context.say(formatProgress(event)),
  command: ['busyhour', ...process.argv.slice(2)],
  ...(options.seed === undefined ? {} : { seed: options.seed }),
});

type RunOptions = ReturnType<typeof runOptionsFrom>;

function runScenario({ args, slo }: BenchOptions, run: RunOptions): Promise<Result<ResultFile>> {
  const scenario = unwrap(readScenario(args[0] ?? 'call-centre'));
  const judged = unwrap(withOverrides(scenario, slo === undefined ? {} : { slos: [...slo] }));
  return runBench({ ...run, scenario: judged });
}

/** A trace ends with long answers under way: their ends belong to it. */
const TRACE_DRAIN_MS = 60_000;

function replayTrace(options: BenchOptions, tracePath: string, run: RunOptions): Promise<Result<ResultFile>> {
  const { speedUp, maxRequests, durationS, slo = TRACE_OBJECTIVES } = options;
  return runTraceReplay({
    ...run,
    tracePath,
    speedUp,
    ...(maxRequests === undefined ? {} : { maxRequests }),
    ...(durationS === undefined ? {} : { durationMs: msFromS(durationS) }),
    settings: { slos: [...slo], drainMs: TRACE_DRAIN_MS },
  });
}

function exitCodeOf(result: ResultFile, interrupted: boolean): ExitCode {
  if (interrupted) return EXIT_CODES.interrupted;
  const saturated = result.diagnostics.some(({ code }) => code === 'GENERATOR_SATURATED');
  return saturated ? EXIT_CODES.generatorSaturated : EXIT_CODES.ok;
}

/** `busyhour bench`: runs a scenario or replays a trace against a target and writes a result file. */
export const bench: Command<BenchOptions> = async (options, context) => {
  unwrap(ensureWritableFolder(dirname(options.out)));
  const run = runOptionsFrom(options, context);
  const measured =
    options.trace === undefined ? runScenario(options, run) : replayTrace(options, options.trace, run);
  const result = unwrap(await measured);
  unwrap(writeResultFile(options.out, result));
  context.say(formatStepTable(result));
  context.say(`result: ${options.out}`);
  return { exitCode: exitCodeOf(result, context.signal.aborted), json: result };
};
