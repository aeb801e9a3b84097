import type { Clock } from '../../vocabulary/clock.ts';
import type { AnswerSink } from '../llm/answer.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';

export interface Pacing {
  readonly metrics: GatewayMetrics;
  readonly clock: Clock;
  /** Head of the request. */
  readonly startedAtMs: number;
}

/** The same sink, with the time to its first text and the gaps between its texts measured. */
export function pacedSink(sink: AnswerSink, { metrics, clock, startedAtMs }: Pacing): AnswerSink {
  let lastAtMs: number | undefined;
  return {
    begin: (answerer) => sink.begin(answerer),
    text(text) {
      const nowMs = clock.nowMs();
      if (lastAtMs === undefined) metrics.firstTextSent(nowMs - startedAtMs);
      else metrics.nextTextSent(nowMs - lastAtMs);
      lastAtMs = nowMs;
      sink.text(text);
    },
    hold: () => sink.hold(),
  };
}
