import { z } from 'zod';
import { BREAKER_STATES } from '../../llm/breaker.ts';
import { identifier, pageLimit, reasonSchema } from '../dialog-schema.ts';

const stored = z.enum(['active', 'handed-off', 'closed']);
const wholeText = z.string().regex(/^\d{1,15}$/, 'a whole number');

/** Parts of a query are texts. */
export const pageQuerySchema = z.strictObject({
  tenant: z.string().min(1).max(64).optional(),
  limit: pageLimit.optional(),
  after: z.string().min(1).max(512).optional(),
});
export const interactionsQuerySchema = pageQuerySchema.extend({ state: stored.optional() });
export const analyticsQuerySchema = z
  .strictObject({
    tenant: z.string().min(1).max(64).optional(),
    fromUnixMs: wholeText.optional(),
    toUnixMs: wholeText.optional(),
  })
  .refine(
    ({ fromUnixMs, toUnixMs }) =>
      fromUnixMs === undefined || toUnixMs === undefined || Number(fromUnixMs) < Number(toUnixMs),
    { path: ['fromUnixMs'], message: 'an instant before toUnixMs' },
  );

const handOver = z.object({
  trigger: z.string(),
  reasonCode: z.string(),
  summary: z.string(),
  atUnixMs: z.number(),
});

export const interactionRowSchema = z.object({
  interactionId: z.string(),
  tenant: z.string(),
  channel: z.string(),
  state: stored,
  reason: z.string().optional(),
  /** Of the script that it began with. */
  scriptVersion: z.string().optional(),
  handOver: handOver.optional(),
  createdAtUnixMs: z.number(),
  updatedAtUnixMs: z.number(),
});
export const interactionPageSchema = z.object({
  items: z.array(interactionRowSchema),
  next: z.string().optional(),
});

export const scriptsSchema = z.object({
  /** Without a folder every turn goes to the agent. */
  configured: z.boolean(),
  folder: z.string().optional(),
  activeVersion: z.string().optional(),
  versions: z.array(
    z.object({
      version: z.string(),
      isActive: z.boolean(),
      state: z.enum(['ready', 'stale', 'failed']),
      loadedAtUnixMs: z.number().optional(),
      problems: z.array(
        z.looseObject({ path: z.string(), expected: z.string(), got: z.string(), fix: z.string() }),
      ),
    }),
  ),
});

const count = z.int().nonnegative();

export const queueSchema = z.object({
  inFlight: count,
  waiting: count,
  draining: z.boolean(),
  sockets: count,
  providers: z.array(
    z.object({ name: z.string(), breaker: z.enum(BREAKER_STATES), queued: count, running: count }),
  ),
});

export const providersSchema = z.object({
  providers: z.array(
    z.object({
      name: z.string(),
      kind: z.string(),
      breaker: z.enum(BREAKER_STATES),
      queued: count,
      running: count,
      probe: z.enum(['up', 'down']),
    }),
  ),
  /** Extra attempts that the budget holds. */
  retryBudgetLeft: z.number().optional(),
  cache: z.object({ entries: count, bytes: count }).optional(),
});

export const tenantsResponseSchema = z.object({
  tenants: z.array(
    z.object({
      name: z.string(),
      admin: z.boolean(),
      limits: z.object({
        requestsPerMin: z.number().optional(),
        tokensPerMin: z.number().optional(),
        dailyBudgetUsd: z.number().optional(),
        maxConcurrent: z.number().optional(),
      }),
      spentUsd: z.number(),
      reservedUsd: z.number(),
      presumedUsd: z.number(),
    }),
  ),
});

const counts = z.record(z.string(), z.number());
export const analyticsSchema = z.object({
  fromUnixMs: z.number(),
  toUnixMs: z.number(),
  interactions: count,
  turns: count,
  escalations: count,
  escalationsByReason: counts,
  turnsByLevel: counts,
  turnsByIntent: counts,
  promptTokens: count,
  cachedPromptTokens: count,
  outputTokens: count,
  costUsdByTenant: counts,
  answerTimeP50Ms: z.number().optional(),
  answerTimeP95Ms: z.number().optional(),
});

export const liveSchema = z.object({
  interactions: z.array(z.object({ interactionId: z.string(), sockets: count, turns: count })),
});

export const takeSchema = z.strictObject({ by: identifier });
export const resolveSchema = reasonSchema;
export const activateSchema = z.strictObject({ version: identifier });
export const deleteCustomerSchema = z.strictObject({ customerId: identifier });
export const noFieldsSchema = z.strictObject({});

export const removedSchema = z.object({ interactions: count, turns: count, auditRows: count });
export const drainSchema = z.object({ status: z.literal('draining'), inFlight: count });
