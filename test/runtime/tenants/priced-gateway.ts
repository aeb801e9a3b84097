import { createHash } from 'node:crypto';
import type { GatewayConfigInput } from '../../../runtime/config.ts';
import type { RunningGateway } from '../../../runtime/gateway/start-gateway.ts';
import type { AuditEntry } from '../../../runtime/store/audit.ts';
import type { HistoryStore } from '../../../runtime/store/history-store.ts';
import { openSqliteHistory } from '../../../runtime/store/sqlite-history-store.ts';
import { MemoryLedger } from '../../../runtime/tenants/memory-ledger.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { type Cleanup, postJson, startTestGateway } from '../support/gateway-rig.ts';
import { startTestInference } from '../support/inference.ts';

export const CHAT = '/v1/chat/completions';
export const hello = { messages: [{ role: 'user', content: 'hello' }], max_tokens: 20 };
export const sha256 = (key: string): string => createHash('sha256').update(key).digest('hex');
export const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
export type TenantInput = NonNullable<GatewayConfigInput['tenants']>[number];

export const tenantWith = (
  limits: NonNullable<TenantInput['limits']>,
  more: Partial<TenantInput> = {},
): TenantInput => ({
  name: 'acme',
  keys: [sha256('key-a')],
  limits,
  ...more,
});

export const chat = (gateway: RunningGateway, body: object = hello, key = 'key-a') =>
  postJson(gateway, CHAT, body, bearer(key));

/** A real history whose audit entries can be seen, and which can be made to fail. */
async function watchedHistory() {
  const history = unwrap(await openSqliteHistory(':memory:'));
  const entries: AuditEntry[] = [];
  const state = { failing: false };
  const watched = new Proxy(history, {
    get(target, name) {
      if (name === 'appendAudit')
        return async (audit: readonly AuditEntry[]) => {
          if (state.failing) throw new Error('disk full');
          await target.appendAudit(audit);
          entries.push(...audit);
        };
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  }) as HistoryStore;
  return { watched, entries, state };
}

/** A gateway in front of an engine that costs a dollar per thousand tokens. */
export async function pricedGateway(cleanup: Cleanup, config: GatewayConfigInput, stepMs = 1) {
  const inference = cleanup.add(await startTestInference({ stepMs }));
  const price = { inputUsdPerMTok: 1000, outputUsdPerMTok: 1000 };
  const ledger = new MemoryLedger();
  const history = await watchedHistory();
  const providers = [{ kind: 'grpc' as const, name: 'local', address: inference.address, price }];
  const gateway = await startTestGateway(
    cleanup,
    { providers, ...config },
    { ledger, history: history.watched },
  );
  return { gateway, inference, ledger, ...history };
}
