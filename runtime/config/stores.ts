import { z } from 'zod';
import { environmentName } from './fields.ts';

const historySchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('sqlite'), path: z.string().min(1) }),
  z.strictObject({ kind: z.literal('memory') }),
]);

/** Where interactions are kept. */
export const storeFields = {
  history: historySchema.default({ kind: 'memory' }),
  /** Environment variable with the secret that keys the hash of customer ids. */
  customerHashEnv: environmentName.optional(),
};
