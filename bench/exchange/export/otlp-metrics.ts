import { METRICS } from '../../../vocabulary/metrics.ts';
import type { ResultFile } from '../../../vocabulary/result-file.ts';
import { msFromS, sFromMs } from '../../../vocabulary/units.ts';
import {
  BUCKET_BOUNDS_S,
  type Distribution,
  type Figure,
  readFigures,
  type StepFigures,
} from './step-figures.ts';

const NS_PER_MS = 1_000_000n;
const CUMULATIVE = 2;

/** 64-bit integers are strings in the JSON mapping of protocol buffers. */
const unixNs = (unixMs: number): string => String(BigInt(Math.round(unixMs)) * NS_PER_MS);

const attributesOf = (labels: Readonly<Record<string, string>>) =>
  Object.entries(labels).map(([key, value]) => ({ key, value: { stringValue: value } }));

interface Span {
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
}

const spanOf = ({ windowFromUnixMs, windowToUnixMs }: StepFigures): Span => ({
  startTimeUnixNano: unixNs(windowFromUnixMs),
  timeUnixNano: unixNs(windowToUnixMs),
});

function numberMetric({ name, help, unit, kind, labels, value }: Figure, span: Span) {
  const point = { ...span, attributes: attributesOf(labels), asDouble: value };
  const described = { name, description: help, unit };
  return kind === 'gauge'
    ? { ...described, gauge: { dataPoints: [point] } }
    : {
        ...described,
        sum: { dataPoints: [point], aggregationTemporality: CUMULATIVE, isMonotonic: true },
      };
}

function histogramMetric(step: StepFigures, { name, metric, histogram }: Distribution) {
  const upTo = BUCKET_BOUNDS_S.map((boundS) => histogram.count - histogram.countAbove(msFromS(boundS)));
  const counts = [...upTo, histogram.count].map((count, i) => String(count - (upTo[i - 1] ?? 0)));
  const { minMs, maxMs, meanMs = 0, count } = histogram;
  const point = {
    ...spanOf(step),
    attributes: attributesOf(step.labels),
    count: String(count),
    sum: sFromMs(meanMs * count),
    ...(minMs === undefined ? {} : { min: sFromMs(minMs) }),
    ...(maxMs === undefined ? {} : { max: sFromMs(maxMs) }),
    bucketCounts: counts,
    explicitBounds: BUCKET_BOUNDS_S,
  };
  const dataPoints = [point];
  return {
    name,
    description: METRICS[metric].formula,
    unit: 's',
    histogram: { dataPoints, aggregationTemporality: CUMULATIVE },
  };
}

/** An `ExportMetricsServiceRequest` in the JSON mapping of OTLP 1.x, for `POST …/v1/metrics`. */
export function toOtlpMetrics(result: ResultFile): unknown {
  const metrics = readFigures(result).flatMap((step) => [
    ...step.figures.map((figure) => numberMetric(figure, spanOf(step))),
    ...step.distributions.map((each) => histogramMetric(step, each)),
  ]);
  const resource = {
    attributes: attributesOf({ 'service.name': 'busyhour', 'service.version': result.tool.version }),
  };
  const scope = { name: 'busyhour', version: result.tool.version };
  return { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics }] }] };
}
