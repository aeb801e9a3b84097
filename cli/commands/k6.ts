import { dirname } from 'node:path';
import { importK6, type K6Import } from '../../bench/engines/k6/import-k6.ts';
import { createK6Plan, type K6PlanOptions } from '../../bench/engines/k6/plan.ts';
import { runK6, writeScript } from '../../bench/engines/k6/run-k6.ts';
import { notesOf } from '../../bench/engines/k6/script.ts';
import type { K6Arrivals } from '../../bench/engines/k6/wanted-steps.ts';
import { formatStepTable } from '../../presentation/terminal.ts';
import { readScenario, type Scenario, withOverrides } from '../../scenarios/scenario.ts';
import { BusyhourError, createFailure, EXIT_CODES, type ExitCode, unwrap } from '../../vocabulary/errors.ts';
import { ensureWritableFolder } from '../../vocabulary/files.ts';
import { writeResultFile } from '../../vocabulary/result-file.ts';
import type { Slo } from '../../vocabulary/slo.ts';
import { msFromS } from '../../vocabulary/units.ts';
import type { Command, CommandContext, CommandResult } from '../boundary.ts';

interface PlanFlags {
  /** The scenario, by name or file. */
  readonly args: readonly string[];
  readonly arrivals: K6Arrivals;
  readonly turnsPerS?: number;
  readonly durationS?: number;
  readonly slo?: readonly Slo[];
  readonly seed?: number;
  readonly json?: boolean;
}

export interface K6ExportOptions extends PlanFlags {
  readonly url: string;
  readonly model?: string;
  readonly out: string;
}

export interface K6RunCommandOptions extends PlanFlags {
  readonly url: string;
  readonly model?: string;
  readonly apiKeyEnv?: string;
  readonly keep?: string;
  readonly out: string;
}

export interface K6ImportCommandOptions {
  /** The summary file. */
  readonly args: readonly string[];
  readonly points?: string;
  readonly out: string;
  readonly json?: boolean;
}

const planOptionsFrom = (options: PlanFlags): K6PlanOptions => ({
  arrivals: options.arrivals,
  ...(options.turnsPerS === undefined ? {} : { turnsPerS: options.turnsPerS }),
  ...(options.durationS === undefined ? {} : { durationMs: msFromS(options.durationS) }),
  ...(options.seed === undefined ? {} : { seed: options.seed }),
});

function scenarioFrom({ args, slo }: PlanFlags): Scenario {
  const scenario = unwrap(readScenario(args[0] ?? 'call-centre'));
  return unwrap(withOverrides(scenario, slo === undefined ? {} : { slos: [...slo] }));
}

/** `busyhour k6 export`: a scenario as a script that needs nothing but k6. */
export const k6Export: Command<K6ExportOptions> = async (options, context) => {
  const plan = unwrap(createK6Plan(scenarioFrom(options), planOptionsFrom(options)));
  const { url, model } = options;
  const beside = unwrap(writeScript(options.out, plan, { url, ...(model === undefined ? {} : { model }) }));
  const notes = notesOf(plan);
  for (const note of notes) context.say(`note: ${note}`);
  context.say(`script: ${options.out}`);
  for (const file of beside) context.say(`beside it: ${file}`);
  const executors = plan.steps.map(({ id, executor }) => ({ scenario: id, ...executor }));
  return { exitCode: EXIT_CODES.ok, json: { script: options.out, beside, executors, notes } };
};

function exitCodeOf({ result, crossed }: K6Import): ExitCode {
  if (result.state === 'partial') return EXIT_CODES.interrupted;
  return crossed.length > 0 ? EXIT_CODES.sloMissed : EXIT_CODES.ok;
}

function report(imported: K6Import, out: string, context: CommandContext): CommandResult {
  const { result, crossed } = imported;
  unwrap(writeResultFile(out, result));
  for (const threshold of crossed) context.say(`k6 threshold crossed: ${threshold}`);
  if (result.steps.length > 0) context.say(formatStepTable(result));
  else for (const note of result.importedFrom?.notes ?? []) context.say(note);
  context.say(`result: ${out}`);
  return { exitCode: exitCodeOf(imported), json: result };
}

/** The key itself never appears on a command line: only the name of the variable that holds it. */
function apiKeyFrom(name: string | undefined): { apiKey?: string } {
  if (name === undefined) return {};
  const apiKey = process.env[name];
  if (apiKey !== undefined && apiKey !== '') return { apiKey };
  throw new BusyhourError(
    createFailure('USAGE', `--api-key-env: the environment variable ${name} is not set`),
  );
}

/** `busyhour k6 run`: runs a scenario with the k6 of this machine and writes a result file. */
export const k6Run: Command<K6RunCommandOptions> = async (options, context) => {
  unwrap(ensureWritableFolder(dirname(options.out)));
  if (options.keep !== undefined) unwrap(ensureWritableFolder(options.keep));
  const { url, model, apiKeyEnv, keep } = options;
  const target = { url, ...(model === undefined ? {} : { model }), ...apiKeyFrom(apiKeyEnv) };
  const imported = unwrap(
    await runK6(scenarioFrom(options), target, {
      ...planOptionsFrom(options),
      signal: context.signal,
      say: context.say,
      command: ['busyhour', ...process.argv.slice(2)],
      ...(keep === undefined ? {} : { keep }),
    }),
  );
  return report(imported, options.out, context);
};

/** `busyhour k6 import`: the summary, and better the points, of any k6 run as a result file. */
export const k6Import: Command<K6ImportCommandOptions> = async (options, context) => {
  unwrap(ensureWritableFolder(dirname(options.out)));
  const [summaryPath] = options.args;
  const imported = unwrap(
    await importK6({
      ...(summaryPath === undefined ? {} : { summaryPath }),
      ...(options.points === undefined ? {} : { pointsPath: options.points }),
      command: ['busyhour', ...process.argv.slice(2)],
    }),
  );
  return report(imported, options.out, context);
};
