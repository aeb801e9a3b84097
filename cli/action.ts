import type { Command } from 'commander';
import { type Command as RunnableCommand, runCommand } from './boundary.ts';

type Options = { json?: boolean };
/** Each command declares the options it takes; commander fills them from the declarations below. */
type Loader = () => Promise<RunnableCommand<never>>;

/** Runs a lazily loaded command: `--help` must not load llama.cpp. Positional arguments become `args`. */
export function action(load: Loader): (...parts: unknown[]) => Promise<void> {
  return async (...parts) => {
    const command = parts.pop() as Command;
    const options = parts.pop() as Options;
    const run = (await load()) as RunnableCommand<Options>;
    await runCommand(run, { ...options, args: command.args });
  };
}

export const JSON_HELP = 'print the result as JSON on standard output';
export const MAX_SEED = 4_294_967_295;
