import type { ProviderConfig } from '../config.ts';
import type { ChainMember } from './link.ts';
import type { QueueOptions } from './provider-queue.ts';
import type { VendorLimitOptions } from './vendor-limits.ts';

/** Limits without a queue get its defaults: what is over the limit waits a little. */
const DEFAULT_QUEUE = { maxQueued: 64, maxWaitMs: 2000 };

/** One line per provider: places are bounded by the smaller of the two numbers that may bound them. */
export function queueOf(config: ProviderConfig): { readonly queue?: QueueOptions } {
  if (config.kind === 'keyword' || (config.queue === undefined && config.limits === undefined)) return {};
  const { maxQueued, maxWaitMs, maxConcurrent } = {
    maxConcurrent: undefined,
    ...DEFAULT_QUEUE,
    ...config.queue,
  };
  const places = Math.min(
    maxConcurrent ?? Number.POSITIVE_INFINITY,
    config.limits?.concurrent ?? Number.POSITIVE_INFINITY,
  );
  return { queue: { maxConcurrent: places, maxQueued, maxWaitMs } };
}

/** What its vendor allows, and when a second attempt is made. */
export function limitsOf(config: ProviderConfig): Pick<ChainMember, 'limits' | 'hedge'> {
  if (config.kind === 'keyword') return {};
  const { limits, hedge } = config;
  return {
    limits: {
      ...(limits?.requestsPerMin === undefined ? {} : { requestsPerMin: limits.requestsPerMin }),
      ...(limits?.tokensPerMin === undefined ? {} : { tokensPerMin: limits.tokensPerMin }),
    },
    ...(hedge === undefined ? {} : { hedge: hedge.afterMs === undefined ? {} : { afterMs: hedge.afterMs } }),
  };
}

/** What bounds the requests at a provider; undefined where nothing does. */
export function lineOptionsOf(
  config: ProviderConfig,
): { readonly queue: QueueOptions; readonly limits: VendorLimitOptions } | undefined {
  const { queue } = queueOf(config);
  return queue === undefined ? undefined : { queue, limits: limitsOf(config).limits ?? {} };
}
