import type { ProgressListener } from '../../bench/run/progress.ts';
import type { Command, CommandContext } from '../boundary.ts';
import type { Terminal } from './block.ts';
import { createLiveView } from './live-view.ts';
import { createPlainView } from './plain-view.ts';
import type { ProgressView } from './progress-view.ts';

/** A command's context with somewhere for a run's progress to go. */
export interface ProgressContext extends CommandContext {
  readonly onProgress?: ProgressListener;
}

/** The flag of every command that shows progress. */
export interface ProgressOptions {
  /** Lines instead of a block that is redrawn. */
  readonly plain?: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

const isSet = (value: string | undefined): boolean =>
  value !== undefined && value !== '' && value !== 'false';

/** Whether a terminal is there that may be drawn on: not in CI, not with NO_COLOR (no-color.org), not on a dumb one. */
export const wantsLiveView = (
  { plain }: ProgressOptions,
  isTerminal: boolean,
  { CI, NO_COLOR, TERM }: Environment,
): boolean => isTerminal && plain !== true && !isSet(CI) && !isSet(NO_COLOR) && TERM !== 'dumb';

function openView(options: ProgressOptions, context: CommandContext): ProgressView {
  return wantsLiveView(options, process.stderr.isTTY === true, process.env)
    ? createLiveView(process.stderr as Terminal)
    : createPlainView(context.say);
}

/** The command with its words and its run's progress in a live view or in plain lines, whichever suits stderr. */
export const withProgress =
  <Options extends ProgressOptions>(
    command: (options: Options, context: ProgressContext) => ReturnType<Command<Options>>,
  ): Command<Options> =>
  async (options, context) => {
    const view = openView(options, context);
    try {
      return await command(options, { ...context, say: view.say, onProgress: view.onProgress });
    } finally {
      view.close();
    }
  };
