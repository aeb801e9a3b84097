import { sFromMs } from '../../vocabulary/units.ts';
import type { StepView } from './step-view.ts';

/** What a run tells while it goes on, for plain lines or a live view. */
export type ProgressEvent =
  | { readonly kind: 'target'; readonly message: string }
  | { readonly kind: 'action'; readonly message: string }
  | {
      readonly kind: 'probe';
      readonly concurrency: number;
      readonly turnsPerS: number;
      readonly p95Ms: number | undefined;
    }
  | {
      readonly kind: 'step-started';
      readonly name: string;
      readonly spanMs: number;
      /** For a live view; absent where another tool sends the load. */
      readonly view?: StepView;
    }
  | {
      readonly kind: 'tick';
      readonly name: string;
      readonly elapsedMs: number;
      readonly spanMs: number;
      readonly sent: number;
      readonly inFlight: number;
      readonly failed: number;
    }
  | {
      readonly kind: 'step-finished';
      readonly name: string;
      readonly offered: number;
      readonly completed: number;
      readonly p50Ms: number | undefined;
      readonly p95Ms: number | undefined;
    };

export type ProgressListener = (event: ProgressEvent) => void;

const wholeMs = (ms: number | undefined): string => (ms === undefined ? '-' : `${Math.round(ms)} ms`);
const seconds = (ms: number): string => `${sFromMs(ms).toFixed(1)} s`;

/** A progress event as one plain line. */
export function formatProgress(event: ProgressEvent): string {
  switch (event.kind) {
    case 'target':
      return event.message;
    case 'action':
      return `action ${event.message}`;
    case 'probe':
      return `probe  ${event.concurrency} at once: ${event.turnsPerS.toFixed(1)} turns/s, p95 ${wholeMs(event.p95Ms)}`;
    case 'step-started':
      return `step   ${event.name} for ${seconds(event.spanMs)}`;
    case 'tick':
      return `       ${seconds(event.elapsedMs)} of ${seconds(event.spanMs)}: ${event.sent} sent, ${event.inFlight} in flight, ${event.failed} not completed`;
    case 'step-finished':
      return `step   ${event.name}: ${event.completed} of ${event.offered} completed, p50 ${wholeMs(event.p50Ms)}, p95 ${wholeMs(event.p95Ms)}`;
  }
}
