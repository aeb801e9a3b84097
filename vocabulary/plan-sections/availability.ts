import { z } from 'zod';

const share = z.number().min(0).max(1);

/** How likely a tier has enough replicas up, its zones taken as up. */
const tierAvailabilitySchema = z.strictObject({
  tier: z.string(),
  replicas: z.int().nonnegative(),
  /** Replicas that must be up for the busy hour. */
  needed: z.int().nonnegative(),
  ratio: share,
});

/** Share of time in which a mode answers. Optional section of a planned mode. */
export const availabilitySectionSchema = z.strictObject({
  /** With whole zones and whole vendors lost at once: the figure of the plan. */
  ratio: share,
  /** As if every replica failed by itself: what a product of nines would say. */
  independentRatio: share,
  downMinutesPerMonth: z.number().nonnegative(),
  /** Share of time in which one zone is up, as the mode assumes it; absent where it says nothing. */
  zoneAvailabilityRatio: share.optional(),
  explanation: z.string(),
  tiers: z.array(tierAvailabilitySchema),
});

export type AvailabilitySection = z.infer<typeof availabilitySectionSchema>;
