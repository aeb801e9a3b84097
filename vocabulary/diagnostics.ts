import { z } from 'zod';

/** What the tool doubts about its own numbers. Printed before them. Closed list. */
export const DIAGNOSTICS = {
  GENERATOR_SATURATED: {
    severity: 'error',
    meaning: 'The generator could not keep its schedule; latencies include its own lag.',
  },
  DROPPED_ARRIVALS: { severity: 'warning', meaning: 'Scheduled requests were not sent.' },
  TOO_FEW_SAMPLES: { severity: 'warning', meaning: 'A percentile rests on fewer samples than certify it.' },
  NOT_STEADY: {
    severity: 'warning',
    meaning: 'The measured window shows a trend; there is no steady state.',
  },
  LITTLES_LAW_VIOLATED: {
    severity: 'error',
    meaning: 'Requests in flight, throughput and latency contradict each other.',
  },
  TOKENS_DISAGREE: {
    severity: 'warning',
    meaning: "The server's token usage differs from what was counted on the stream.",
  },
  SIMULATED_TARGET: {
    severity: 'info',
    meaning: "The target's engine is simulated; no such hardware was measured.",
  },
  SHARED_MACHINE: { severity: 'info', meaning: "Generator and target shared one machine's cores." },
  INTERRUPTED: {
    severity: 'warning',
    meaning: 'The run was stopped early; the figures cover the part that ran.',
  },
  SHARDS_INCOMPLETE: {
    severity: 'warning',
    meaning: 'Not all shards of the run are in it: less was offered than asked for.',
  },
  SHARDS_NOT_ALIGNED: {
    severity: 'warning',
    meaning: 'The shards began a step at different instants: their loads overlapped only in part.',
  },
  CAPACITY_NOT_BRACKETED: {
    severity: 'warning',
    meaning: 'Every step met the objective, or none did: the crossing was not seen.',
  },
  POOR_FIT: { severity: 'warning', meaning: 'The capacity curve does not fit the measured points.' },
  OUTSIDE_MEASURED_RANGE: {
    severity: 'warning',
    meaning: 'An answer rests on load beyond the highest measured one.',
  },
  UNSTABLE_QUEUE: { severity: 'error', meaning: 'Offered load reaches or exceeds what the servers carry.' },
  STALE_PRICE: { severity: 'warning', meaning: 'A catalogue price is older than its shelf life.' },
  DISPUTED_PRICE: { severity: 'warning', meaning: 'The stored sources disagree on a price.' },
  PRICE_CHANGES: {
    severity: 'warning',
    meaning: 'A price in use is promotional, announced to change, or no longer sold.',
  },
  ASSUMED_INPUT: { severity: 'info', meaning: 'A figure that matters was assumed, not measured.' },
  OBJECTIVE_NOT_JUDGED: {
    severity: 'warning',
    meaning:
      'Nothing is known that an objective could be judged by: the plan does not say whether it is met.',
  },
  BURSTY_DEMAND: { severity: 'warning', meaning: 'Arrivals are burstier than the closed forms allow.' },
} as const satisfies Record<string, { severity: 'error' | 'warning' | 'info'; meaning: string }>;

export type DiagnosticCode = keyof typeof DIAGNOSTICS;
const CODES = Object.keys(DIAGNOSTICS) as [DiagnosticCode, ...DiagnosticCode[]];

export const diagnosticSchema = z.strictObject({
  code: z.enum(CODES),
  message: z.string(),
  /** Which step, mode or input it is about. */
  subject: z.string().optional(),
});

export type Diagnostic = z.infer<typeof diagnosticSchema>;

/** A doubt in words; `subject` is the step, mode or input it is about. */
export const createDiagnostic = (code: DiagnosticCode, message: string, subject?: string): Diagnostic => ({
  code,
  message,
  ...(subject === undefined ? {} : { subject }),
});

const ORDER = { error: 0, warning: 1, info: 2 } as const;

/** Errors first, then warnings, then notes; otherwise in the given order. */
export const sortDiagnostics = (diagnostics: readonly Diagnostic[]): Diagnostic[] =>
  [...diagnostics].sort((a, b) => ORDER[DIAGNOSTICS[a.code].severity] - ORDER[DIAGNOSTICS[b.code].severity]);
