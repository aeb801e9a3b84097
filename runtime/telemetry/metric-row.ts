/**
 * What a label may say. A closed list; or names that the configuration or the router gives, of which no more than so many
 * are kept. Any other value is exported as `other`.
 */
export type LabelValues = readonly string[] | { readonly from: string; readonly atMost: number };

export const OTHER = 'other';

/** One metric family of the gateway: its registration, its row in docs/telemetry.md, what dashboards may name. */
export interface MetricRow {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly unit: 'seconds' | 'bytes' | 'tokens' | 'USD' | 'ratio' | 'count';
  readonly help: string;
  readonly labels: Readonly<Record<string, LabelValues>>;
  /** Upper bounds of a histogram, in its unit. */
  readonly buckets?: readonly number[];
}

export type MetricTable = Readonly<Record<string, MetricRow>>;

/** 0.1 ms to 50 s in the 1-2-5 series, in seconds. */
export const SPAN_BUCKETS_S: readonly number[] = [-4, -3, -2, -1, 0, 1].flatMap((decade) =>
  [1, 2, 5].map((step) => Number(`${step}e${decade}`)),
);

/** Providers have at most this many names (runtime/config/llm.ts). */
export const PROVIDERS: LabelValues = { from: 'the configured providers', atMost: 16 };
export const ROUTES: LabelValues = { from: 'the paths of the interface', atMost: 64 };
