import { z } from 'zod';
import { environmentName } from './fields.ts';

/** Who may call, and how much. */
export const tenantFields = {
  /** File with one `name:sha256-hex` per line. With neither this nor apiKeysEnv, no key is asked for. */
  apiKeysFile: z.string().min(1).optional(),
  /** Environment variable with the same lines, separated by line breaks or commas. */
  apiKeysEnv: environmentName.optional(),
};
