import type { RequestFailureCode } from '../../../vocabulary/outcomes.ts';
import { classifyStatus, type SentOutcome } from '../../drive/failure-codes.ts';

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

const ANSWER_PROBLEMS: readonly RequestFailureCode[] = [
  'empty-answer',
  'incomplete-stream',
  'malformed-response',
];

const OK_FROM = 200;
const OK_TO = 299;

const isFailureCode = (code: string): code is RequestFailureCode =>
  (ANSWER_PROBLEMS as readonly string[]).includes(code);

/**
 * How a request of k6 ended, from its tags `status` and `error_code`, and from what the script said of the answer.
 * k6 calls 200 … 399 expected; here only a whole 2xx answer completes.
 */
export function outcomeOf(tags: Readonly<Record<string, string>>, problem = ''): SentOutcome {
  const status = Number(tags.status ?? 0);
  const code = Number(tags.error_code ?? 0);
  if (status >= OK_FROM && status <= OK_TO) {
    const family = FAMILIES.find(([from, to]) => code >= from && code <= to);
    if (family !== undefined) return family[2];
    if (isFailureCode(problem)) return { state: 'failed', code: problem };
    return { state: 'completed' };
  }
  if (status > 0) return classifyStatus(status, '');
  return (
    FAMILIES.find(([from, to]) => code >= from && code <= to)?.[2] ?? {
      state: 'failed',
      code: 'connection-reset',
    }
  );
}
