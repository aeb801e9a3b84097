import { z } from 'zod';

export const MODE_SCHEMA_VERSION = 1;

const share = z.number().min(0).max(1);
const spanMs = z.number().nonnegative();

/** A catalogue figure by entry and field. */
const figureReference = z.strictObject({ id: z.string(), field: z.string() });

/** What the measured replica of an inference tier is taken from: the engine kind of a result's target. */
const measuredEngine = z.enum(['llama', 'simulated', 'gateway-only']);

/** How the replicas of a tier follow from a measurement, a quota, or a decision. */
const sizingSchema = z.discriminatedUnion('kind', [
  /** Turns/s at the SLO of a measured whole replica (engine behind its gateway). */
  z.strictObject({
    kind: z.literal('capacity-curve'),
    measuredEngine: z.enum(['llama', 'simulated']),
    /** Share of the measured capacity kept free on purpose. */
    headroomRatio: z.number().min(0).lt(1),
    /** Largest share of the engine's KV tokens in residence. */
    maxKvRatio: share,
  }),
  /** Gateway CPU seconds per turn, measured beside any engine. */
  z.strictObject({
    kind: z.literal('gateway-cpu'),
    measuredEngine,
    maxUtilisation: z.number().gt(0).max(1),
    /** Cores that one process can use: 1 for a single event loop. */
    coresUsable: z.number().positive(),
    /** Open conversations that one replica may hold; absent when nothing limits them. */
    maxOpenInteractions: z.int().positive().optional(),
  }),
  /** A vendor's model behind quotas. Its latency is assumed until somebody measures it. */
  z.strictObject({
    kind: z.literal('vendor'),
    priceId: z.string(),
    quotaId: z.string(),
    /** Accounts or projects that can be had, each with the whole quota. */
    maxQuotas: z.int().positive(),
    llmCallsPerTurn: z.number().positive(),
    maxUtilisation: z.number().gt(0).max(1),
    assumedTurnP50Ms: spanMs,
    assumedTurnP95Ms: spanMs,
    assumption: z.string().min(1),
  }),
  /** Open conversations × bytes each, in the memory of one node. */
  z.strictObject({
    kind: z.literal('memory'),
    memoryGib: z.number().positive(),
    maxUtilisation: z.number().gt(0).max(1),
  }),
  /** Decided, not sized. */
  z.strictObject({ kind: z.literal('fixed'), replicas: z.int().positive(), reason: z.string().min(1) }),
]);

/** What one replica of the tier is, and what it costs to have. */
const unitSchema = z.discriminatedUnion('kind', [
  /** A rented machine with an hourly price. */
  z.strictObject({
    kind: z.literal('instance'),
    name: z.string(),
    priceId: z.string(),
    vcpus: z.int().positive(),
    memoryGib: z.number().positive(),
  }),
  /** An own server with GPUs: capital, power, space. */
  z.strictObject({
    kind: z.literal('owned-gpu-node'),
    name: z.string(),
    gpus: z.int().positive(),
    gpu: z.string(),
    capex: figureReference,
    /** An estimate with a range: how far the purchase price may lie from its middle, where that price has no range. */
    capexSpread: z.strictObject({ id: z.string(), lowField: z.string(), highField: z.string() }).optional(),
    life: figureReference,
    power: figureReference,
    pue: figureReference,
    electricity: figureReference,
    colocation: figureReference,
    /** Cost of maintenance per year ÷ purchase price. */
    supportRatioPerYear: share,
  }),
  /** Runs on the machines of another tier. */
  z.strictObject({ kind: z.literal('colocated'), onTier: z.string(), name: z.string() }),
  /** A service of a provider that is billed as such; its price is under costs. */
  z.strictObject({ kind: z.literal('service'), name: z.string() }),
]);

/** A price that a tier brings beside its units. */
const priceSchema = z.strictObject({
  line: z.string(),
  category: z.enum(['compute', 'llm', 'gpu', 'storage', 'network', 'people', 'operations', 'voice']),
  priceId: z.string(),
  field: z.string(),
  /** What the price multiplies. */
  per: z.enum([
    'mode',
    /** Each zone of the tier. */
    'zone',
    'replica',
    'egress-gb',
    'vendor-egress-gb',
    'log-gb',
    'history-gb-month',
    /** A whole copy of the history on each replica. */
    'history-gb-month-per-replica',
    'lcu',
  ]),
});

const tierSchema = z.strictObject({
  id: z.string().min(1),
  role: z.enum([
    'gateway',
    'inference',
    'vendor-llm',
    'context-store',
    'history-database',
    'load-balancer',
    'observability',
    'control-plane',
  ]),
  service: z.string(),
  runsOn: z.string(),
  operatedBy: z.enum(['you', 'cloud-provider', 'llm-vendor']),
  /** Share of time in which one replica is up; assumed. */
  replicaAvailabilityRatio: z.number().gt(0).max(1),
  sizing: sizingSchema,
  unit: unitSchema,
  minReplicas: z.int().nonnegative(),
  /** The most replicas the mode can have; absent when nothing limits them. */
  maxReplicas: z.int().positive().optional(),
  zones: z.int().positive(),
  /** What may be lost in the busy hour with the load still carried. */
  survives: z.strictObject({ zones: z.int().nonnegative(), replicas: z.int().nonnegative() }),
  costs: z.array(priceSchema),
});

/** A deployment mode as data: who runs what where, what fails together, and what is billed. */
export const modeSchema = z.strictObject({
  kind: z.literal('busyhour-mode'),
  schemaVersion: z.literal(MODE_SCHEMA_VERSION),
  id: z.string().regex(/^[a-z][a-z0-9-]*$/, 'lower-case letters, digits and dashes'),
  title: z.string().min(1),
  summary: z.string().min(1),
  tiers: z.array(tierSchema).min(1),
  /** Round-trip times that a turn passes through once, from the client to the answer. */
  links: z.array(
    z.strictObject({ from: z.string(), to: z.string(), roundTripMs: spanMs, crosses: z.string() }),
  ),
  operatorHoursPerMonth: z.number().nonnegative(),
  residency: z.strictObject({
    dataRests: z.string(),
    leavesPremises: z.array(z.string()),
    egressAllowed: z.boolean(),
  }),
  /** What fails together, in words. */
  failureDomains: z.array(z.string()).min(1),
});

export type DeploymentMode = z.infer<typeof modeSchema>;
export type ModeTier = z.infer<typeof tierSchema>;
export type ModeSizing = z.infer<typeof sizingSchema>;
export type ModeUnit = z.infer<typeof unitSchema>;
export type ModePrice = z.infer<typeof priceSchema>;
