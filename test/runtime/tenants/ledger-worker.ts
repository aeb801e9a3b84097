/**
 * A process of a fleet: works for one tenant through a Redis ledger, aborting some of it, until it is killed. Every
 * grant is on disk before its work begins, and what the work used before that is settled: what a killed process leaves
 * is a true account of it. Arguments: one JSON object.
 */
import { appendFileSync, existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TenantLimits } from '../../../runtime/tenants/ledger.ts';
import type { Periods } from '../../../runtime/tenants/periods.ts';
import { createRandom } from '../../../vocabulary/random.ts';
import { tenantOf } from '../../contracts/ledger-tenant.ts';
import { openRedisLedger } from './ledger-rig.ts';

export interface WorkerPlan {
  readonly url: string;
  readonly prefix: string;
  readonly periods: Periods;
  readonly limits: TenantLimits;
  readonly seed: number;
  readonly parallel: number;
  readonly logPath: string;
  readonly leaseMs: number;
  /** Work begins when this file is there, so that a fleet begins together. */
  readonly goPath: string;
}

/** `granted`, then at most one of `used` and `released`. */
export type WorkerLine =
  | {
      readonly kind: 'granted';
      readonly id: string;
      readonly atUnixMs: number;
      readonly usd: number;
      readonly tokens: number;
    }
  | { readonly kind: 'used'; readonly id: string; readonly usd: number; readonly tokens: number }
  | { readonly kind: 'released'; readonly id: string };

const plan = JSON.parse(process.argv[2] ?? '') as WorkerPlan;
const random = createRandom(plan.seed);
const ledger = await openRedisLedger(plan.url, {
  prefix: plan.prefix,
  periods: plan.periods,
  leaseMs: plan.leaseMs,
});
const tenant = tenantOf(plan.limits);
const write = (line: WorkerLine): void => appendFileSync(plan.logPath, `${JSON.stringify(line)}\n`);

async function workOnce(): Promise<void> {
  const estimate = { tokens: 1 + Math.floor(random.next() * 50), costUsd: (1 + random.next()) / 1000 };
  const result = await ledger.reserve(tenant, estimate);
  if (result.kind === 'refused') {
    await sleep(2);
    return;
  }
  const { reservation, standing } = result;
  const { id } = reservation;
  write({
    kind: 'granted',
    id,
    atUnixMs: standing?.nowUnixMs ?? 0,
    usd: estimate.costUsd,
    tokens: estimate.tokens,
  });
  await sleep(random.next() * 20);
  if (random.next() < 0.3) {
    write({ kind: 'released', id });
    await ledger.release(reservation);
    return;
  }
  const share = random.next();
  const used = { tokens: Math.floor(estimate.tokens * share), costUsd: estimate.costUsd * share };
  write({ kind: 'used', id, usd: used.costUsd, tokens: used.tokens });
  // A settlement that is sent twice, as after a lost answer, counts once.
  await Promise.all([ledger.settle(reservation, used), ledger.settle(reservation, used)]);
}

async function workForEver(): Promise<never> {
  for (;;) await workOnce();
}

// An orphan would work for ever: the test holds the other end.
process.stdin.on('end', () => process.exit(1)).resume();
appendFileSync(plan.logPath, '');
while (!existsSync(plan.goPath)) await sleep(2);
await Promise.all(Array.from({ length: plan.parallel }, workForEver));
