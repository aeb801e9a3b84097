import { z } from 'zod';

/** What an action acts on, by the name that the command line gives it. */
const target = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'a name of lower-case words joined by hyphens');
/** From the first send of the run. */
const atMs = z.number().nonnegative();

/**
 * How a provider is away. Through a fault proxy: `refuse` closes its port, `reset` cuts every connection, `stall` keeps
 * connections and passes nothing on. `stop` suspends the process itself (SIGSTOP, then SIGCONT).
 */
export const OUTAGE_WAYS = ['refuse', 'reset', 'stall', 'stop'] as const;

const outageSchema = z.strictObject({
  kind: z.literal('outage'),
  atMs,
  forMs: z.number().positive(),
  target,
  how: z.enum(OUTAGE_WAYS).default('refuse'),
});

const killSchema = z.strictObject({
  kind: z.literal('kill'),
  atMs,
  target,
  signal: z.enum(['SIGKILL', 'SIGTERM']).default('SIGKILL'),
});

const coldStartSchema = z.strictObject({
  kind: z.literal('cold-start'),
  atMs,
  /** The name of the process that is started; a later action may kill it. */
  target,
  /** Program and arguments, run without a shell; only with the command line's leave. */
  command: z.array(z.string()).min(1),
  /** Base URL at which it will answer. */
  url: z.url(),
  timeoutMs: z.number().positive().default(60_000),
});

/** What happens to the target at given instants of a run. A new kind is one line here and one in bench/run/actions. */
export const actionSchema = z.discriminatedUnion('kind', [outageSchema, killSchema, coldStartSchema]);

export type ScheduledAction = z.infer<typeof actionSchema>;
export type OutageAction = z.infer<typeof outageSchema>;
export type KillAction = z.infer<typeof killSchema>;
export type ColdStartAction = z.infer<typeof coldStartSchema>;
export type OutageWay = (typeof OUTAGE_WAYS)[number];
