import { FAULTS, isFaultCode } from '../../../vocabulary/faults.ts';
import { type RequestFailureCode, TIMEOUT_PHASES } from '../../../vocabulary/outcomes.ts';
import { AGENT_TIMED_OUT } from '../../drive/dialog-stream.ts';
import { classifyStatus, type SentOutcome } from '../../drive/failure-codes.ts';
import { classifyGrpcError } from '../../drive/grpc.ts';

type Tags = Readonly<Record<string, string>>;

/** Codes of k6 (grafana.com/docs/k6, "error codes"): from … to, and what they are here. */
const FAMILIES: readonly (readonly [from: number, to: number, outcome: SentOutcome])[] = [
  [1050, 1050, { state: 'timed-out', phase: 'total' }],
  [1211, 1211, { state: 'timed-out', phase: 'connect' }],
  [1210, 1213, { state: 'failed', code: 'connect-refused' }],
  [1100, 1199, { state: 'failed', code: 'dns-error' }],
  [1200, 1299, { state: 'failed', code: 'connection-reset' }],
  [1300, 1399, { state: 'failed', code: 'tls-error' }],
  [1600, 1799, { state: 'failed', code: 'malformed-response' }],
];

/** What Go's libraries write, in the order in which it is looked for. */
const MESSAGES: readonly (readonly [RegExp, SentOutcome])[] = [
  [/deadline exceeded|i\/o timeout/, { state: 'timed-out', phase: 'connect' }],
  [
    /connection refused|no route to host|network is unreachable/,
    { state: 'failed', code: 'connect-refused' },
  ],
  [/no such host|lookup |name resolver/, { state: 'failed', code: 'dns-error' }],
  [/x509|tls:|certificate/, { state: 'failed', code: 'tls-error' }],
  [/malformed|invalid header/, { state: 'failed', code: 'malformed-response' }],
];

const RESET: SentOutcome = { state: 'failed', code: 'connection-reset' };
const CUT: SentOutcome = { state: 'failed', code: 'incomplete-stream' };

const outcomeOfMessage = (message: string): SentOutcome | undefined =>
  MESSAGES.find(([pattern]) => pattern.test(message))?.[1];

const ANSWER_PROBLEMS: readonly RequestFailureCode[] = [
  'empty-answer',
  'incomplete-stream',
  'malformed-response',
  'connection-reset',
  'grpc-error',
];

const OK_FROM = 200;
const OK_TO = 299;

/** What a script tells of an answer beside its status; every part may be absent. */
export interface AnswerNote {
  /** Its own finding: see the pieces of the script in body/. */
  readonly answer?: string | undefined;
  /** The server's own code. */
  readonly fault?: string | undefined;
  /** The error in k6's words, which are Go's. */
  readonly error?: string | undefined;
  /** Status with which the upgrade to a socket was refused. */
  readonly handshakeStatus?: number | undefined;
}

const withFault = (outcome: SentOutcome, fault: string | undefined): SentOutcome =>
  outcome.state === 'failed' && fault !== undefined && isFaultCode(fault)
    ? { ...outcome, faultCode: fault }
    : outcome;

/** A connection that could not be made, or was lost before the answer began. */
function transportOutcome({ error = '', handshakeStatus }: AnswerNote): SentOutcome {
  if (/bad handshake/.test(error)) return classifyStatus(handshakeStatus ?? 0, '');
  return outcomeOfMessage(error) ?? RESET;
}

/** What the script found by itself; undefined where the status decides. */
function foundOutcome(note: AnswerNote): SentOutcome | undefined {
  const { answer = '', fault, error = '' } = note;
  const phase = TIMEOUT_PHASES.find((name) => answer === `timed-out:${name}`);
  if (phase !== undefined) return { state: 'timed-out', phase };
  const problem = ANSWER_PROBLEMS.find((code) => code === answer);
  if (problem !== undefined) return withFault({ state: 'failed', code: problem }, fault);
  switch (answer) {
    case 'whole':
      return { state: 'completed' };
    case 'agent-timed-out':
      return AGENT_TIMED_OUT;
    case 'refused-turn':
      return fault !== undefined && isFaultCode(fault)
        ? withFault(classifyStatus(FAULTS[fault].httpStatus, ''), fault)
        : CUT;
    case 'transport':
      return transportOutcome(note);
    case 'grpc-message':
    case 'grpc-message:begun':
      return classifyGrpcError({ code: fault ?? '', message: error }, answer !== 'grpc-message');
    default:
      return undefined;
  }
}

/** The outcome of a status and an error code of k6. */
function outcomeOfStatus(tags: Tags, { fault, error = '' }: AnswerNote): SentOutcome {
  const status = Number(tags.status ?? 0);
  const code = Number(tags.error_code ?? 0);
  const family = FAMILIES.find(([from, to]) => code >= from && code <= to)?.[2];
  if (status >= OK_FROM && status <= OK_TO) {
    if (code === 0) return { state: 'completed' };
    // After a 200 has begun, a lost connection is a stream cut short.
    const isLost = family === undefined || (family.state === 'failed' && family.code === 'connection-reset');
    return isLost ? CUT : family;
  }
  if (status > 0) return withFault(classifyStatus(status, ''), fault);
  return family ?? outcomeOfMessage(error) ?? RESET;
}

/**
 * How a request of k6 ended, from its tags `status` and `error_code`, and from what the script said of the answer.
 * k6 calls 200 … 399 expected; here only a whole 2xx answer completes.
 */
export const outcomeOf = (tags: Tags, note: AnswerNote = {}): SentOutcome =>
  foundOutcome(note) ?? outcomeOfStatus(tags, note);
