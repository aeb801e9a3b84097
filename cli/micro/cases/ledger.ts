import type { MicroCase } from '../../../bench/engines/tinybench/micro-case.ts';
import type { Tenant } from '../../../runtime/tenants/ledger.ts';
import { MemoryLedger } from '../../../runtime/tenants/memory-ledger.ts';

const TENANT: Tenant = {
  name: 'micro',
  limits: { requestsPerMin: 1e12, tokensPerMin: 1e15, dailyBudgetUsd: 1e6, maxConcurrent: 100 },
  cache: false,
  admin: false,
};
const OPERATIONS = 50;

/** Reserving tokens and money for a request of a tenant with limits, and settling it. */
export const ledger: MicroCase = {
  name: 'ledger',
  prepare: () => {
    const memory = new MemoryLedger();
    const run = async (): Promise<number> => {
      for (let i = 0; i < OPERATIONS; i++) {
        const reserved = await memory.reserve(TENANT, { tokens: 700, costUsd: 1e-9 });
        if (reserved.kind === 'refused') throw new Error(`refused: ${reserved.fault.message}`);
        await memory.settle(reserved.reservation, { tokens: 400, costUsd: 1e-9 });
      }
      return OPERATIONS;
    };
    return { operationsPerCall: OPERATIONS, run, close: () => memory.close() };
  },
};
