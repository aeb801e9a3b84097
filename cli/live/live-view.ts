import { formatProgress, type ProgressEvent } from '../../bench/run/progress.ts';
import { type Terminal, TerminalBlock } from './block.ts';
import { frameLines, type LiveHeading } from './frame.ts';
import type { ProgressView } from './progress-view.ts';
import { LiveSampler } from './sampler.ts';

/** Three redraws a second. */
export const REDRAW_MS = 333;

interface Shown {
  readonly heading: LiveHeading;
  readonly sampler: LiveSampler;
}

/**
 * Progress as a block at the end of the terminal, redrawn in place while a step runs. It reads counters at intervals.
 * However the process ends, the cursor comes back.
 */
export function createLiveView(
  terminal: Terminal,
  nowMs: () => number = () => performance.now(),
): ProgressView {
  const block = new TerminalBlock(terminal);
  let shown: Shown | undefined;
  let target = '';
  const redraw = (): void => {
    if (shown !== undefined) block.draw(frameLines(shown.heading, shown.sampler.sample(nowMs())));
  };
  const timer = setInterval(redraw, REDRAW_MS);
  const close = (): void => {
    clearInterval(timer);
    shown = undefined;
    block.clear();
    process.off('exit', close);
  };
  // A second Ctrl-C leaves at once, past every `finally`.
  process.once('exit', close);
  const onProgress = (event: ProgressEvent): void => {
    if (event.kind === 'tick' && shown !== undefined) return;
    if (event.kind === 'target') target = event.message;
    if (event.kind === 'step-started' && event.view !== undefined) {
      const heading = { target, step: event.name, load: event.view.load };
      shown = { heading, sampler: new LiveSampler(event.view) };
      redraw();
      return;
    }
    if (event.kind === 'step-finished') shown = undefined;
    block.print(formatProgress(event));
  };
  return { onProgress, say: (line) => block.print(line), close };
}
