import { formatProgress, type ProgressEvent } from '../../bench/run/progress.ts';
import { plainLine } from './frame.ts';
import type { ProgressView } from './progress-view.ts';
import { LiveSampler } from './sampler.ts';

/** A step's own lines come this far apart; its beginning and its end are always told. */
export const PLAIN_INTERVAL_MS = 5_000;

/** Progress as lines, for logs and pipes: no control character, nothing is ever taken back. */
export function createPlainView(
  say: (line: string) => void,
  nowMs: () => number = () => performance.now(),
): ProgressView {
  let sampler: LiveSampler | undefined;
  let toldAtMs = 0;
  const onProgress = (event: ProgressEvent): void => {
    if (event.kind === 'step-started') {
      sampler = event.view === undefined ? undefined : new LiveSampler(event.view);
      toldAtMs = nowMs();
    }
    if (event.kind !== 'tick') {
      say(formatProgress(event));
      return;
    }
    if (nowMs() - toldAtMs < PLAIN_INTERVAL_MS) return;
    toldAtMs = nowMs();
    say(sampler === undefined ? formatProgress(event) : plainLine(sampler.sample(nowMs())));
  };
  return { onProgress, say, close: () => {} };
}
