import type { Clock } from '../../vocabulary/clock.ts';
import type { GatewayConfig } from '../config.ts';
import type { HistoryStore, Removed, RetentionLimits } from './history-store.ts';

const MS_PER_DAY = 86_400_000;

type Retention = GatewayConfig['retention'];

/** The instants before which things go; undefined where everything stays. */
export function retentionLimitsAt(retention: Retention, nowUnixMs: number): RetentionLimits | undefined {
  const { turnsDays, auditDays } = retention;
  if (turnsDays === undefined && auditDays === undefined) return undefined;
  return {
    ...(turnsDays === undefined ? {} : { turnsBeforeUnixMs: nowUnixMs - turnsDays * MS_PER_DAY }),
    ...(auditDays === undefined ? {} : { auditBeforeUnixMs: nowUnixMs - auditDays * MS_PER_DAY }),
  };
}

/** Removes what is older than the configuration allows, now; the audit row says who asked. */
export async function purge(
  history: HistoryStore,
  limits: RetentionLimits,
  options: { readonly nowUnixMs: number; readonly by: 'schedule' | 'command' },
): Promise<Removed> {
  return history.applyRetention(limits, {
    kind: 'retention_applied',
    atUnixMs: options.nowUnixMs,
    tenant: '',
    decisions: [{ step: 'retention', outcome: options.by }],
  });
}

export interface RetentionScheduleOptions {
  readonly history: HistoryStore;
  readonly retention: Retention;
  readonly clock: Clock;
  readonly onFailure: (error: unknown) => void;
}

/** Runs until it is stopped; stopping waits for a purge in progress. */
export interface RetentionSchedule {
  stop(): Promise<void>;
}

/** Purges now and every `everyMs`, never twice at once. Several gateways may do so: what is gone is gone. */
export function scheduleRetention(options: RetentionScheduleOptions): RetentionSchedule {
  const { history, retention, clock, onFailure } = options;
  if (retentionLimitsAt(retention, 0) === undefined) return { stop: async () => undefined };
  let running: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    const nowUnixMs = clock.unixMs();
    const limits = retentionLimitsAt(retention, nowUnixMs);
    if (limits !== undefined) await purge(history, limits, { nowUnixMs, by: 'schedule' }).catch(onFailure);
    running = undefined;
  };
  const tick = (): void => {
    running ??= run();
  };
  const timer = setInterval(tick, retention.everyMs);
  timer.unref();
  tick();
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}
