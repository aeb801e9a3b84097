import { z } from 'zod';

export const TRACE_FORMAT_NAMES = ['azure-llm', 'mooncake', 'burstgpt', 'servegen', 'csv', 'jsonl'] as const;
export type TraceFormatName = (typeof TRACE_FORMAT_NAMES)[number];

/** Where a generic table keeps what a request is. */
export const traceColumnsSchema = z.strictObject({
  at: z.string().min(1),
  /** `ms`, `s` and `us` are numbers; `iso` is a date and time, without a zone taken as UTC. */
  atUnit: z.enum(['ms', 's', 'us', 'iso']).default('s'),
  inputTokens: z.string().min(1),
  outputTokens: z.string().min(1),
});

/** A trace file and how to read it. */
export const traceReadingSchema = z.strictObject({
  /** Path, relative to the scenario file. */
  file: z.string().min(1),
  /** Recognised by the first line where absent. */
  format: z.enum(TRACE_FORMAT_NAMES).optional(),
  /** For the formats csv and jsonl. */
  columns: traceColumnsSchema.optional(),
  /** Put rows that are out of order in order; otherwise they are errors. */
  sort: z.boolean().default(false),
  /** servegen: whose clients, which part of their time, and the seed of the requests drawn from their windows. */
  servegen: z
    .strictObject({
      model: z.string().min(1),
      fromS: z.number().nonnegative().default(0),
      forS: z.number().positive().default(600),
      seed: z.int().nonnegative().max(4_294_967_295).default(1),
    })
    .optional(),
});

export type TraceColumns = z.infer<typeof traceColumnsSchema>;
export type TraceReading = z.infer<typeof traceReadingSchema>;
