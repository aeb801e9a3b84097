import { resultCsv } from '../../../presentation/csv.ts';
import { readResult } from '../../../presentation/step-reading.ts';
import { ok, type Result } from '../../../vocabulary/errors.ts';
import type { HistogramMetricId } from '../../../vocabulary/metrics.ts';
import type { ResultFile } from '../../../vocabulary/result-file.ts';
import type { ExportFormat, Receiver } from '../format-names.ts';
import { toHistogramLog } from './hdr-log.ts';
import { toOtlpMetrics } from './otlp-metrics.ts';
import { formatPrometheusText } from './prometheus-text.ts';
import { encodeRemoteWrite } from './remote-write.ts';
import type { Delivery } from './send.ts';
import { toReadings } from './step-readings.ts';

/** What a format may be asked for beside the result itself. */
export interface FormatOptions {
  /** hdr only: this metric alone. */
  readonly metric?: HistogramMetricId;
}

type Formatter = (result: ResultFile, options: FormatOptions) => Result<string>;

const asJson = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;

/** A result as the text of each format. */
export const FORMATTERS: { readonly [Format in ExportFormat]: Formatter } = {
  hdr: (result, { metric }) => ok(toHistogramLog(result, metric)),
  csv: (result) => {
    const read = readResult(result);
    return read.kind === 'failed' ? read : ok(resultCsv([read.value]));
  },
  prometheus: (result) => ok(formatPrometheusText(result)),
  otlp: (result) => ok(asJson(toOtlpMetrics(result))),
  json: (result) => ok(asJson(toReadings(result))),
};

const GROUP_JOB = 'busyhour';

/** A path segment of the Pushgateway that may hold anything: its base64 form. */
const groupSegment = (value: string): string => Buffer.from(value, 'utf8').toString('base64url');

const PROTOBUF_HEADERS = {
  'content-type': 'application/x-protobuf',
  'content-encoding': 'snappy',
  'x-prometheus-remote-write-version': '0.1.0',
};

const pathOf = (url: string): string => new URL(url).pathname.replace(/\/+$/, '');

/** `/v1/metrics` and the path of remote write are added to a URL that names only a server. */
function withPath(url: string, path: string): string {
  return pathOf(url) === '' ? new URL(path, url).href : url;
}

/** What to send to each receiver for a result. A group of the Pushgateway is replaced as a whole, and named by the run. */
export const DELIVERIES: { readonly [Kind in Receiver]: (result: ResultFile, url: string) => Delivery } = {
  'remote-write': (result, url) => ({
    method: 'POST',
    url: withPath(url, '/api/v1/write'),
    headers: PROTOBUF_HEADERS,
    body: encodeRemoteWrite(result),
  }),
  pushgateway: (result, url) => ({
    method: 'PUT',
    url: `${url.replace(/\/+$/, '')}/metrics/job/${GROUP_JOB}/run@base64/${groupSegment(result.runId)}`,
    headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
    body: formatPrometheusText(result),
  }),
  otlp: (result, url) => ({
    method: 'POST',
    url: withPath(url, '/v1/metrics'),
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(toOtlpMetrics(result)),
  }),
};

/** The receiver that a format and a URL speak of; undefined for a format that is a file only. */
export function receiverOf(format: ExportFormat, url: string): Receiver | undefined {
  if (format === 'otlp') return 'otlp';
  if (format !== 'prometheus') return undefined;
  return pathOf(url).endsWith('/write') ? 'remote-write' : 'pushgateway';
}
