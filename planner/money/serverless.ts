import { billGraduated, type PriceStep } from './graduated.ts';

/** Vendors quote requests by the million. */
const REQUESTS_PER_PRICE_UNIT = 1_000_000;

/** What a month of functions does. */
export interface ServerlessUse {
  readonly requests: number;
  /** Billed time of one request: from its start to its answer, waiting for the model included. */
  readonly billedS: number;
  readonly memoryGb: number;
}

export interface ServerlessPrice {
  readonly usdPerMRequests: number;
  /** GB-seconds by graduated price; one step where there is one price. */
  readonly gbSteps: readonly PriceStep[];
  /** Given away each month; 0 when absent. */
  readonly freeRequests?: number;
  readonly freeGbS?: number;
}

export interface ServerlessCost {
  readonly usdPerMonth: number;
  readonly requestsUsd: number;
  readonly gbSUsd: number;
  readonly gbS: number;
}

/** Requests and GB-seconds of a month, what is given away taken off first. */
export function computeServerlessUsd(use: ServerlessUse, price: ServerlessPrice): ServerlessCost {
  const gbS = use.requests * use.billedS * use.memoryGb;
  const paidGbS = Math.max(0, gbS - (price.freeGbS ?? 0));
  const paidRequests = Math.max(0, use.requests - (price.freeRequests ?? 0));
  const gbSUsd = billGraduated(paidGbS, price.gbSteps).reduce((sum, { usd }) => sum + usd, 0);
  const requestsUsd = (paidRequests / REQUESTS_PER_PRICE_UNIT) * price.usdPerMRequests;
  return { usdPerMonth: gbSUsd + requestsUsd, requestsUsd, gbSUsd, gbS };
}
