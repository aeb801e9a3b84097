import { z } from 'zod';
import { scalingSchema } from './scaling.ts';

export const MODE_SCHEMA_VERSION = 1;

const share = z.number().min(0).max(1);
/** A day: a longer round trip is a mistake of unit. */
const spanMs = z.number().nonnegative().max(86_400_000);
/** An answer takes time. */
const answerMs = z.number().min(0.001).max(86_400_000);
/** Bounds beyond which a figure is a mistake: they also keep every product of two of them finite. */
const MAX_REPLICAS = 1_000_000;
const MAX_ZONES = 10;
const MIN_RATED = 1e-6;
const MAX_RATED = 1e12;
const MIN_UTILISATION = 0.001;
const utilisationCap = z.number().min(MIN_UTILISATION).max(1);
const memoryGib = z.number().min(0.001).max(1_000_000);

/** A catalogue figure by entry and field. */
const figureReference = z.strictObject({ id: z.string(), field: z.string() });

/** What the measured replica of an inference tier is taken from: the engine kind of a result's target. */
const measuredEngine = z.enum(['llama', 'simulated', 'gateway-only']);

/** What a rated limit grows with. */
const LOAD_DRIVERS = [
  'turns-per-s',
  'interactions-per-s',
  'turns-in-flight',
  'open-interactions',
  /** GB of history at rest once the retention time is full. */
  'history-gb',
  /** GB of answers in the busy hour. */
  'egress-gb-per-hour',
  /** Planned replicas of the tier that `tier` names: their connection pools, their health checks. */
  'replicas-of',
] as const;

/** A load that replicas share, and what one of them is rated to carry. */
const ratedLimitSchema = z
  .strictObject({
    name: z.enum(['load', 'concurrency', 'connections', 'memory', 'storage']),
    driver: z.enum(LOAD_DRIVERS),
    tier: z.string().optional(),
    /** How much of `unit` each one of the driver brings. */
    perDriver: z.number().min(MIN_RATED).max(MAX_RATED),
    /** How much of `unit` one replica carries when full. */
    carries: z.number().min(MIN_RATED).max(MAX_RATED),
    unit: z.string().min(1),
  })
  .refine(({ driver, tier }) => (driver === 'replicas-of') === (tier !== undefined), {
    message: 'tier beside the driver replicas-of, and beside no other',
  });

/** A further vendor of the same answers. */
const providerSchema = z.strictObject({
  service: z.string().min(1),
  priceId: z.string(),
  quotaId: z.string(),
  maxQuotas: z.int().positive().max(MAX_REPLICAS),
  /** Share of time in which this vendor answers; assumed. */
  availabilityRatio: z.number().gt(0).max(1),
});

/** How the replicas of a tier follow from a measurement, a quota, or a decision. */
const sizingSchema = z.discriminatedUnion('kind', [
  /** Turns/s at the SLO of a measured whole replica (engine behind its gateway). */
  z.strictObject({
    kind: z.literal('capacity-curve'),
    measuredEngine: z.enum(['llama', 'simulated']),
    /** Share of the measured capacity kept free on purpose. */
    headroomRatio: z.number().min(0).max(0.99),
    /** Largest share of the engine's KV tokens in residence; above 0.9 engines begin to preempt. */
    maxKvRatio: z.number().min(MIN_UTILISATION).max(0.9),
  }),
  /** Gateway CPU seconds per turn, measured beside any engine. */
  z.strictObject({
    kind: z.literal('gateway-cpu'),
    measuredEngine,
    maxUtilisation: utilisationCap,
    /** Cores that one process can use: 1 for a single event loop. */
    coresUsable: z.number().min(0.001).max(10_000),
    /** Open conversations that one replica may hold; absent when nothing limits them. */
    maxOpenInteractions: z.int().positive().max(1_000_000_000).optional(),
  }),
  /** A vendor's model behind quotas. Its latency is assumed until somebody measures it. */
  z.strictObject({
    kind: z.literal('vendor'),
    priceId: z.string(),
    quotaId: z.string(),
    /** Accounts or projects that can be had, each with the whole quota. */
    maxQuotas: z.int().positive().max(MAX_REPLICAS),
    llmCallsPerTurn: z.number().min(0.001).max(1000),
    maxUtilisation: utilisationCap,
    assumedTurnP50Ms: answerMs,
    assumedTurnP95Ms: answerMs,
    assumption: z.string().min(1),
    /** Vendors that take, in this order, the calls for which those before have no quota. */
    alsoFrom: z.array(providerSchema).max(10).optional(),
  }),
  /** Open conversations × bytes each, in the memory of one node. */
  z.strictObject({
    kind: z.literal('memory'),
    memoryGib,
    maxUtilisation: utilisationCap,
    /** Further limits of the node at the same utilisation: operations, connections. */
    limits: z.array(ratedLimitSchema).optional(),
    /** Where the rated figures come from. */
    assumption: z.string().min(1).optional(),
  }),
  /** Rated limits of a database, a load balancer or any other service. */
  z.strictObject({
    kind: z.literal('rated'),
    maxUtilisation: utilisationCap,
    limits: z.array(ratedLimitSchema).min(1),
    /**
     * Replicas that hold the same share of the data, one of which serves it: 2 for a primary and its standby, each in
     * another zone. Absent where replicas share the load evenly.
     */
    copies: z.int().min(1).max(MAX_ZONES).optional(),
    /** Where the rated figures come from. */
    assumption: z.string().min(1),
  }),
  /** Decided, not sized. */
  z.strictObject({
    kind: z.literal('fixed'),
    replicas: z.int().positive().max(MAX_REPLICAS),
    reason: z.string().min(1),
  }),
]);

/** What one replica of the tier is, and what it costs to have. */
const unitSchema = z.discriminatedUnion('kind', [
  /** A rented machine with an hourly price. */
  z.strictObject({
    kind: z.literal('instance'),
    name: z.string(),
    priceId: z.string(),
    vcpus: z.int().positive().max(10_000),
    memoryGib,
  }),
  /** An own server with GPUs: capital, power, space. */
  z.strictObject({
    kind: z.literal('owned-gpu-node'),
    name: z.string(),
    gpus: z.int().positive().max(1000),
    gpu: z.string().min(1),
    /** Nodes that one replica may span, where a fast network joins them; one where absent. */
    maxNodesPerReplica: z.int().positive().max(1000).optional(),
    /** Cores and memory of a node that the engines leave to processes colocated on it; unchecked where absent. */
    coresForProcesses: z.number().positive().max(10_000).optional(),
    memoryGibForProcesses: memoryGib.optional(),
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
  z.strictObject({
    kind: z.literal('colocated'),
    onTier: z.string(),
    name: z.string(),
    /** What one process takes of the machine. */
    cores: z.number().positive().max(10_000).optional(),
    memoryGib: memoryGib.optional(),
  }),
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
  minReplicas: z.int().nonnegative().max(MAX_REPLICAS),
  /** The most replicas the mode can have; absent when nothing limits them. */
  maxReplicas: z.int().positive().optional(),
  zones: z.int().positive().max(MAX_ZONES),
  /** A service that does not lie in the mode's zones and is not lost with them. Absent: it does. */
  outsideZones: z.boolean().optional(),
  /** What may be lost in the busy hour with the load still carried. */
  survives: z.strictObject({
    zones: z.int().nonnegative().max(MAX_ZONES),
    replicas: z.int().nonnegative().max(MAX_REPLICAS),
  }),
  scaling: scalingSchema.optional(),
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
  operatorHoursPerMonth: z.number().nonnegative().max(1_000_000),
  /**
   * Share of time in which one zone is up; what lies in a zone is lost with it, in every tier at once. Assumed. Absent:
   * zones are taken never to fail whole, and the plan says so.
   */
  zoneAvailabilityRatio: z.number().gt(0).max(1).optional(),
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
export type RatedLimit = z.infer<typeof ratedLimitSchema>;
export type ModeProvider = z.infer<typeof providerSchema>;
