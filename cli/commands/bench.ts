import { dirname } from 'node:path';
import { formatProgress } from '../../bench/run/progress.ts';
import { runBench } from '../../bench/run/run-bench.ts';
import { formatStepTable } from '../../presentation/terminal.ts';
import { readScenario } from '../../scenarios/scenario.ts';
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
import type { Command, CommandContext } from '../boundary.ts';

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

function measure(options: BenchOptions, context: CommandContext): Promise<Result<ResultFile>> {
  const shared = {
    target: targetFrom(options),
    metricsUrls: metricsFrom(options),
    signal: context.signal,
    onProgress: (event: Parameters<typeof formatProgress>[0]) => context.say(formatProgress(event)),
    command: ['busyhour', ...process.argv.slice(2)],
    ...(options.seed === undefined ? {} : { seed: options.seed }),
  };
  const scenario = unwrap(readScenario(options.args[0] ?? 'call-centre'));
  return runBench({ ...shared, scenario });
}

function exitCodeOf(result: ResultFile, interrupted: boolean): ExitCode {
  if (interrupted) return EXIT_CODES.interrupted;
  const saturated = result.diagnostics.some(({ code }) => code === 'GENERATOR_SATURATED');
  return saturated ? EXIT_CODES.generatorSaturated : EXIT_CODES.ok;
}

/** `busyhour bench`: runs a scenario or replays a trace against a target and writes a result file. */
export const bench: Command<BenchOptions> = async (options, context) => {
  unwrap(ensureWritableFolder(dirname(options.out)));
  const result = unwrap(await measure(options, context));
  unwrap(writeResultFile(options.out, result));
  context.say(formatStepTable(result));
  context.say(`result: ${options.out}`);
  return { exitCode: exitCodeOf(result, context.signal.aborted), json: result };
};
