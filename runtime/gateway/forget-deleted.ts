import type { GatewayContext } from './context.ts';

/** What is in no history: contexts, and the events that sockets may still ask for. */
async function forgetOne({ dialog, eventLog, logger }: GatewayContext, interactionId: string): Promise<void> {
  await dialog.forget(interactionId);
  await eventLog
    .forget(interactionId)
    .catch((error: unknown) => logger.error({ err: error }, 'event store failure'));
}

/**
 * Empties every memory of this process, and of Redis, that may hold what was said in these interactions. Kept answers
 * know no customer, so all of them go: a deletion is rare, and the cache fills again.
 */
export async function forgetInteractions(
  context: GatewayContext,
  interactionIds: readonly string[],
): Promise<void> {
  context.chain.forgetAnswers();
  await Promise.all(interactionIds.map((id) => forgetOne(context, id)));
  // Of a turn that was under way, which has ended by now.
  context.chain.forgetAnswers();
}

/** Clocks of gateways differ, and a transaction may take its time between its instant and its commit. */
const OVERLAP_MS = 300_000;

/** Runs until it is stopped; stopping waits for a look in progress. */
export interface Forgetting {
  stop(): Promise<void>;
}

/**
 * Looks into the history for customers that were deleted at another worker, another gateway or from the command line,
 * since that is the one place which all of them share.
 */
export function beginForgetting(context: GatewayContext): Forgetting {
  const { clock, config, history, logger } = context;
  const seen = new Map<string, number>();
  let isFailing = false;
  const look = async (): Promise<void> => {
    const fromUnixMs = clock.unixMs() - OVERLAP_MS;
    for (const [id, atUnixMs] of seen) if (atUnixMs < fromUnixMs) seen.delete(id);
    for (const { id, atUnixMs, interactionIds } of await history.listDeletions(fromUnixMs)) {
      if (seen.has(id)) continue;
      await forgetInteractions(context, interactionIds);
      seen.set(id, atUnixMs);
    }
    isFailing = false;
  };
  let running: Promise<void> | undefined;
  const tick = (): void => {
    running ??= look()
      .catch((error: unknown) => {
        // Each look of an outage fails alike.
        if (!isFailing) logger.error({ err: error }, 'cannot look for deleted customers');
        isFailing = true;
      })
      .finally(() => {
        running = undefined;
      });
  };
  const timer = setInterval(tick, config.privacy.forgetEveryMs);
  timer.unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}
