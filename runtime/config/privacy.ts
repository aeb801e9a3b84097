import { z } from 'zod';
import { parsePattern } from '../privacy/custom-patterns.ts';
import { PII_KINDS } from '../privacy/redactor.ts';
import { environmentName } from './fields.ts';

const kind = z.enum(PII_KINDS);

const patternSchema = z
  .strictObject({
    kind,
    /** Regular expression of bounded cost: `KD-\d{6,8}`. */
    pattern: z.string().min(1).max(200),
  })
  .superRefine((value, context) => {
    const parsed = parsePattern(value.pattern, value.kind);
    if (parsed.kind === 'failed')
      context.addIssue({
        code: 'custom',
        path: ['pattern'],
        message: `a pattern of bounded cost: ${parsed.failure.message}`,
      });
  });

const MAX_FORGET_EVERY_MS = 3_600_000;

const fieldsSchema = z.strictObject({
  /** Replace personal data before anything is persisted, logged or traced. */
  redact: z.boolean().default(true),
  kinds: z
    .array(kind)
    .min(1)
    .default([...PII_KINDS]),
  /** Numbers of this installation that no general rule knows. */
  patterns: z.array(patternSchema).max(32).default([]),
  /** The message that is being answered goes to the model as the customer wrote it; when false, redacted. */
  sendOriginalToProviders: z.boolean().default(true),
  /** Environment variable with the keys that seal what Redis holds: the first seals, all open. */
  keysEnv: environmentName.optional(),
  /** File with them. */
  keysFile: z.string().min(1).optional(),
  /** How often a gateway looks for customers that were deleted elsewhere. */
  forgetEveryMs: z.int().min(100).max(MAX_FORGET_EVERY_MS).default(5000),
});

export const privacySchema = fieldsSchema.refine(
  ({ keysEnv, keysFile }) => keysEnv === undefined || keysFile === undefined,
  { path: ['keysFile'], message: 'keysEnv is given already: give one of the two' },
);
export type PrivacyConfig = z.output<typeof privacySchema>;

/** What is redacted before anything is kept. */
export const privacyFields = { privacy: privacySchema.prefault({}) };
