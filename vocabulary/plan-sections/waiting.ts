import { z } from 'zod';
import { BASES, sourcedSchema } from './figures.ts';

const share = z.number().min(0).max(1);
const spanMs = z.number().nonnegative();

/**
 * How a wait was found. `closed-form`: an equation; `simulation`: customers were sent through a queue that exists only
 * in this program.
 */
export const WAITING_METHODS = ['closed-form', 'simulation'] as const;

/** What a run of the simulator rests on. */
const simulationSchema = z.strictObject({
  /** Customers simulated after the warm-up, and left out as warm-up. */
  customers: z.int().positive(),
  warmUpCustomers: z.int().nonnegative(),
  /** Batches behind the interval of the mean. */
  batches: z.int().nonnegative(),
  /** Servers and arrivals were both divided by this to simulate a large pool; 1 is the pool itself. */
  reducedBy: z.number().min(1),
  seed: z.int().nonnegative(),
});

/** Waiting of a queue that has a steady state. */
const steadySchema = z.strictObject({
  kind: z.literal('steady'),
  method: z.enum(WAITING_METHODS),
  /** For tables: `Erlang C`, `Allen–Cunneen`, `simulated: Poisson arrivals`, `simulated: modulated arrivals`. */
  model: z.string(),
  utilisation: share,
  /** Share of turns that wait at all. */
  waitProbability: share,
  /** Mean over all turns, those that do not wait included. */
  meanWaitMs: spanMs,
  /** 95 % interval of the mean by batch means; of a closed form, the error that it was held to by simulation. */
  meanWaitLowMs: spanMs,
  meanWaitHighMs: spanMs,
  p95WaitMs: spanMs,
  simulation: simulationSchema.optional(),
  /** Why this method, in a sentence. */
  explanation: z.string(),
});

/** Offered load reaches the servers: waits grow for as long as the load lasts. */
const overloadedSchema = z.strictObject({
  kind: z.literal('overloaded'),
  utilisation: z.number().min(1),
  explanation: z.string(),
});

const waitingReadingSchema = z.discriminatedUnion('kind', [steadySchema, overloadedSchema]);

/** What a tier's queue is made of. */
const tierWaitingSchema = z.strictObject({
  kind: z.literal('modelled'),
  tier: z.string(),
  /** Queues side by side, one for each replica; arrivals are spread over them without a look at their length. */
  queues: z.int().positive(),
  /** Of one queue. */
  servers: z.int().positive(),
  /** What one server is: a core of a gateway process, a slot of an engine. */
  server: z.string(),
  /** Of one queue, with every replica up. */
  arrivalRatePerS: z.number().positive(),
  meanServiceMs: z.number().positive(),
  /** Squared coefficient of variation of service times: 0 constant, 1 exponential. */
  serviceScv: z.number().nonnegative(),
  serviceBasis: z.enum(BASES),
  serviceSource: z.string(),
  /** With every replica of the plan. */
  allUp: waitingReadingSchema,
  /** After the losses that the tier is planned to survive; absent where it survives none. */
  afterLosses: waitingReadingSchema.optional(),
});

/** A tier whose waiting is not known, and what would make it known. */
const notModelledSchema = z.strictObject({
  kind: z.literal('not-modelled'),
  tier: z.string(),
  reason: z.string(),
  liftedBy: z.string(),
});

/** Waiting that queues add to a turn in the busy hour, tier by tier. Optional section of a planned mode. */
export const waitingSectionSchema = z.strictObject({
  /** What arrives: index of dispersion at 60 s, coefficient of variation of gaps, and what they rest on. */
  arrivals: z.strictObject({
    kind: z.enum(['poisson', 'renewal', 'modulated']),
    indexOfDispersion60S: z.number().nonnegative(),
    gapCv: z.number().nonnegative(),
    figures: z.array(sourcedSchema),
    explanation: z.string(),
  }),
  tiers: z.array(z.discriminatedUnion('kind', [tierWaitingSchema, notModelledSchema])),
  /** Sum over the modelled tiers with every replica up; absent when one is overloaded. */
  meanWaitMs: spanMs.optional(),
});

export type WaitingSection = z.infer<typeof waitingSectionSchema>;
export type TierWaiting = z.infer<typeof tierWaitingSchema>;
export type WaitingReading = z.infer<typeof waitingReadingSchema>;
export type SteadyWaiting = z.infer<typeof steadySchema>;
