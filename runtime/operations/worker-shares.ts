import type { GatewayConfig } from '../config.ts';
import { lineOptionsOf } from '../llm/line-options.ts';

/** What a limit amounts to where several workers run. */
export interface WorkerShare {
  readonly path: string;
  readonly value: number;
  /** Whether all workers keep it together, or each keeps one of its own. */
  readonly holdsFor: 'all' | 'each';
  /** What the machine as a whole may come to. */
  readonly total: number;
}

type Limits = Pick<GatewayConfig, 'workers' | 'maxInFlight' | 'overload' | 'retries' | 'providers' | 'cache'>;

/** Lines and limits of a provider: of all workers together (runtime/operations/shared-lines.ts). */
function sharedOf(provider: GatewayConfig['providers'][number]): WorkerShare[] {
  const options = lineOptionsOf(provider);
  if (options === undefined) return [];
  const { maxConcurrent, maxQueued } = options.queue;
  const limits = { 'queue.maxConcurrent': maxConcurrent, 'queue.maxQueued': maxQueued, ...limitsOf(options) };
  return Object.entries(limits)
    .filter(([, value]) => value !== undefined && Number.isFinite(value))
    .map(([name, value]) => ({
      path: `providers.${provider.name}.${name}`,
      value: Number(value),
      holdsFor: 'all',
      total: Number(value),
    }));
}

const limitsOf = ({ limits }: NonNullable<ReturnType<typeof lineOptionsOf>>) => ({
  'limits.requestsPerMin': limits.requestsPerMin,
  'limits.tokensPerMin': limits.tokensPerMin,
});

/** Which limits several workers keep together and which each for itself; none with one worker. */
export function workerSharesFrom(config: Limits): WorkerShare[] {
  const { workers, maxInFlight, overload, retries, providers, cache } = config;
  if (workers === 1) return [];
  const each = {
    maxInFlight,
    'overload.maxWaiting': overload.maxWaiting,
    'retries.budgetMinPerS': retries.budgetMinPerS,
    ...(cache === undefined ? {} : { 'cache.maxBytes': cache.maxBytes }),
  };
  const own = Object.entries(each).map(
    ([path, value]): WorkerShare => ({ path, value, holdsFor: 'each', total: value * workers }),
  );
  return [...providers.flatMap(sharedOf), ...own];
}

/** The same in words, as comments of a configuration file. */
export function renderWorkerShares(workers: number, shares: readonly WorkerShare[]): string {
  if (shares.length === 0) return '';
  const lines = shares.map(({ path, value, holdsFor, total }) =>
    holdsFor === 'all' ? `${path}: ${value} for all together` : `${path}: ${value} for each, ${total} in all`,
  );
  return [`With ${workers} workers:`, ...lines].map((line) => `# ${line}\n`).join('');
}
