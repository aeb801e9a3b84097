import type { MetricObjectWithValues, MetricValue } from 'prom-client';
import type { Failure } from '../../vocabulary/errors.ts';
import type { GatewayConfig } from '../config.ts';
import type { LineAnswer, LineAsk } from './line-messages.ts';

/** One registry as data, as it travels between processes. */
export type Metrics = readonly MetricObjectWithValues<MetricValue<string>>[];

/** What the primary tells a worker. */
export type ToWorker =
  | LineAnswer
  | { readonly kind: 'start'; readonly config: GatewayConfig; readonly purges: boolean }
  | { readonly kind: 'drain'; readonly graceMs: number }
  /** A drain was asked for at another worker. */
  | { readonly kind: 'refuse' }
  /** A version of the scripts was made the active one at another worker. */
  | { readonly kind: 'activate-script'; readonly version: string }
  | { readonly kind: 'report'; readonly reportId: number }
  /** Asks for a sign of life, and tells how many workers gave none lately. */
  | { readonly kind: 'beat'; readonly silentWorkers: number }
  /** The answer to `scrape`. */
  | { readonly kind: 'scraped'; readonly scrapeId: number; readonly text: string };

/** What a worker tells the primary. */
export type FromWorker =
  | LineAsk
  | { readonly kind: 'loaded' }
  | { readonly kind: 'ready'; readonly url: string }
  | { readonly kind: 'failed'; readonly failure: Omit<Failure, 'cause'> }
  /** The sign of life. */
  | { readonly kind: 'beaten' }
  | { readonly kind: 'reported'; readonly reportId: number; readonly metrics: Metrics }
  /** Somebody asked this worker for a drain of the gateway. */
  | { readonly kind: 'drain-asked' }
  /** Somebody made a version of the scripts the active one at this worker. */
  | { readonly kind: 'script-activated'; readonly version: string }
  /** Somebody asked this worker for /metrics. */
  | { readonly kind: 'scrape'; readonly scrapeId: number };
