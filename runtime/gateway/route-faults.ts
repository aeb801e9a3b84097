import type { FaultCode } from '../../vocabulary/faults.ts';
import type { RouteSpec } from './route-spec.ts';

/** Of any route that asks who calls. */
const CALLER_FAULTS: readonly FaultCode[] = [
  'caller_invalid_request',
  'caller_unauthenticated',
  'policy_ip_denied',
  'gateway_internal',
];
const BODY_FAULTS: readonly FaultCode[] = ['caller_body_too_large', 'caller_unsupported_media_type'];

/** Of work that is let in, and kept. */
export const WORK_FAULTS: readonly FaultCode[] = [
  'gateway_overloaded',
  'gateway_draining',
  'gateway_store_unavailable',
];

/** Of work that is answered by the chain of providers, under the limits of a tenant. */
export const ANSWER_FAULTS: readonly FaultCode[] = [
  ...WORK_FAULTS,
  'caller_context_too_long',
  'policy_rate_limited',
  'policy_token_limited',
  'policy_budget_exhausted',
  'policy_request_too_large',
  'provider_unreachable',
  'provider_timeout',
  'provider_rate_limited',
  'provider_overloaded',
  'provider_rejected',
  'provider_error',
  'provider_incomplete',
];

/** Every fault in which a route may answer: its own, and those of what stands before it. */
export const faultsOf = ({ authenticated, admin, body, faults }: RouteSpec): readonly FaultCode[] => [
  ...new Set([
    ...(authenticated ? CALLER_FAULTS : []),
    ...(admin === true ? (['caller_forbidden'] as const) : []),
    ...(body === undefined ? [] : BODY_FAULTS),
    ...faults,
  ]),
];
