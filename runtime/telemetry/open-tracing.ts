import { BusyhourError, createFailure } from '../../vocabulary/errors.ts';
import type { TracesConfig } from '../config/telemetry.ts';
import type { OtlpTracingOptions } from './otlp-tracing.ts';
import type { Tracing } from './spans.ts';

const TRACES_PATH = 'v1/traces';

/** Receiver by the standard variables: the one for traces is a whole URL, the general one a base. */
function otlpUrlFrom(environment: NodeJS.ProcessEnv): string | undefined {
  const { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: whole, OTEL_EXPORTER_OTLP_ENDPOINT: base } = environment;
  if (whole !== undefined && whole !== '') return checked('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', whole);
  if (base === undefined || base === '') return undefined;
  return `${checked('OTEL_EXPORTER_OTLP_ENDPOINT', base).replace(/\/+$/, '')}/${TRACES_PATH}`;
}

function checked(path: string, got: string): string {
  if (/^https?:$/.test(URL.parse(got)?.protocol ?? '')) return got;
  const issue = { path, expected: 'an http or https URL', got, fix: 'Give it as http://collector:4318.' };
  throw new BusyhourError(createFailure('INVALID_CONFIG', 'the environment is invalid', { issues: [issue] }));
}

/** `name=value,name=value`, values percent-encoded, as OTEL_EXPORTER_OTLP_HEADERS holds them. */
export function parseHeaders(text: string | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const pair of (text ?? '').split(',')) {
    const at = pair.indexOf('=');
    if (at > 0) headers[pair.slice(0, at).trim()] = decodeValue(pair.slice(at + 1).trim());
  }
  return headers;
}

function decodeValue(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone percent sign: the value is meant as it stands.
    return text;
  }
}

/** Share of new traces that the standard variable asks for; 1 when it is absent or not a ratio. */
function sampleRatioFrom(environment: NodeJS.ProcessEnv): number {
  const ratio = Number(environment.OTEL_TRACES_SAMPLER_ARG ?? 1);
  return ratio >= 0 && ratio <= 1 ? ratio : 1;
}

export interface OpenTracingOptions
  extends Pick<OtlpTracingOptions, 'serviceName' | 'serviceVersion' | 'onExport'> {
  readonly traces: TracesConfig | undefined;
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * Tracing as the configuration or the standard OTEL_ variables ask for it; undefined when neither does, and then the SDK
 * is not even loaded. OTEL_SDK_DISABLED=true turns it off. Throws BusyhourError INVALID_CONFIG for a receiver that is no URL.
 */
export async function openTracing(options: OpenTracingOptions): Promise<Tracing | undefined> {
  const { traces, environment, ...rest } = options;
  const otlpUrl = traces?.otlpUrl ?? otlpUrlFrom(environment);
  if (otlpUrl === undefined || environment.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return undefined;
  const headersName = traces?.headersEnv ?? 'OTEL_EXPORTER_OTLP_HEADERS';
  const { createOtlpTracing } = await import('./otlp-tracing.ts');
  return createOtlpTracing({
    ...rest,
    otlpUrl,
    sampleRatio: traces?.sampleRatio ?? sampleRatioFrom(environment),
    headers: parseHeaders(environment[headersName]),
  });
}
