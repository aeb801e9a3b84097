/** The closed catalogue of expected failures. Each has one code, one exit code and one page row in docs/errors.md. */
export const EXIT_CODES = {
  ok: 0,
  usage: 2,
  invalidInput: 10,
  targetUnreachable: 20,
  generatorSaturated: 21,
  sloMissed: 30,
  regression: 31,
  noFeasiblePlan: 40,
  auditBroken: 50,
  internal: 70,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

interface CatalogueRow {
  readonly exitCode: ExitCode;
  readonly summary: string;
  readonly hint: string;
}

export const FAILURES = {
  USAGE: {
    exitCode: 2,
    summary: 'The command line cannot be understood.',
    hint: 'Run the command with --help.',
  },
  OUTPUT_NOT_WRITABLE: {
    exitCode: 2,
    summary: 'The output folder or file cannot be written.',
    hint: 'Choose another folder with --out, or give this user write permission.',
  },
  PORT_IN_USE: {
    exitCode: 2,
    summary: 'The port asked for is taken by another process.',
    hint: 'Choose another port, or 0 for any free one.',
  },
  DEVICE_MISSING: {
    exitCode: 2,
    summary: 'The compute device asked for is not usable on this machine.',
    hint: 'Use --device auto or --device cpu, or install the driver and the matching binary package.',
  },
  TOOL_MISSING: {
    exitCode: 2,
    summary: 'A program that the command runs is not installed.',
    hint: 'Install it, or name it in the variable that the message says.',
  },
  INPUT_NOT_FOUND: {
    exitCode: 10,
    summary: 'An input file does not exist or cannot be read.',
    hint: 'Check the path and its permissions.',
  },
  INVALID_SCENARIO: {
    exitCode: 10,
    summary: 'The scenario file is invalid.',
    hint: 'Fix every listed field; busyhour scenarios NAME prints a valid one.',
  },
  INVALID_MODE: {
    exitCode: 10,
    summary: 'The deployment mode file is invalid.',
    hint: 'Fix every listed field; compare with scenarios/modes/.',
  },
  INVALID_CATALOGUE: {
    exitCode: 10,
    summary: 'The price catalogue is invalid.',
    hint: 'Fix every listed field; compare with scenarios/catalogue/.',
  },
  INVALID_TRACE: {
    exitCode: 10,
    summary: 'The arrival trace is invalid.',
    hint: 'Fix every listed row; expected formats are in docs/scenarios.md.',
  },
  INVALID_RESULT_FILE: {
    exitCode: 10,
    summary: 'The result file is invalid.',
    hint: 'Re-run the bench, or fix every listed field; the schema is docs/schemas/result.schema.json.',
  },
  SHARDS_DO_NOT_MERGE: {
    exitCode: 10,
    summary: 'The result files are not the shards of one run.',
    hint: 'Run all shards with the same scenario, seed, target and --start-at, each index once; see docs/exchange.md.',
  },
  INVALID_IMPORT: {
    exitCode: 10,
    summary: 'The file of another tool cannot be read as one of its results.',
    hint: 'Fix every listed field, or name the tool with --format; see docs/exchange.md.',
  },
  INVALID_PLAN_FILE: {
    exitCode: 10,
    summary: 'The plan file is invalid.',
    hint: 'Re-run the plan, or fix every listed field; the schema is docs/schemas/plan.schema.json.',
  },
  INVALID_BUDGETS: {
    exitCode: 10,
    summary: 'The budgets file is invalid.',
    hint: 'Fix every listed field; the schema is docs/schemas/budgets.schema.json.',
  },
  NOT_COMPARABLE: {
    exitCode: 10,
    summary: 'Two results answer different questions.',
    hint: 'Measure the same scenario and target, make a new baseline, or give a reason with --force.',
  },
  BASELINE_REFUSED: {
    exitCode: 10,
    summary: 'A result cannot become the baseline.',
    hint: 'Measure again, or give a reason with --force.',
  },
  INVALID_DEMAND: {
    exitCode: 10,
    summary: 'The demand figures are invalid.',
    hint: 'Fix every listed field; see docs/plan.md.',
  },
  INVALID_MEASUREMENTS: {
    exitCode: 10,
    summary: 'The file of measured serving points is invalid.',
    hint: 'Fix every listed line; the columns are in docs/validate.md.',
  },
  INVALID_CLAIMS: {
    exitCode: 10,
    summary: 'The claims file is invalid.',
    hint: 'Fix every listed field; see docs/check.md.',
  },
  INVALID_CONFIG: {
    exitCode: 10,
    summary: 'The configuration is invalid.',
    hint: 'Fix every listed field; see docs/serve.md.',
  },
  MODEL_UNREADABLE: {
    exitCode: 10,
    summary: 'The model file is missing, truncated or not a GGUF that llama.cpp can load.',
    hint: 'Give another file with --model, or restore runtime/inference/model/demo.gguf.',
  },
  TARGET_UNREACHABLE: {
    exitCode: 20,
    summary: 'The target does not answer.',
    hint: 'Start it, or correct the URL; curl URL/ready shows its state.',
  },
  RECEIVER_REFUSED: {
    exitCode: 20,
    summary: 'The receiver of an export does not answer, or refused it.',
    hint: 'Start it, or correct --url and the credentials; its answer is above.',
  },
  PROCESS_FAILED: {
    exitCode: 20,
    summary: 'A process that the command started stopped before it was ready.',
    hint: 'Its last log lines are above.',
  },
  GENERATOR_SATURATED: {
    exitCode: 21,
    summary: "The load generator itself was the bottleneck, so the figures are not the target's.",
    hint: 'Lower the rate, free CPU, or shard the load over machines.',
  },
  SLO_MISSED: {
    exitCode: 30,
    summary: 'A service level objective was missed.',
    hint: 'See the verdicts in the report.',
  },
  REGRESSION: {
    exitCode: 31,
    summary: 'The result is worse than the baseline.',
    hint: 'See the comparison table.',
  },
  NO_FEASIBLE_PLAN: {
    exitCode: 40,
    summary: 'No deployment mode can be planned from what is known.',
    hint: 'Each refusal names the measurement or setting that lifts it.',
  },
  AUDIT_BROKEN: {
    exitCode: 50,
    summary: 'The audit trail does not bear out what is stored.',
    hint: 'The first broken row of each chain is listed; compare with a backup. See docs/audit.md.',
  },
  INTERRUPTED: {
    exitCode: 130,
    summary: 'The run was interrupted; what was measured so far is kept and marked partial.',
    hint: 'Run it again for a complete result.',
  },
  INTERNAL: { exitCode: 70, summary: 'A defect in busyhour.', hint: 'Please report it with the text above.' },
} as const satisfies Record<string, CatalogueRow>;

export type FailureCode = keyof typeof FAILURES;

/** One problem in an input: where it is, what was expected, what came and how to fix it. */
export interface Issue {
  readonly path: string;
  readonly expected: string;
  readonly got: string;
  readonly fix: string;
}

/** An expected failure, as a value. */
export interface Failure {
  readonly code: FailureCode;
  readonly message: string;
  readonly hint: string;
  readonly issues: readonly Issue[];
  readonly cause?: unknown;
}

export type Result<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'failed'; readonly failure: Failure };

export const ok = <T>(value: T): Result<T> => ({ kind: 'ok', value });

interface FailureDetails {
  readonly hint?: string;
  readonly issues?: readonly Issue[];
  readonly cause?: unknown;
}

/** Builds a failure; the catalogue's hint stands unless a better one is given. */
export function createFailure(code: FailureCode, message: string, details: FailureDetails = {}): Failure {
  return {
    code,
    message,
    hint: details.hint ?? FAILURES[code].hint,
    issues: details.issues ?? [],
    ...(details.cause === undefined ? {} : { cause: details.cause }),
  };
}

export const failed = (code: FailureCode, message: string, details: FailureDetails = {}): Result<never> => ({
  kind: 'failed',
  failure: createFailure(code, message, details),
});

/** Carries a Failure to the process boundary. Thrown only where a value cannot travel. */
export class BusyhourError extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message, failure.cause === undefined ? undefined : { cause: failure.cause });
    this.name = 'BusyhourError';
    this.failure = failure;
  }
}

/** The value of an ok result; throws BusyhourError for a failed one. */
export function unwrap<T>(result: Result<T>): T {
  if (result.kind === 'failed') throw new BusyhourError(result.failure);
  return result.value;
}

/** Any thrown thing as a Failure: the one funnel at each process boundary. */
export function failureFromUnknown(error: unknown): Failure {
  if (error instanceof BusyhourError) return error.failure;
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return createFailure('INTERNAL', message, { cause: error });
}

/** The human form: message, every issue on its own line, hint. No colour. */
export function formatFailure(failure: Failure): string {
  const lines = [`error ${failure.code}: ${failure.message}`];
  for (const issue of failure.issues) {
    lines.push(`  ${issue.path}: expected ${issue.expected}, got ${issue.got}. Fix: ${issue.fix}`);
  }
  lines.push(`  hint: ${failure.hint}`);
  return lines.join('\n');
}

/** Marks a branch the type system proves unreachable. */
export function assertNever(value: never): never {
  throw new Error(`unreachable variant: ${JSON.stringify(value)}`);
}
