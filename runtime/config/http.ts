import { z } from 'zod';
import { BYTES_PER_MIB } from '../../vocabulary/units.ts';

/** The HTTP front. */
export const httpFields = {
  host: z.string().min(1).default('127.0.0.1'),
  /** 0: any free port. */
  port: z.int().min(0).max(65_535).default(8080),
  /** Completions and turns in progress; beyond it 503. */
  maxInFlight: z.int().min(1).max(1_000_000).default(1024),
  bodyLimitBytes: z
    .int()
    .min(1024)
    .max(64 * BYTES_PER_MIB)
    .default(BYTES_PER_MIB),
  /** How long a drain waits for work in progress. */
  drainMs: z.int().min(0).max(3_600_000).default(10_000),
};
