import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { metered } from '../../../runtime/gateway/metering.ts';
import { answer } from '../../../runtime/llm/answer.ts';
import { ProviderChain } from '../../../runtime/llm/chain.ts';
import { FaultError } from '../../../runtime/llm/fault.ts';
import type { Tenancy } from '../../../runtime/tenants/create-tenancy.ts';
import type { RedisLedger } from '../../../runtime/tenants/redis-ledger.ts';
import { tenantOf } from '../../contracts/ledger-tenant.ts';
import { completionOf } from '../../contracts/provider.ts';
import { redisBinary, startRedis } from '../../support/redis.ts';
import type { RealServer } from '../../support/server-process.ts';
import {
  failing,
  type ScriptedProvider,
  STARTED,
  scripted,
  TIMEOUTS,
  text,
} from '../llm/scripted-provider.ts';
import { openRedisLedger } from './ledger-rig.ts';

/** Writing into the vendor's cache is what costs most, so that is what the vendor does. */
const PRICE = {
  inputUsdPerMTok: 3,
  cachedInputUsdPerMTok: 0.3,
  outputUsdPerMTok: 15,
  cacheWriteUsdPerMTok: 6,
};
const OUTPUT_TOKENS = 6;
const SILENT_OBSERVER = {
  answerEnded: () => undefined,
  tokensUsed: () => undefined,
  tokensOrphaned: () => undefined,
};

/** A vendor whose tokenizer makes a token of every byte, and who bills also what it fails at. */
function dearest(name: string, fails: boolean, bill: (usd: number) => void): ScriptedProvider {
  const provider: ScriptedProvider = scripted(name, (n) => {
    const messages = provider.asked[n - 1]?.messages ?? [];
    const bytes = messages.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
    const promptTokens = bytes + 8 * messages.length;
    const outputTokens = fails ? 0 : OUTPUT_TOKENS;
    bill((promptTokens * PRICE.cacheWriteUsdPerMTok + outputTokens * PRICE.outputUsdPerMTok) / 1e6);
    const usage = { promptTokens, cachedPromptTokens: 0, cacheWriteTokens: promptTokens, outputTokens };
    if (fails) return [STARTED, { ...failing('provider_error'), usage } as never];
    return [STARTED, text('a'), { kind: 'finish', reason: 'length', usage }];
  });
  return provider;
}

/** Texts of which a tokenizer makes as much as it can: rare signs, broken letters, one emoji after another. */
const adversarial = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }),
  fc
    .array(fc.constantFrom('😀', '\u0000', 'ﷺ', '\u{e0041}', '~', 'é'), { minLength: 1, maxLength: 300 })
    .map((signs) => signs.join('')),
);

describe.skipIf(redisBinary() === undefined)('a daily budget and any text (needs redis-server)', () => {
  let redis: RealServer;
  let runs = 0;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  it('spent ≤ budget + one reservation, whatever is asked at once of two gateways and however often it fails', async () => {
    const property = fc.asyncProperty(
      fc.array(adversarial, { minLength: 10, maxLength: 40 }),
      fc.double({ min: 0.1, max: 0.9, noNaN: true }),
      fc.integer({ min: 0, max: 3 }),
      async (prompts, share, failures) => {
        let paidUsd = 0;
        const bill = (usd: number): void => {
          paidUsd += usd;
        };
        const providers = ['p', 'q', 'r', 's'].map((name, index) => dearest(name, index < failures, bill));
        const chain = new ProviderChain(
          providers.map((provider) => ({ provider, timeouts: TIMEOUTS, price: PRICE })),
        );
        const requests = prompts.map((content) =>
          completionOf({ messages: [{ role: 'user', content }], maxOutputTokens: OUTPUT_TOKENS }),
        );
        const estimates = requests.map((request) => chain.estimate(request).costUsd);
        const tenant = tenantOf({ dailyBudgetUsd: share * estimates.reduce((sum, usd) => sum + usd, 0) });
        const prefix = `any${runs++}:`;
        const ledgers = [
          await openRedisLedger(redis.url, { prefix }),
          await openRedisLedger(redis.url, { prefix }),
        ];
        const observer = { granted: () => undefined, refused: () => undefined, used: () => undefined };
        const ask = async (index: number, ledger: RedisLedger | undefined): Promise<void> => {
          const request = requests[index];
          if (request === undefined || ledger === undefined) throw new Error('no such request');
          const tenancy = { ledger, observer } as unknown as Tenancy;
          const estimate = () => chain.estimate(request);
          await metered(tenancy, { tenant, estimate }, async (meter) => {
            const options = { signal: new AbortController().signal, observer: SILENT_OBSERVER };
            meter.book((await answer(chain, request, options)).spent);
          }).catch((error: unknown) => {
            if (!(error instanceof FaultError)) throw error;
          });
        };
        await Promise.all(requests.map((_, index) => ask(index, ledgers[index % 2])));
        // One after the other, until the budget is spent.
        for (const index of requests.keys()) await ask(index, ledgers[index % 2]);
        await Promise.all(ledgers.map((ledger) => ledger.close()));
        const reader = await openRedisLedger(redis.url, { prefix });
        const { spentUsd, reservedUsd } = await reader.read(tenant);
        await reader.close();
        expect(reservedUsd).toBe(0);
        expect(spentUsd).toBeCloseTo(paidUsd, 6);
        expect(spentUsd).toBeGreaterThan(0);
        expect(paidUsd).toBeLessThanOrEqual((tenant.limits.dailyBudgetUsd ?? 0) + Math.max(...estimates));
      },
    );
    await fc.assert(property, { numRuns: 25 });
  }, 60_000);
});
