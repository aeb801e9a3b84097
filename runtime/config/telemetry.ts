import { z } from 'zod';
import { environmentName } from './fields.ts';

/** Where spans go, and how many. */
export const tracesSchema = z.strictObject({
  /** The whole URL of an OTLP/HTTP receiver, as http://collector:4318/v1/traces. */
  otlpUrl: z.url({ protocol: /^https?$/ }),
  /** Share of traces kept among those that begin here; a caller's decision stands. */
  sampleRatio: z.number().min(0).max(1).default(1),
  /** Variable with headers for the receiver, as `name=value,name=value`. */
  headersEnv: environmentName.optional(),
});

export type TracesConfig = z.output<typeof tracesSchema>;

/** What is said about the work. */
export const telemetryFields = {
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  telemetry: z
    .strictObject({
      /** Absent: no spans, unless OTEL_EXPORTER_OTLP_ENDPOINT is set. */
      traces: tracesSchema.optional(),
    })
    .prefault({}),
};
