import type { Fault } from '../llm/fault.ts';
import type { RateLimitReport } from '../llm/rate-limit-headers.ts';

/** What a worker says to the lines that all workers share. A ticket is the worker's own number for one request. */
export type LineAsk =
  | {
      readonly kind: 'line-enter';
      readonly ticket: number;
      readonly provider: string;
      readonly tenant: string;
      readonly tokens: number;
    }
  /** It no longer wants the place, whether it has got it meanwhile or not. */
  | { readonly kind: 'line-leave'; readonly ticket: number }
  | { readonly kind: 'line-release'; readonly ticket: number; readonly usedTokens: number }
  | { readonly kind: 'line-learn'; readonly provider: string; readonly report: RateLimitReport }
  | { readonly kind: 'line-pause'; readonly provider: string; readonly spanMs: number };

/** What it is answered. */
export type LineAnswer =
  | { readonly kind: 'line-entered'; readonly ticket: number }
  | { readonly kind: 'line-refused'; readonly ticket: number; readonly fault: Fault };

/** Whether a message is one to the lines. */
export const isLineAsk = <T extends { readonly kind: string }>(message: T | LineAsk): message is LineAsk =>
  message.kind.startsWith('line-');
