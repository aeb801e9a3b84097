import { type Command, CommanderError } from 'commander';
import { createProgram } from './cli/program.ts';
import { tuneV8 } from './cli/v8-tuning.ts';
import { EXIT_CODES, FAILURES, failureFromUnknown, formatFailure } from './vocabulary/errors.ts';

/** Commander ends on help and on usage errors by throwing; both keep their documented exit code. */
function exitOverrideAll(command: Command): void {
  command.exitOverride();
  for (const each of command.commands) exitOverrideAll(each);
}

/** A reader that leaves before the end, as `head` does, is no defect: what is left to say is said to nobody. */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}

tuneV8();
outliveReaders();
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
