import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { failed, type Result } from '../../../../vocabulary/errors.ts';
import { readYamlFile } from '../../../../vocabulary/parse.ts';

const positive = z.number().positive();
const nonnegative = z.number().nonnegative();
const range = z
  .strictObject({ min: z.int().positive(), max: z.int().positive() })
  .refine(({ min, max }) => min <= max, 'min ≤ max');

/** Mean absolute percentage errors of the simulator against measured points, as ratios. */
const fitErrorSchema = z.strictObject({
  points: z.int().nonnegative(),
  timeToFirstTokenMapeRatio: nonnegative,
  timePerOutputTokenMapeRatio: nonnegative,
  requestsPerSMapeRatio: nonnegative,
});

/** How long one engine step takes: base + terms that grow with what is in the step. */
export const stepCostSchema = z.strictObject({
  baseMs: positive,
  perSequenceMs: nonnegative,
  perPrefillTokenMs: nonnegative,
  /** Reading the keys and values of every sequence that decodes. */
  perKvTokenMs: nonnegative,
});

/** A GPU × model pair as the simulated engine needs it, and where its figures come from. */
export const profileSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9.-]+$/),
  /** `simulated/…`: no result may pass for a measured one. */
  model: z.string().startsWith('simulated/'),
  device: z.string().endsWith('(simulated)'),
  gpus: z.int().positive(),
  contextTokens: z.int().positive(),
  maxSequences: z.int().positive(),
  kvCapacityTokens: z.int().positive(),
  kvBlockTokens: z.int().positive(),
  /** Tokens that one step may process: prefill is cut into chunks of what decoding leaves. */
  maxStepTokens: z.int().positive(),
  /** Latency of a request outside the engine's steps (HTTP, tokenisation, scheduling), which occupies nothing. */
  requestOverheadMs: nonnegative,
  requestOverheadPerPromptTokenMs: nonnegative,
  stepCost: stepCostSchema,
  fit: z.strictObject({
    source: z.string(),
    family: z.string(),
    method: z.string(),
    /** On the points that the parameters were fitted to. */
    fitted: fitErrorSchema,
    /** Each group of equal lengths predicted by a fit to the other groups. */
    heldOut: fitErrorSchema,
    /** Outside this range the profile extrapolates. */
    validity: z.strictObject({ inputTokens: range, outputTokens: range, concurrency: range }),
    notes: z.array(z.string()),
  }),
});

export type Profile = z.infer<typeof profileSchema>;
export type StepCost = z.infer<typeof stepCostSchema>;
export type FitError = z.infer<typeof fitErrorSchema>;

const PROFILE_FOLDER = join(import.meta.dirname, 'profiles');

/** Names of the profiles that come with the project. */
export const listProfiles = (): string[] =>
  readdirSync(PROFILE_FOLDER)
    .filter((file) => file.endsWith('.json'))
    .map((file) => basename(file, '.json'))
    .sort();

/** A profile by its name, or by the path of a JSON file (any name with a slash or ending in .json). */
export function readProfile(nameOrPath: string): Result<Profile> {
  const isPath = nameOrPath.includes('/') || nameOrPath.endsWith('.json');
  if (!isPath && !listProfiles().includes(nameOrPath)) {
    const hint = `Use one of ${listProfiles().join(', ')}, or the path of a profile file.`;
    return failed('INVALID_CONFIG', `there is no simulated profile ${nameOrPath}`, { hint });
  }
  const path = isPath ? nameOrPath : join(PROFILE_FOLDER, `${nameOrPath}.json`);
  return readYamlFile(profileSchema, path, 'INVALID_CONFIG');
}
