import { POSTGRES_URL_ENV, REDIS_URL_ENV } from '../config/stores.ts';

/**
 * The stores that are meant when only their servers are named: Redis for contexts and order, PostgreSQL for history.
 * The ledger decides the same for itself. Whatever the configuration names is stronger.
 */
export function impliedStores(
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, unknown>> {
  const isSet = (name: string): boolean => (environment[name] ?? '') !== '';
  return {
    ...(isSet(REDIS_URL_ENV) ? { contexts: { kind: 'redis' }, lock: { kind: 'redis' } } : {}),
    ...(isSet(POSTGRES_URL_ENV) ? { history: { kind: 'postgres' } } : {}),
  };
}
