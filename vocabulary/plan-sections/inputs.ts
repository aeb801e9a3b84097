import { z } from 'zod';

/** A leaf of a settings file. */
export const settingSchema = z.union([z.string(), z.number(), z.boolean()]);
export type Setting = z.infer<typeof settingSchema>;

/**
 * What a plan was made from, where its figures do not say it already: so that two plans can be compared without the files
 * that they came from. Optional section of a plan.
 */
export const planInputsSchema = z.strictObject({
  /** Settings by mode and path, such as `tiers.gateway.sizing.maxUtilisation`, of planned and refused modes alike. */
  modeSettings: z.record(z.string(), z.record(z.string(), settingSchema)),
});

export type PlanInputs = z.infer<typeof planInputsSchema>;
