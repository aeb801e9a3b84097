import { createFailure, type Issue, ok, type Result } from '../../vocabulary/errors.ts';
import type { GatewayConfig } from '../config.ts';

type Shared = Pick<GatewayConfig, 'workers' | 'contexts' | 'lock' | 'ledger' | 'redis' | 'history'>;

const HINT =
  'Set BUSYHOUR_REDIS_URL, and history to a SQLite file or BUSYHOUR_POSTGRES_URL; or run with workers: 1.';

/**
 * Several processes are one gateway only when they share what orders turns, counts limits and remembers answers.
 * Everything that they would each have for themselves is listed.
 */
export function checkWorkerStores(
  config: Shared,
  environment: Readonly<Record<string, string | undefined>>,
): Result<void> {
  if (config.workers === 1) return ok(undefined);
  const issues: Issue[] = [];
  const need = (path: string, expected: string, got: string): void => {
    const fix = `set ${path} to ${expected}`;
    issues.push({ path, expected: `${expected} with ${config.workers} workers`, got, fix });
  };
  const isSet = (name: string): boolean => (environment[name] ?? '') !== '';
  const { contexts, lock, ledger, redis, history } = config;
  if (contexts.kind !== 'redis') need('contexts.kind', 'redis', contexts.kind);
  if (lock.kind !== 'redis') need('lock.kind', 'redis', lock.kind);
  const ledgerKind = ledger.kind ?? (isSet(redis.urlEnv) ? 'redis' : 'memory');
  if (ledgerKind !== 'redis') need('ledger.kind', 'redis', ledgerKind);
  if (history.kind === 'memory') need('history.kind', 'sqlite or postgres', history.kind);
  const usesRedis = contexts.kind === 'redis' || lock.kind === 'redis';
  if (usesRedis && !isSet(redis.urlEnv)) need('redis.urlEnv', 'a variable that is set', redis.urlEnv);
  if (issues.length === 0) return ok(undefined);
  const message = `${config.workers} workers need stores that they share`;
  return { kind: 'failed', failure: createFailure('INVALID_CONFIG', message, { issues, hint: HINT }) };
}
