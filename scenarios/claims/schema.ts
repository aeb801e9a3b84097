import { z } from 'zod';
import {
  environmentSchema,
  principlesSchema,
  quotaNeedSchema,
  quotaSchema,
  sizeSchema,
  tiersSchema,
} from './capacity-schema.ts';
import { callKindSchema, demandSchema, interactionSchema, peopleSchema } from './conversation-schema.ts';
import { positive } from './figure.ts';
import {
  arithmeticSchema,
  billSchema,
  incidentSchema,
  mixSchema,
  modelSchema,
  savingSchema,
  sharesSchema,
  targetSchema,
  volumeSchema,
} from './money-schema.ts';

export const CLAIMS_SCHEMA_VERSION = 1;

/**
 * The figures of a deployment guide, a proposal or a capacity plan. Every section and every figure may be left out: a
 * rule speaks only where all figures that it needs are stated. Figures carry the line that they were read on.
 */
export const claimsSchema = z.strictObject({
  kind: z.literal('busyhour-claims'),
  schemaVersion: z.literal(CLAIMS_SCHEMA_VERSION),
  title: z.string().min(1),
  /** Where the document is: a path, an address, a commit. */
  source: z.string().min(1),
  notes: z.array(z.string()).default([]),
  interaction: interactionSchema.prefault({}),
  calls: z.array(callKindSchema).default([]),
  demand: demandSchema.prefault({}),
  tiers: tiersSchema.default([]),
  /** Regions that run, standby ones included. */
  regions: positive,
  sizes: z.array(sizeSchema).default([]),
  models: z.array(modelSchema).default([]),
  mix: mixSchema.optional(),
  bill: billSchema.optional(),
  volumes: z.array(volumeSchema).default([]),
  shares: z.array(sharesSchema).default([]),
  savings: z.array(savingSchema).default([]),
  people: peopleSchema.prefault({}),
  targets: z.array(targetSchema).default([]),
  quotas: z.array(quotaSchema).default([]),
  quotaNeed: quotaNeedSchema.prefault({}),
  principles: principlesSchema.prefault({}),
  environments: z.array(environmentSchema).default([]),
  incidents: z.array(incidentSchema).default([]),
  arithmetic: z.array(arithmeticSchema).default([]),
});

/** Claims as the rules read them: every figure with its path and statements. */
export type Claims = z.output<typeof claimsSchema>;
/** Claims as somebody writes them. */
export type ClaimsInput = z.input<typeof claimsSchema>;
