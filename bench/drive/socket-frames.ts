import { z } from 'zod';
import { FAULTS, isFaultCode } from '../../vocabulary/faults.ts';
import { AGENT_TIMED_OUT, completedSchema, usageFrom } from './dialog-stream.ts';
import type { TokenUsage } from './driver.ts';
import { classifyStatus, classifyStreamError, type SentOutcome } from './failure-codes.ts';

const frameSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), messageId: z.string(), text: z.string() }),
  z.object({ type: z.literal('completed'), messageId: z.string(), turn: completedSchema }),
  z.object({
    type: z.literal('error'),
    messageId: z.string().optional(),
    error: z.object({ code: z.string().nullish() }),
  }),
  z.object({ type: z.enum(['hello', 'started', 'state', 'resync', 'resumed', 'pong']) }),
]);

/** What a frame means to the turn that waits for its answer. */
export type FrameReading =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'other' }
  | {
      readonly kind: 'end';
      readonly outcome: SentOutcome;
      readonly text: string | undefined;
      readonly usage: TokenUsage | undefined;
      readonly queueWaitMs: number | undefined;
    };

const ended = (outcome: SentOutcome): FrameReading => ({
  kind: 'end',
  outcome,
  text: undefined,
  usage: undefined,
  queueWaitMs: undefined,
});

/** Before the first word an error on the socket is what a status would have been over HTTP. */
function outcomeOfError(data: string, code: string | null | undefined, hasBegun: boolean): SentOutcome {
  if (hasBegun || typeof code !== 'string' || !isFaultCode(code)) return classifyStreamError(data);
  return classifyStatus(FAULTS[code].httpStatus, data);
}

function parseFrame(data: string): z.infer<typeof frameSchema> | undefined {
  try {
    return frameSchema.safeParse(JSON.parse(data)).data;
  } catch {
    // Not JSON: the caller reports the answer as malformed.
    return undefined;
  }
}

/** Reads one frame of the dialog socket; `hasBegun` says whether text of this turn has come before. */
export function readFrame(data: string, messageId: string, hasBegun: boolean): FrameReading {
  const frame = parseFrame(data);
  if (frame === undefined) return ended({ state: 'failed', code: 'malformed-response' });
  if ('messageId' in frame && frame.messageId !== undefined && frame.messageId !== messageId) {
    return { kind: 'other' };
  }
  switch (frame.type) {
    case 'text':
      return { kind: 'text', text: frame.text };
    case 'error':
      return ended(outcomeOfError(data, frame.error.code, hasBegun));
    case 'completed': {
      const { turn } = frame;
      const isTimedOut = turn.handOver?.trigger === 'agent_timeout';
      const empty = { state: 'failed', code: 'empty-answer' } as const;
      return {
        kind: 'end',
        outcome: isTimedOut ? AGENT_TIMED_OUT : hasBegun ? { state: 'completed' } : empty,
        text: turn.text,
        usage: usageFrom(turn),
        queueWaitMs: turn.timings?.queue_wait_ms,
      };
    }
    default:
      return { kind: 'other' };
  }
}
