import type { Outcome } from '../../../vocabulary/outcomes.ts';
import type { ImportedRequest } from './imported-run.ts';

type Ending = Pick<ImportedRequest, 'outcome' | 'reason'>;

const failed = (code: Extract<Outcome, { state: 'failed' }>['code']): Ending => ({
  outcome: { state: 'failed', code },
});

/** Words of error texts of Python's HTTP clients and of status lines, most telling first. */
const RULES: readonly (readonly [words: RegExp, ending: Ending])[] = [
  [/time(d)?[\s_-]?out/i, { outcome: { state: 'timed-out', phase: 'total' } }],
  [/cancel/i, { outcome: { state: 'timed-out', phase: 'run-ended' } }],
  [
    /ConnectError|Cannot connect|Connect call failed|refused|All connection attempts/i,
    failed('connect-refused'),
  ],
  [/name or service|getaddrinfo|name resolution/i, failed('dns-error')],
  [/certificate|SSL|TLS/, failed('tls-error')],
  [
    /disconnected|reset by peer|ClientOSError|RemoteProtocolError|ReadError|broken pipe/i,
    failed('connection-reset'),
  ],
  [/too many requests|\b429\b/i, failed('http-rate-limited')],
  [/service unavailable|\b503\b/i, failed('http-overloaded')],
  [/internal server error|bad gateway|gateway time|\b5\d\d\b/i, failed('http-server-error')],
  [/bad request|unauthorized|forbidden|not found|unprocessable|\b4\d\d\b/i, failed('http-client-error')],
  [/never received a valid chunk|no (content|tokens)/i, failed('empty-answer')],
  [/incomplete|payload is not completed/i, failed('incomplete-stream')],
  [/json|decode/i, failed('malformed-response')],
];

/** Reads an error text; one that says nothing known counts as `failed:unreported`, which is no code of ours. */
export function endingFromError(text: string, httpStatus?: number): Ending {
  const status = httpStatus === undefined ? '' : `${httpStatus} `;
  const rule = RULES.find(([words]) => words.test(`${status}${text}`));
  return (
    rule?.[1] ?? { outcome: { state: 'failed', code: 'malformed-response' }, reason: 'failed:unreported' }
  );
}
