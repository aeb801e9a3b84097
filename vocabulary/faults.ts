/**
 * The closed fault vocabulary of the gateway: the same code in error bodies, metrics, spans and audit rows.
 * The prefix says whose fault it is; `retryable` whether the same request may succeed later.
 */
interface FaultRow {
  readonly httpStatus: number;
  readonly retryable: boolean;
  readonly message: string;
}

export const FAULTS = {
  caller_invalid_request: { httpStatus: 400, retryable: false, message: 'The request body is invalid.' },
  caller_unauthenticated: {
    httpStatus: 401,
    retryable: false,
    message: 'The API key is missing or unknown.',
  },
  caller_not_found: { httpStatus: 404, retryable: false, message: 'There is no such resource.' },
  caller_method_not_allowed: {
    httpStatus: 405,
    retryable: false,
    message: 'This method is not allowed here.',
  },
  caller_upgrade_required: {
    httpStatus: 426,
    retryable: false,
    message: 'This path speaks WebSocket: ask for an upgrade.',
  },
  caller_conflict: {
    httpStatus: 409,
    retryable: false,
    message: 'The resource is not in a state that allows this.',
  },
  caller_body_too_large: { httpStatus: 413, retryable: false, message: 'The request body is too large.' },
  caller_unsupported_media_type: {
    httpStatus: 415,
    retryable: false,
    message: 'The request body must be JSON.',
  },
  caller_context_too_long: {
    httpStatus: 400,
    retryable: false,
    message: 'The prompt and answer do not fit the context of the model.',
  },
  caller_disconnected: {
    httpStatus: 499,
    retryable: true,
    message: 'The client left before the answer was complete.',
  },
  policy_ip_denied: { httpStatus: 403, retryable: false, message: 'This address may not call.' },
  caller_forbidden: { httpStatus: 403, retryable: false, message: 'This key may not do that.' },
  policy_request_too_large: {
    httpStatus: 413,
    retryable: false,
    message: 'The request may use more tokens than its tenant has in a minute.',
  },
  policy_rate_limited: { httpStatus: 429, retryable: true, message: 'The request rate limit is reached.' },
  policy_token_limited: { httpStatus: 429, retryable: true, message: 'The token limit is reached.' },
  policy_budget_exhausted: {
    httpStatus: 429,
    retryable: false,
    message: 'The budget of this tenant is spent.',
  },
  policy_blocked: { httpStatus: 403, retryable: false, message: 'A policy blocked this content.' },
  provider_unreachable: { httpStatus: 502, retryable: true, message: 'No provider could be reached.' },
  provider_timeout: { httpStatus: 504, retryable: true, message: 'The provider did not answer in time.' },
  provider_rate_limited: { httpStatus: 429, retryable: true, message: 'The provider limits our rate.' },
  provider_overloaded: { httpStatus: 503, retryable: true, message: 'The provider is overloaded.' },
  provider_rejected: { httpStatus: 502, retryable: false, message: 'The provider rejected the request.' },
  provider_error: { httpStatus: 502, retryable: true, message: 'The provider failed.' },
  provider_incomplete: { httpStatus: 502, retryable: true, message: 'The provider cut its answer short.' },
  gateway_overloaded: {
    httpStatus: 503,
    retryable: true,
    message: 'The gateway is at its limit of concurrent work.',
  },
  gateway_draining: { httpStatus: 503, retryable: true, message: 'The gateway is shutting down.' },
  gateway_store_unavailable: {
    httpStatus: 503,
    retryable: true,
    message: 'A store of the gateway is not available.',
  },
  gateway_internal: { httpStatus: 500, retryable: true, message: 'A defect in the gateway.' },
} as const satisfies Record<string, FaultRow>;

export type FaultCode = keyof typeof FAULTS;

export const FAULT_CODES = Object.keys(FAULTS) as readonly FaultCode[];

export const isFaultCode = (text: string): text is FaultCode => Object.hasOwn(FAULTS, text);
