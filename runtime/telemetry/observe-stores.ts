import type { Clock } from '../../vocabulary/clock.ts';
import type { ContextStore } from '../store/context-store.ts';
import type { HistoryStore } from '../store/history-store.ts';
import { type Around, aroundMethods } from './around-methods.ts';
import type { GatewayMetrics, StoreFigures } from './gateway-metrics.ts';
import { withSpan } from './spans.ts';
import { StoreMetrics } from './store-metrics.ts';

const HISTORY_READS = [
  'findInteraction',
  'findTurn',
  'listTurns',
  'listInteractions',
  'listEscalations',
  'readAnalytics',
  'listDeletions',
];
const HISTORY_WRITES = [
  'createInteraction',
  'changeState',
  'appendTurn',
  'appendAudit',
  'deleteCustomer',
  'applyRetention',
  'sharedKey',
];
const CONTEXT_READS = ['get'];
const CONTEXT_WRITES = ['set', 'delete'];

export interface StoreScope {
  readonly metrics: GatewayMetrics;
  readonly clock: Clock;
}

const resultOf = (error: unknown): StoreFigures['result'] =>
  error instanceof Error && error.name === 'HistoryConflict' ? 'conflict' : 'error';

/** Times each operation; writes are spans too. A read is not: a turn has many, and they are short. */
function around(
  { metrics, clock }: StoreScope,
  store: StoreFigures['store'],
  writes: readonly string[],
): Around {
  const timed = async <T>(access: StoreFigures['access'], call: () => Promise<T>): Promise<T> => {
    const startedAtMs = clock.nowMs();
    let result: StoreFigures['result'] = 'ok';
    try {
      return await call();
    } catch (error) {
      result = resultOf(error);
      throw error;
    } finally {
      const spanMs = clock.nowMs() - startedAtMs;
      metrics.storeUsed({ store, access, result, spanMs });
      metrics.stageEnded('store', spanMs);
    }
  };
  return (method, call) => {
    if (!writes.includes(method)) return timed('read', call);
    const attributes = { 'busyhour.store': store, 'db.operation.name': method };
    return withSpan(`store ${method}`, attributes, () => timed('write', call));
  };
}

/** The same history, with its operations timed and its transactions counted, and its writes traced. */
function observeHistory(history: HistoryStore, scope: StoreScope): HistoryStore {
  history.observeWrites(new StoreMetrics(scope.metrics.registry, () => history.load));
  return aroundMethods(
    history,
    [...HISTORY_READS, ...HISTORY_WRITES],
    around(scope, 'history', HISTORY_WRITES),
  );
}

interface Stores {
  readonly history: HistoryStore;
  readonly contexts: ContextStore;
}

/** Both stores observed; whatever else belongs to them stays as it is. */
export const observeStores = <T extends Stores>(stores: T, scope: StoreScope): T => ({
  ...stores,
  history: observeHistory(stores.history, scope),
  contexts: observeContexts(stores.contexts, scope),
});

/** The same working memory, with its operations timed and its writes traced. */
const observeContexts = (contexts: ContextStore, scope: StoreScope): ContextStore =>
  aroundMethods(contexts, [...CONTEXT_READS, ...CONTEXT_WRITES], around(scope, 'contexts', CONTEXT_WRITES));
