import type { Clock } from '../../../vocabulary/clock.ts';
import type { GatewayConfig } from '../../config.ts';
import type { TextSeal } from '../../store/text-seal.ts';
import type { EventLog } from './event-log.ts';
import { MemoryEventLog } from './memory-event-log.ts';
import { RedisEventLog } from './redis-event-log.ts';

/** In Redis where contexts are there too, since those are the gateways that a client may come back to. */
export function createEventLog(
  config: GatewayConfig,
  environment: NodeJS.ProcessEnv,
  { clock, seal }: { readonly clock: Clock; readonly seal: TextSeal },
): EventLog {
  const { maxEvents, eventTtlMs: ttlMs } = config.socket;
  const { urlEnv, connectMs, commandMs, keyPrefix } = config.redis;
  const url = environment[urlEnv] ?? '';
  const isShared = config.contexts.kind === 'redis' || config.lock.kind === 'redis';
  if (!isShared || url === '') return new MemoryEventLog({ maxEvents, ttlMs }, clock);
  return new RedisEventLog({ maxEvents, ttlMs, url, connectMs, commandMs, keyPrefix, seal });
}
