import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { formatStepTable } from '../../presentation/terminal.ts';
import { readScenario } from '../../scenarios/scenario.ts';
import { EXIT_CODES, unwrap } from '../../vocabulary/errors.ts';
import { ensureWritableFolder } from '../../vocabulary/files.ts';
import { type ResultFile, writeResultFile } from '../../vocabulary/result-file.ts';
import { msFromS, sFromMs } from '../../vocabulary/units.ts';
import type { Command, CommandContext } from '../boundary.ts';
import { measureTarget } from '../demo/measure-target.ts';
import { demoTargets } from '../demo/targets.ts';
import { describeMachine } from '../device.ts';
import { planFrom, readPlanningInputs, writePlanOutputs } from '../planning.ts';

export interface DemoOptions {
  readonly out: string;
  readonly interactionsPerDay: number;
  readonly modes: readonly string[];
  readonly budgetS: number;
  readonly scenario: string;
  readonly model?: string;
  readonly device: string;
  readonly profile: string;
  readonly seed: number;
  readonly json?: boolean;
}

/** Measures each target in turn, so that each has the machine to itself, and stores its result at once. */
async function measureAll(
  options: DemoOptions,
  context: CommandContext,
  scratch: string,
): Promise<ResultFile[]> {
  const scenario = unwrap(readScenario(options.scenario));
  const targets = demoTargets(options);
  const results: ResultFile[] = [];
  for (const [i, target] of targets.entries()) {
    context.say(
      `[${i + 1}/${targets.length + 1}] measuring ${target.title}, ${scenario.name} conversations, open loop`,
    );
    const { seed } = options;
    const budgetMs = msFromS(options.budgetS) / targets.length;
    const result = unwrap(await measureTarget({ ...context, target, scenario, budgetMs, seed, scratch }));
    results.push(result);
    unwrap(writeResultFile(join(options.out, target.resultFile), result));
    context.say(formatStepTable(result));
    if (context.signal.aborted) break;
  }
  return results;
}

async function withScratch<T>(work: (scratch: string) => Promise<T>): Promise<T> {
  const scratch = mkdtempSync(join(tmpdir(), 'busyhour-'));
  try {
    return await work(scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** `busyhour demo`: from nothing to a capacity and cost report on this machine, with embedded defaults. */
export const demo: Command<DemoOptions> = async (options, context) => {
  const startedAtMs = performance.now();
  unwrap(ensureWritableFolder(options.out));
  readPlanningInputs(options);
  context.say(`busyhour demo on ${describeMachine()}`);
  const results = await withScratch((scratch) => measureAll(options, context, scratch));
  if (context.signal.aborted) {
    context.say(
      `interrupted: what was measured is in ${resolve(options.out)}, marked partial; nothing was planned`,
    );
    return { exitCode: EXIT_CODES.interrupted };
  }
  context.say(
    `[${results.length + 1}/${results.length + 1}] planning ${options.interactionsPerDay} interactions a day`,
  );
  const plan = planFrom({ ...options, results });
  context.say(`\n${writePlanOutputs(options.out, plan, results)}`);
  const elapsedS = sFromMs(performance.now() - startedAtMs).toFixed(0);
  context.say(`report: ${resolve(options.out, 'report.html')} (after ${elapsedS} s)`);
  return { exitCode: EXIT_CODES.ok, json: plan };
};
