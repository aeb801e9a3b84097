import { z } from 'zod';

/** A span of 1 ms to 1 h. */
export const spanMs = z.int().min(1).max(3_600_000);
/** A name that can stand in a URL, a label and a file name. */
export const shortName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,40}$/, 'lower case letters, digits and dashes');
/** Secrets are not configuration: they are named by the variable that holds them. */
export const environmentName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable');
