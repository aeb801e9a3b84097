import type { ProgressEvent } from '../../bench/run/progress.ts';

/** Where a command's words and a run's progress go: a block that is redrawn, or plain lines. */
export interface ProgressView {
  readonly onProgress: (event: ProgressEvent) => void;
  /** One human line, never in the middle of a redraw. */
  readonly say: (line: string) => void;
  /** Ends every timer and gives the terminal back. Idempotent. */
  close(): void;
}
