import { groupMeasurements } from '../../planner/calibrate/measurements.ts';
import { repeatedRuns } from '../../planner/plausible/repeated-runs.ts';
import {
  type HeldPrediction,
  validateAgainst,
  validateByLeavingOut,
} from '../../planner/validate/held-results.ts';
import { readMeasuredFile } from '../../planner/validate/measured-file.ts';
import { type ServingValidation, validateServing } from '../../planner/validate/protocol.ts';
import { formatHeldPredictions, formatServingValidation } from '../../planner/validate/text.ts';
import { BusyhourError, createFailure, EXIT_CODES, unwrap } from '../../vocabulary/errors.ts';
import { type ResultFile, readResultFile } from '../../vocabulary/result-file.ts';
import type { Slo } from '../../vocabulary/slo.ts';
import type { Command } from '../boundary.ts';
import { plannableResults } from '../planning.ts';

export interface ValidateOptions {
  readonly measured?: string;
  readonly result?: readonly string[];
  readonly against?: readonly string[];
  readonly slo?: readonly Slo[];
  readonly seed: number;
  readonly strict?: boolean;
  readonly json?: boolean;
}

const usage = (message: string): BusyhourError => new BusyhourError(createFailure('USAGE', message));

/** What a command does nothing with is told, not left out in silence. */
function assertUse({ measured, result, against, slo, strict }: ValidateOptions): void {
  if (measured === undefined && result === undefined)
    throw usage('validate: name results with -r, or a file of measured serving points with --measured');
  if (against !== undefined && result === undefined)
    throw usage('validate: --against needs the results to fit on, with -r');
  if (slo !== undefined && result === undefined)
    throw usage('validate: --slo judges results, named with -r; points of --measured have no objective');
  if (strict === true && measured === undefined)
    throw usage('validate: --strict holds --measured to the targets of its table; results have none');
}

/** No prediction is tested on what it was fitted on, and no run counts twice. */
function assertUnseen(results: readonly ResultFile[], against: readonly ResultFile[]): void {
  const issues = repeatedRuns([...results, ...against]);
  if (issues.length === 0) return;
  const message = 'validate: a run is named more than once, so it would be held against itself';
  const hint = 'Name each run once, either with -r or with --against.';
  throw new BusyhourError(createFailure('USAGE', message, { issues, hint }));
}

const readResults = (paths: readonly string[]): ResultFile[] =>
  plannableResults(paths.map((path) => ({ path, result: unwrap(readResultFile(path)) })));

function slosFor(options: ValidateOptions, results: readonly ResultFile[]): readonly Slo[] {
  const slos = options.slo ?? results.find((result) => result.slos.length > 0)?.slos ?? [];
  if (slos.length > 0) return slos;
  throw new BusyhourError(
    createFailure('INVALID_DEMAND', 'no objectives: none given and none in the results', {
      issues: [
        {
          path: 'slos',
          expected: 'at least one objective',
          got: 'none',
          fix: 'give one with --slo p95:latencyMs=2000: a capacity without an objective has no meaning',
        },
      ],
    }),
  );
}

function validateResults(options: ValidateOptions): HeldPrediction[] | undefined {
  if (options.result === undefined) return undefined;
  const results = readResults(options.result);
  const against = readResults(options.against ?? []);
  assertUnseen(results, against);
  const slos = slosFor(options, results);
  const fitted = groupMeasurements(results, slos);
  return options.against === undefined
    ? fitted.flatMap(validateByLeavingOut)
    : validateAgainst(fitted, against, slos);
}

function validateMeasured({ measured, seed }: ValidateOptions): ServingValidation | undefined {
  if (measured === undefined) return undefined;
  return unwrap(validateServing(unwrap(readMeasuredFile(measured)), { source: measured, seed }));
}

/** `busyhour validate`: predictions against measurements that the fit did not see, failures included. */
export const validate: Command<ValidateOptions> = async (options, { say }) => {
  assertUse(options);
  const serving = validateMeasured(options);
  if (serving !== undefined) say(formatServingValidation(serving));
  const held = validateResults(options);
  if (held !== undefined) say(formatHeldPredictions(held));
  const isMissed = serving?.targets.some(({ verdict }) => verdict === 'missed') ?? false;
  return {
    exitCode: options.strict === true && isMissed ? EXIT_CODES.sloMissed : EXIT_CODES.ok,
    json: {
      kind: 'busyhour-validation',
      ...(serving === undefined ? {} : serving),
      ...(held === undefined ? {} : { results: held }),
    },
  };
};
