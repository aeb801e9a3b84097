import { z } from 'zod';
import { amount, positive, promised, ratio, word } from './figure.ts';

const name = z.string().min(1);

/** What one instance is said to carry, in one case (conservative, optimised, …). */
const carriedSchema = z.strictObject({
  case: name,
  /** Open conversations, thinking customers included. */
  concurrentInteractions: positive,
  /** Turns (requests of customers) per second at that concurrency. */
  turnsPerS: positive,
  /** On a day whose busy hour is `demand.busyHourRatio`; on a flat day where the document states none. */
  interactionsPerDay: positive,
  /** Tokens that the key-value cache of its engine holds, and those of one open conversation. */
  kvTokens: positive,
  tokensPerConversation: positive,
});

/** One layer that runs in several copies. */
const tierSchema = z.strictObject({
  id: name,
  scaling: word(['horizontal', 'vertical', 'both']),
  /** Where it keeps the state of a conversation. */
  state: word(['external', 'process', 'either']),
  /** That run in the busy hour, and the share of what they carry that it uses. */
  instances: positive,
  busyHourUtilisation: ratio,
  minInstances: positive,
  maxInstances: positive,
  /** Copies that take writes, and copies that take over from them without a person. */
  primaries: positive,
  standbys: amount,
  zones: positive,
  /** Zones that may be lost while the rest carries the busy hour. */
  zonesLost: amount,
  cores: amount,
  memoryMb: amount,
  requestCores: positive,
  limitCores: positive,
  requestMemoryMb: positive,
  limitMemoryMb: positive,
  minMemoryMb: positive,
  /** Utilisation at the plan; above it more instances are started. */
  cpuUtilisation: ratio,
  memoryUtilisation: ratio,
  queuedRequests: amount,
  scaleOutP95S: positive,
  /** Each place that says on what it scales. */
  scalesOn: z
    .array(z.strictObject({ metrics: z.array(name).min(1), line: z.int().positive().optional() }))
    .default([]),
  /** Of the tier as a whole. */
  availabilityRatio: ratio,
  perInstance: z.array(carriedSchema).default([]),
});

export const tiersSchema = z.array(tierSchema);

/** A row of a table of deployment sizes: so many instances for so many interactions a day. */
export const sizeSchema = z.strictObject({
  name,
  /** Case of `perInstance` that the row is for; any of them without it. */
  case: name.optional(),
  instances: positive,
  interactionsPerDay: positive,
});

/** Limits of a model vendor, and what the document says is needed of it. */
export const quotaSchema = z.strictObject({
  provider: name,
  requestsPerMin: positive,
  tokensPerMin: positive,
});

export const quotaNeedSchema = z.strictObject({
  forInteractionsPerDay: positive,
  /** Model calls a minute, on the average of the day. */
  requestsPerMin: positive,
  /** Input and output together, on the average of the day. */
  tokensPerMin: positive,
});

/** A property of an environment by name: storage, model, … */
export const environmentSchema = z.strictObject({
  name,
  settings: z.record(z.string().min(1), word()),
});

/** Principles that the rest of the document can break. */
export const principlesSchema = z.strictObject({
  stateless: promised,
  noVerticalScaling: promised,
  identicalEnvironments: promised,
  deterministicAnswers: promised,
  /** Never down: 24/7/365, 100 %. */
  alwaysAvailable: promised,
  /** Conversations at once, of the whole deployment. */
  concurrentInteractions: positive,
});
