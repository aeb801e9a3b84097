import { CommanderError } from 'commander';
import { createProgram } from './cli/program.ts';
import { EXIT_CODES, FAILURES, failureFromUnknown, formatFailure } from './vocabulary/errors.ts';

/** Commander ends on help and on usage errors by throwing; both keep their documented exit code. */
function exitOverrideAll(program: ReturnType<typeof createProgram>): void {
  program.exitOverride();
  for (const command of program.commands) command.exitOverride();
}

const program = createProgram();
exitOverrideAll(program);
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
  } else {
    const failure = failureFromUnknown(error);
    process.stderr.write(`${formatFailure(failure)}\n`);
    process.exitCode = FAILURES[failure.code].exitCode;
  }
}
