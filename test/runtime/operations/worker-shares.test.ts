import { expect, it } from 'vitest';
import { resolveGatewayConfig } from '../../../runtime/config.ts';
import { renderWorkerShares, workerSharesFrom } from '../../../runtime/operations/worker-shares.ts';
import { unwrap } from '../../../vocabulary/errors.ts';

const configOf = (workers: number) =>
  unwrap(
    resolveGatewayConfig({
      workers,
      maxInFlight: 100,
      providers: [
        {
          kind: 'openai',
          name: 'vendor',
          baseUrl: 'http://127.0.0.1:1/v1',
          queue: { maxConcurrent: 8, maxQueued: 5 },
          limits: { concurrent: 2, requestsPerMin: 60 },
        },
        { kind: 'openai', name: 'free', baseUrl: 'http://127.0.0.1:1/v1' },
        { kind: 'keyword', name: 'keyword' },
      ],
    }),
  );

it('says which limits hold for all workers and which for each', () => {
  const text = renderWorkerShares(3, workerSharesFrom(configOf(3)));
  expect(text.split('\n')).toEqual([
    '# With 3 workers:',
    '# providers.vendor.queue.maxConcurrent: 2 for all together',
    '# providers.vendor.queue.maxQueued: 5 for all together',
    '# providers.vendor.limits.requestsPerMin: 60 for all together',
    '# maxInFlight: 100 for each, 300 in all',
    '# overload.maxWaiting: 128 for each, 384 in all',
    '# retries.budgetMinPerS: 1 for each, 3 in all',
    '',
  ]);
});

it('says nothing of one process', () => {
  expect(workerSharesFrom(configOf(1))).toEqual([]);
  expect(renderWorkerShares(1, [])).toBe('');
});
