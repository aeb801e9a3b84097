import type { InteractionLock } from '../store/interaction-lock.ts';
import { TicketLock } from './ticket-lock.ts';

/** Order within an interaction for a single gateway process. */
export function createMemoryLock(maxWaiting: number): InteractionLock {
  const lock = new TicketLock(maxWaiting);
  return {
    acquire: (interactionId, signal) => lock.acquire(interactionId, signal),
    close: async () => undefined,
  };
}
