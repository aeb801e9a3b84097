import { createFault, type Fault } from '../llm/fault.ts';
import type { Estimate, Tenant } from './ledger.ts';

/** Why a ledger grants nothing; `waitMs` is the time until the same request would be granted if no other came. */
export type Refusal =
  | { readonly limit: 'requests' | 'tokens' | 'budget'; readonly waitMs: number }
  /** The budget is not spent, but what is in progress may spend it. */
  | { readonly limit: 'reserved-budget'; readonly waitMs: number }
  | { readonly limit: 'concurrent' }
  /** This request alone may use more tokens than a minute allows. */
  | { readonly limit: 'request-size' };

/** Nobody knows when work in progress ends; asking again after this is cheap. */
const IN_PROGRESS_WAIT_MS = 1000;

const utcFrom = (unixMs: number): string => new Date(unixMs).toISOString();

/** The refusal in the words of the closed fault vocabulary. */
export function faultFromRefusal(
  refusal: Refusal,
  tenant: Tenant,
  estimate: Estimate,
  nowUnixMs: number,
): Fault {
  const { requestsPerMin, tokensPerMin, dailyBudgetUsd, maxConcurrent } = tenant.limits;
  switch (refusal.limit) {
    case 'requests':
      return createFault(
        'policy_rate_limited',
        `The limit of ${requestsPerMin} requests per minute is reached.`,
        {
          retryAfterMs: refusal.waitMs,
        },
      );
    case 'concurrent':
      return createFault(
        'policy_rate_limited',
        `The limit of ${maxConcurrent} requests at once is reached.`,
        {
          retryAfterMs: IN_PROGRESS_WAIT_MS,
        },
      );
    case 'tokens':
      return createFault(
        'policy_token_limited',
        `The limit of ${tokensPerMin} tokens per minute leaves no room for the ${estimate.tokens} that this request may use.`,
        { retryAfterMs: refusal.waitMs },
      );
    case 'request-size':
      return createFault(
        'policy_request_too_large',
        `This request may use ${estimate.tokens} tokens and the limit is ${tokensPerMin} per minute; shorten it or lower max_tokens.`,
      );
    case 'budget':
      return createFault(
        'policy_budget_exhausted',
        `The daily budget of ${dailyBudgetUsd} USD is spent; it resets at ${utcFrom(nowUnixMs + refusal.waitMs)}.`,
        { retryAfterMs: refusal.waitMs },
      );
    case 'reserved-budget':
      return createFault(
        'policy_budget_exhausted',
        `What is in progress may spend the rest of the daily budget of ${dailyBudgetUsd} USD, which resets at ${utcFrom(nowUnixMs + refusal.waitMs)}.`,
        { retryAfterMs: IN_PROGRESS_WAIT_MS },
      );
  }
}
