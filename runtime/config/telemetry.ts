import { z } from 'zod';

/** What is said about the work. */
export const telemetryFields = {
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
};
