import {
  BusyhourError,
  createFailure,
  EXIT_CODES,
  type ExitCode,
  FAILURES,
  type Failure,
  failureFromUnknown,
  formatFailure,
} from '../vocabulary/errors.ts';

/** What a command gives back: its exit code and, with --json, the value for stdout. */
export interface CommandResult {
  readonly exitCode: ExitCode;
  readonly json?: unknown;
}

export interface CommandContext {
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** One human line on stderr. */
  readonly say: (line: string) => void;
}

export type Command<Options> = (options: Options, context: CommandContext) => Promise<CommandResult>;

function reportFailure(failure: Failure, json: boolean): ExitCode {
  process.stderr.write(`${formatFailure(failure)}\n`);
  if (json) {
    const { code, message, hint, issues } = failure;
    process.stdout.write(`${JSON.stringify({ error: { code, message, hint, issues } })}\n`);
  }
  return FAILURES[failure.code].exitCode;
}

function abortOnSignals(): AbortController {
  const controller = new AbortController();
  const interrupt = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(EXIT_CODES.interrupted);
    controller.abort(new BusyhourError(createFailure('INTERRUPTED', `stopped by ${name}`)));
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return controller;
}

/**
 * The one funnel of the process: runs a command, prints its JSON or its failure, sets the exit code.
 * The first Ctrl-C aborts the command's signal, the second leaves at once.
 */
export async function runCommand<Options extends { json?: boolean }>(
  command: Command<Options>,
  options: Options,
): Promise<void> {
  const controller = abortOnSignals();
  const say = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  try {
    const result = await command(options, { signal: controller.signal, say });
    if (options.json && result.json !== undefined) process.stdout.write(`${JSON.stringify(result.json)}\n`);
    process.exitCode = result.exitCode;
  } catch (error) {
    process.exitCode = reportFailure(failureFromUnknown(error), options.json === true);
  } finally {
    // A worker reads its standard input to notice its parent's end; an open one would outlive the command.
    process.stdin.destroy();
  }
}
