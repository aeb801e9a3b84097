import { z } from 'zod';

const spanS = z.number().nonnegative().max(86_400);
const share = z.number().gt(0).max(1);

/**
 * How the replicas of a tier follow the hours, and how long a new one takes. Everything that is left out is a default of
 * the catalogue (entries default/hpa, default/keda, default/replica-start).
 */
export const scalingSchema = z.strictObject({
  /** Which autoscaler the mode runs; the plan simulates both and marks this one. */
  autoscaler: z.enum(['hpa', 'keda', 'none']).optional(),
  /** Why the tier stays as it is, for `none`. */
  reason: z.string().min(1).optional(),
  /** Share of what a replica carries at the objectives that the autoscaler aims at. */
  targetRatio: share.optional(),
  /** From the decision to the first answer: a new machine, the container, the model. */
  nodeStartS: spanS.optional(),
  containerStartS: spanS.optional(),
  modelStartS: spanS.optional(),
  scaleDownWindowS: spanS.optional(),
});

export type TierScaling = z.infer<typeof scalingSchema>;
