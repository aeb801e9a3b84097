import { HISTOGRAM_METRIC_IDS, METRICS } from '../vocabulary/metrics.ts';
import { type Badge, type Block, type Cell, cell, column, numeric } from './blocks.ts';
import { ABSENT, formatNumber } from './numbers.ts';
import type { ResultReading } from './step-reading.ts';

const msCell = (ms: number | undefined): Cell =>
  ms === undefined ? { text: ABSENT, muted: true } : cell(formatNumber(ms));

/** Means that another tool gave instead of its requests, in ms; nothing for a result with samples of its own. */
export function summariesTable({ steps }: ResultReading, badge: Badge): Block[] {
  const rows = steps.flatMap(({ step }) =>
    HISTOGRAM_METRIC_IDS.flatMap((metric): Cell[][] => {
      const summary = step.summaries?.[metric];
      if (summary === undefined) return [];
      const { meanMs, minMs, maxMs, standardDeviationMs } = summary;
      const figures = [meanMs, minMs, maxMs, standardDeviationMs].map(msCell);
      return [[cell(METRICS[metric].label), cell(step.name), ...figures]];
    }),
  );
  if (rows.length === 0) return [];
  return [
    {
      kind: 'table',
      caption:
        'What the other tool says in sum, ms. It kept no samples, so there are no percentiles and no verdicts.',
      badge,
      dense: true,
      columns: [
        column('figure'),
        column('step'),
        ...['mean', 'min', 'max', 'standard deviation'].map(numeric),
      ],
      rows,
    },
  ];
}
