import { z } from 'zod';

/** What happens to work that comes faster than it can be done. */
export const admissionFields = {
  overload: z
    .strictObject({
      /** Requests that may wait for a place beyond maxInFlight; the newest is served first. 0: none waits. */
      maxWaiting: z.int().min(0).max(100_000).default(128),
      maxWaitMs: z.int().min(1).max(60_000).default(100),
      /** A share of new work is refused while the event loop keeps being later than this; 0: never. */
      loopDelayTargetMs: z.int().min(0).max(10_000).default(50),
    })
    .prefault({}),
};
