import { randomUUID } from 'node:crypto';
import {
  type Attributes,
  type Span as OtelSpan,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type TracerProviderOptions,
} from '@opentelemetry/sdk-trace';
import type { Span, SpanAttributes, SpanStart, Tracing } from './spans.ts';
import { formatTraceparent, type TraceContext } from './trace-context.ts';

/** How spans of one process reach their receiver. */
export interface OtlpTracingOptions {
  readonly serviceName: string;
  readonly serviceVersion: string;
  /** The whole URL, with /v1/traces. */
  readonly otlpUrl: string;
  readonly sampleRatio: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Told of every batch, for metrics and one log line when the receiver comes or goes. */
  readonly onExport?: (spans: number, error: Error | undefined) => void;
}

/** Waiting spans; at the limit new ones are dropped, so that a receiver that hangs costs memory only once. */
const MAX_WAITING_SPANS = 8192;
const MAX_BATCH_SPANS = 512;
const BATCH_DELAY_MS = 1000;
const EXPORT_TIMEOUT_MS = 5000;
/** Of a drain: how long the last spans may take. */
const CLOSE_TIMEOUT_MS = 2000;

const KINDS = { internal: SpanKind.INTERNAL, server: SpanKind.SERVER, client: SpanKind.CLIENT } as const;

class OtlpSpan implements Span {
  readonly context: TraceContext;
  readonly traceparent: string;
  readonly #span: OtelSpan;

  constructor(span: OtelSpan) {
    this.#span = span;
    const { traceId, spanId, traceFlags } = span.spanContext();
    this.context = { traceId, spanId, isSampled: (traceFlags & TraceFlags.SAMPLED) !== 0 };
    this.traceparent = formatTraceparent(this.context);
  }

  set(attributes: SpanAttributes): void {
    this.#span.setAttributes(attributes as Attributes);
  }

  event(name: string, atUnixMs?: number): void {
    this.#span.addEvent(name, atUnixMs);
  }

  fail(errorType: string): void {
    this.#span.setAttribute('error.type', errorType);
    this.#span.setStatus({ code: SpanStatusCode.ERROR });
  }

  end(atUnixMs?: number): void {
    if (this.#span.isRecording()) this.#span.end(atUnixMs);
  }
}

const contextUnder = (parent: TraceContext | undefined) =>
  parent === undefined
    ? ROOT_CONTEXT
    : trace.setSpanContext(ROOT_CONTEXT, {
        traceId: parent.traceId,
        spanId: parent.spanId,
        traceFlags: parent.isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
        isRemote: true,
      });

/** The process, as every span names it. */
function resourceOf({ serviceName, serviceVersion }: OtlpTracingOptions) {
  const attributes = {
    'service.name': serviceName,
    'service.version': serviceVersion,
    'service.instance.id': randomUUID(),
    'telemetry.sdk.language': 'nodejs',
    'process.pid': process.pid,
  };
  const resource: NonNullable<TracerProviderOptions['resource']> = {
    attributes,
    merge: () => resource,
    getRawAttributes: () => Object.entries(attributes),
  };
  return resource;
}

/** Counts what the receiver took and what was lost. */
function watched(exporter: SpanExporter, onExport: OtlpTracingOptions['onExport']): SpanExporter {
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        onExport?.(
          spans.length,
          result.code === 0 ? undefined : (result.error ?? new Error('export failed')),
        );
        done(result);
      }),
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}

class OtlpTracing implements Tracing {
  readonly #tracer: Tracer;
  readonly #provider: TracerProvider;
  #closing: Promise<void> | undefined;

  constructor(options: OtlpTracingOptions) {
    const exporter = new OTLPTraceExporter({
      url: options.otlpUrl,
      headers: { ...options.headers },
      timeoutMillis: EXPORT_TIMEOUT_MS,
    });
    this.#provider = new TracerProvider({
      resource: resourceOf(options),
      sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(options.sampleRatio) }),
      spanProcessors: [
        new BatchSpanProcessor({
          exporter: watched(exporter, options.onExport),
          maxQueueSize: MAX_WAITING_SPANS,
          maxExportBatchSize: MAX_BATCH_SPANS,
          scheduledDelayMillis: BATCH_DELAY_MS,
          exportTimeoutMillis: EXPORT_TIMEOUT_MS,
        }),
      ],
    });
    this.#tracer = this.#provider.getTracer('busyhour', options.serviceVersion);
  }

  startSpan(name: string, { kind = 'internal', parent, attributes, startedAtUnixMs }: SpanStart): Span {
    const options = {
      kind: KINDS[kind],
      ...(attributes === undefined ? {} : { attributes: attributes as Attributes }),
      ...(startedAtUnixMs === undefined ? {} : { startTime: startedAtUnixMs }),
    };
    return new OtlpSpan(this.#tracer.startSpan(name, options, contextUnder(parent)));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    let fuse: NodeJS.Timeout | undefined;
    const outOfTime = new Promise<void>((resolve) => {
      fuse = setTimeout(resolve, CLOSE_TIMEOUT_MS);
    });
    // A receiver that is gone at the end loses the last spans; the drain goes on.
    await Promise.race([this.#provider.shutdown().catch(() => undefined), outOfTime]);
    clearTimeout(fuse);
  }
}

/** Spans over OTLP/HTTP with JSON. This file loads the SDK: import it only where traces are wanted. */
export const createOtlpTracing = (options: OtlpTracingOptions): Tracing => new OtlpTracing(options);
