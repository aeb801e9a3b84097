import { dirname } from 'node:path';
import { runAutocannon } from '../../bench/engines/autocannon/run-autocannon.ts';
import { runBench } from '../../bench/run/run-bench.ts';
import type { RunBenchOptions } from '../../bench/run/run-context.ts';
import { runTraceReplay } from '../../bench/run/run-trace.ts';
import { formatStepTable } from '../../presentation/terminal.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import { type Result, unwrap } from '../../vocabulary/errors.ts';
import { ensureWritableFolder } from '../../vocabulary/files.ts';
import { type ResultFile, writeResultFile } from '../../vocabulary/result-file.ts';
import { doubtsOf } from '../bench/doubts.ts';
import { exitCodeOf } from '../bench/exit-code.ts';
import { refuseIdleFlags } from '../bench/idle-flags.ts';
import type { BenchOptions, CurveOptions, SweepOptions, TargetFlags } from '../bench/options.ts';
import { meansFrom, runOptionsFrom, shardFrom, targetFrom, variantFrom } from '../bench/run-options.ts';
import { benchScenario, calibrateScenario, sweepScenario, usage } from '../bench/scenario.ts';
import { scheduleFrom } from '../bench/schedule.ts';
import { replayFrom } from '../bench/trace.ts';
import type { Command, CommandContext, CommandResult } from '../boundary.ts';
import { withProgress } from '../live/with-progress.ts';

/** What is sent: drawn from a scenario, or a schedule that was printed before. */
const workOf = (options: BenchOptions): Pick<RunBenchOptions, 'scenario' | 'schedule'> =>
  options.schedule === undefined
    ? { scenario: benchScenario(options) }
    : scheduleFrom(options, options.schedule);

function runScenario(options: BenchOptions, context: CommandContext): Promise<Result<ResultFile>> {
  const { scenario, schedule } = workOf(options);
  const shard = shardFrom(options);
  const variantB = variantFrom(options, scenario);
  if (shard !== undefined && shard.count > 1 && !isFixed(scenario))
    throw usage(
      `--shard: a plan of kind ${scenario.load.kind} chooses its loads as it goes, and shards would differ`,
      'Give --rate, or a plan of kind steps or closed.',
    );
  return runBench({
    ...runOptionsFrom(options, context),
    scenario,
    means: meansFrom(options),
    ...(schedule === undefined ? {} : { schedule }),
    ...(shard === undefined ? {} : { shard }),
    ...(variantB === undefined ? {} : { variantB }),
  });
}

/** Whether the steps are known before anything is measured. */
const isFixed = ({ load }: Scenario): boolean =>
  load.kind === 'steps' || load.kind === 'closed' || load.kind === 'ab';

function replayTrace(
  options: BenchOptions,
  tracePath: string,
  context: CommandContext,
): Promise<Result<ResultFile>> {
  const shard = shardFrom(options);
  return runTraceReplay({
    ...runOptionsFrom(options, context),
    ...replayFrom(options, tracePath),
    ...(shard === undefined ? {} : { shard }),
  });
}

function runWithAutocannon(options: BenchOptions, context: CommandContext): Promise<Result<ResultFile>> {
  const { signal, onProgress, command, seed } = runOptionsFrom(options, context);
  return runAutocannon(benchScenario(options), targetFrom(options), {
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onProgress }),
    ...(command === undefined ? {} : { command }),
    ...(seed === undefined ? {} : { seed }),
  });
}

/** Measures, shows the table and writes the file. The table comes first: a full disk must not take the figures too. */
async function measureInto(
  { out }: TargetFlags,
  context: CommandContext,
  measure: () => Promise<Result<ResultFile>>,
): Promise<CommandResult> {
  unwrap(ensureWritableFolder(dirname(out)));
  const result = unwrap(await measure());
  for (const note of result.importedFrom?.notes ?? []) context.say(`note: ${note}`);
  for (const line of doubtsOf(result)) context.say(line);
  context.say(formatStepTable(result));
  unwrap(writeResultFile(out, result));
  context.say(`result: ${out}`);
  return { exitCode: exitCodeOf(result, context.signal.aborted), json: result };
}

/** `busyhour bench`: runs a scenario or replays a trace against a target and writes a result file. */
export const bench: Command<BenchOptions> = withProgress((options, context) =>
  measureInto(options, context, () => {
    refuseIdleFlags(options);
    if (options.engine === 'autocannon') return runWithAutocannon(options, context);
    return options.trace === undefined
      ? runScenario(options, context)
      : replayTrace(options, options.trace, context);
  }),
);

/** `busyhour sweep`: a row of rates or numbers of users. */
export const sweep: Command<SweepOptions> = withProgress((options, context) =>
  measureInto(options, context, () =>
    runBench({ ...runOptionsFrom(options, context), scenario: sweepScenario(options) }),
  ),
);

/** `busyhour calibrate`: the capacity curve with few points. */
export const calibrate: Command<CurveOptions> = withProgress((options, context) =>
  measureInto(options, context, () =>
    runBench({ ...runOptionsFrom(options, context), scenario: calibrateScenario(options) }),
  ),
);
