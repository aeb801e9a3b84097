import type { HistogramMetricId } from '../../../vocabulary/metrics.ts';
import { HISTOGRAM_METRIC_IDS } from '../../../vocabulary/metrics.ts';
import type { ResultFile } from '../../../vocabulary/result-file.ts';
import { sFromMs } from '../../../vocabulary/units.ts';
import { decodeHdrHistogram } from '../hdr/decode-histogram.ts';
import { formatHistogramLog, type LogInterval } from '../hdr/histogram-log.ts';

/**
 * A result as a histogram log: an interval for each step's window, values in µs, `Interval_Max` in ms. All metrics, each
 * under its own tag; or one metric without a tag, for tools that read no tags. A variant is part of the tag.
 */
export function toHistogramLog(result: ResultFile, only?: HistogramMetricId): string {
  const metrics = only === undefined ? HISTOGRAM_METRIC_IDS : [only];
  const intervals = result.steps.flatMap((step) =>
    metrics.flatMap((metric): LogInterval[] => {
      const encoded = step.histograms[metric];
      if (encoded === undefined || encoded.count === 0) return [];
      const tag = [
        ...(only === undefined ? [metric] : []),
        ...(step.variant === undefined ? [] : [step.variant]),
      ];
      return [
        {
          ...(tag.length === 0 ? {} : { tag: tag.join('.').replaceAll(/[\s,]/g, '_') }),
          startS: sFromMs(step.startedAtMs + step.warmUpMs),
          lengthS: sFromMs(step.windowMs),
          shownMax: encoded.maxMs ?? 0,
          histogram: decodeHdrHistogram(encoded.data),
        },
      ];
    }),
  );
  const startTimeS = sFromMs(result.startedAtUnixMs);
  return formatHistogramLog({
    comments: [
      `[busyhour ${result.tool.version}, run ${result.runId}]`,
      '[Values in microseconds, Interval_Max in milliseconds]',
      ...result.steps.map(
        ({ name, startedAtMs, warmUpMs }) =>
          `[Step from ${sFromMs(startedAtMs + warmUpMs).toFixed(3)}: ${name}]`,
      ),
    ],
    startTimeS,
    baseTimeS: startTimeS,
    intervals,
  });
}
