import type { DropReason, RequestFailureCode, TimeoutPhase } from '../vocabulary/outcomes.ts';

/** `failed:unreported` is of imports only. */
type Reason =
  | 'failed:unreported'
  | `failed:${RequestFailureCode}`
  | `timed-out:${TimeoutPhase}`
  | `dropped:${DropReason}`;

const WORDS: Readonly<Record<Reason, string>> = {
  'failed:connect-refused': 'nobody listens at the address',
  'failed:connection-reset': 'the connection was cut',
  'failed:tls-error': 'the TLS handshake failed',
  'failed:dns-error': 'the name was not found',
  'failed:http-client-error': 'the target refused the request (4xx)',
  'failed:http-rate-limited': 'the target limits the rate (429)',
  'failed:http-server-error': 'the target failed (5xx)',
  'failed:http-overloaded': 'the target was overloaded (503)',
  'failed:grpc-error': 'the gRPC call failed',
  'failed:malformed-response': 'the answer could not be read',
  'failed:incomplete-stream': 'the answer ended before its end mark',
  'failed:empty-answer': 'the answer was empty',
  'failed:unreported': 'failed; the other tool does not say how',
  'timed-out:connect': 'no connection in time',
  'timed-out:first-token': 'no first token in time',
  'timed-out:idle': 'the stream fell silent',
  'timed-out:total': 'not whole in time',
  'timed-out:run-ended': 'unfinished when the drain time was over',
  'timed-out:patience': 'the customer left',
  'dropped:max-in-flight': 'never sent: too many were under way',
  'dropped:run-aborted': 'never sent: the run was stopped',
  'dropped:too-late': 'never sent: the generator had not come to it',
};

/** What a reason key of outcome counts means, in a few words; a fault code behind `/` is the server's own. */
export function describeReason(reason: string): string {
  const [key = reason, fault] = reason.split('/');
  const words = (WORDS as Readonly<Record<string, string>>)[key] ?? '';
  return fault === undefined ? words : `${words}${words === '' ? '' : '; '}the server says ${fault}`;
}
