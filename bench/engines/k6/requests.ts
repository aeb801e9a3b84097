import type { TokenUsage } from '../../drive/driver.ts';
import type { SentOutcome } from '../../drive/failure-codes.ts';
import { outcomeOf } from './outcomes.ts';
import type { K6Point } from './points.ts';

/** One request as k6 saw it. */
export interface K6Request {
  /** The k6 scenario. */
  readonly step: string;
  readonly outcome: SentOutcome;
  readonly sentAtUnixMs: number;
  readonly endedAtUnixMs: number;
  /** How late it was sent; absent where the script did not know when it was due. */
  readonly slipMs?: number;
  readonly usage?: TokenUsage;
  /** When each piece of the answer came, where the script saw them come. */
  readonly chunksAtUnixMs?: readonly number[];
  /** Waiting time before admission, as the server reports it. */
  readonly queueWaitMs?: number;
}

const stepOf = (point: K6Point): string => point.tags.scenario ?? 'default';

const numberOf = (text: string | undefined): number => Number(text ?? 0) || 0;

function usageOf({ metadata }: K6Point): { usage?: TokenUsage } {
  if (metadata.output_tokens === undefined) return {};
  return {
    usage: {
      inputTokens: numberOf(metadata.input_tokens),
      outputTokens: numberOf(metadata.output_tokens),
      cachedInputTokens: numberOf(metadata.cached_tokens),
    },
  };
}

/** Instants from the gaps between them, the first from the send. */
function instantsFrom(gapsText: string, sentAtUnixMs: number): number[] {
  let atMs = sentAtUnixMs;
  return gapsText === ''
    ? []
    : gapsText.split(',').map((gap) => {
        atMs += numberOf(gap);
        return atMs;
      });
}

function tokenTimesOf({ metadata }: K6Point, sentAtUnixMs: number): Partial<K6Request> {
  const { chunks_ms: gaps, queue_wait_ms: queueWait } = metadata;
  return {
    ...(gaps === undefined ? {} : { chunksAtUnixMs: instantsFrom(gaps, sentAtUnixMs) }),
    ...(queueWait === undefined ? {} : { queueWaitMs: numberOf(queueWait) }),
  };
}

/**
 * A request of an exported script: everything is in one point, written the moment it ended, but for the status of a
 * refused upgrade, which k6 tells of the socket alone.
 */
export function requestFromRecord(point: K6Point, statusOfSocket: ReadonlyMap<string, number>): K6Request {
  const { slip_ms: slip, answer, fault, error, socket } = point.metadata;
  const handshakeStatus = statusOfSocket.get(socket ?? '');
  const sentAtUnixMs = point.atUnixMs - point.value;
  return {
    step: stepOf(point),
    outcome: outcomeOf(point.tags, { answer, fault, error, handshakeStatus }),
    sentAtUnixMs,
    endedAtUnixMs: point.atUnixMs,
    ...(slip === undefined ? {} : { slipMs: numberOf(slip) }),
    ...usageOf(point),
    ...tokenTimesOf(point, sentAtUnixMs),
  };
}

/**
 * Joins the points of any script's request: k6 writes them one after another, `http_reqs` first, all with the instant at
 * which it ended. Wire latency is blocked + duration, for blocked contains the opening of the connection and duration
 * does not.
 */
export class HttpPointJoiner {
  #head: K6Point | undefined;
  #durationMs: number | undefined;

  push(point: K6Point): K6Request | undefined {
    if (point.metric === 'http_reqs') {
      this.#head = point;
      this.#durationMs = undefined;
      return undefined;
    }
    const head = this.#head;
    if (head === undefined || point.atUnixMs !== head.atUnixMs) return undefined;
    if (point.metric === 'http_req_duration') this.#durationMs = point.value;
    if (point.metric !== 'http_req_blocked' || this.#durationMs === undefined) return undefined;
    this.#head = undefined;
    return {
      step: stepOf(head),
      outcome: outcomeOf(head.tags),
      sentAtUnixMs: head.atUnixMs - this.#durationMs - point.value,
      endedAtUnixMs: head.atUnixMs,
    };
  }
}
