import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { sFromMs } from '../../vocabulary/units.ts';
import { BREAKER_STATES } from '../llm/breaker.ts';
import type { ChainState } from '../llm/chain.ts';
import type { ExtraCause, LlmObserver, QueueResult } from '../llm/llm-observer.ts';

/** 1 ms to 100 s in the 1-2-5 series, in seconds. */
const BUCKETS_S = [-3, -2, -1, 0, 1].flatMap((decade) => [1, 2, 5].map((step) => step * 10 ** decade));

/** Figures of the provider chain. Providers in labels are those of the configuration. */
export class LlmMetrics implements LlmObserver {
  readonly #registry: Registry;
  readonly #extra: Counter<'provider' | 'cause' | 'result'>;
  readonly #hedges: Counter<'provider' | 'winner'>;
  readonly #queueWait: Histogram<'provider' | 'result'>;
  readonly #lookups: Counter<'result'>;
  readonly #orphans: Counter<'provider'>;
  #hits = 0;
  #looked = 0;

  constructor(registry: Registry) {
    this.#registry = registry;
    const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
      new Counter({ name, help, labelNames, registers: [registry] });
    this.#extra = counter(
      'busyhour_provider_extra_attempts_total',
      'Attempts beyond the first of their request by cause, made or denied by the budget',
      ['provider', 'cause', 'result'],
    );
    this.#hedges = counter('busyhour_provider_hedges_total', 'Hedged attempts by which of the two answered', [
      'provider',
      'winner',
    ]);
    this.#queueWait = new Histogram({
      name: 'busyhour_provider_queue_wait_seconds',
      help: 'Wait for a place at a provider, by how it ended',
      labelNames: ['provider', 'result'],
      buckets: BUCKETS_S,
      registers: [registry],
    });
    this.#lookups = counter('busyhour_cache_lookups_total', 'Looks into the answer cache by result', [
      'result',
    ]);
    this.#orphans = counter(
      'busyhour_provider_orphan_output_tokens_total',
      'Output tokens that a provider generated for nobody',
      ['provider'],
    );
  }

  extraAttempt(provider: string, cause: ExtraCause): void {
    this.#extra.inc({ provider, cause, result: 'made' });
  }

  extraAttemptDenied(provider: string, cause: ExtraCause): void {
    this.#extra.inc({ provider, cause, result: 'denied' });
  }

  hedgeEnded(provider: string, wasWorthIt: boolean): void {
    this.#hedges.inc({ provider, winner: wasWorthIt ? 'hedge' : 'original' });
  }

  queueEnded(provider: string, result: QueueResult, waitMs: number): void {
    this.#queueWait.observe({ provider, result }, sFromMs(waitMs));
  }

  cacheLooked(wasHit: boolean): void {
    this.#looked++;
    if (wasHit) this.#hits++;
    this.#lookups.inc({ result: wasHit ? 'hit' : 'miss' });
  }

  tokensOrphaned(provider: string, tokens: number): void {
    this.#orphans.inc({ provider }, tokens);
  }

  /** Gauges that read the chain on each scrape. */
  watch(read: () => ChainState): void {
    const registers = [this.#registry];
    this.#watchProviders(read);
    new Gauge({
      name: 'busyhour_retry_budget_remaining_attempts',
      help: 'Extra attempts that the budget of the gateway holds',
      registers,
      collect() {
        this.set(read().retryBudgetLeft ?? 0);
      },
    });
    const ratio = (): number => (this.#looked === 0 ? 0 : this.#hits / this.#looked);
    new Gauge({
      name: 'busyhour_cache_hit_ratio',
      help: 'Share of looks into the answer cache that found one, since the start',
      registers,
      collect() {
        this.set(ratio());
      },
    });
    new Gauge({
      name: 'busyhour_cache_entries',
      help: 'Answers in the cache',
      registers,
      collect() {
        this.set(read().cache?.entries ?? 0);
      },
    });
    new Gauge({
      name: 'busyhour_cache_bytes',
      help: 'Bytes that the answers in the cache take, about',
      registers,
      collect() {
        this.set(read().cache?.bytes ?? 0);
      },
    });
  }

  #watchProviders(read: () => ChainState): void {
    const registers = [this.#registry];
    new Gauge({
      name: 'busyhour_provider_breaker_state',
      help: '1 for the state that the breaker of a provider is in',
      labelNames: ['provider', 'state'],
      registers,
      collect() {
        for (const { name: provider, breaker } of read().providers) {
          for (const state of BREAKER_STATES) this.set({ provider, state }, state === breaker ? 1 : 0);
        }
      },
    });
    new Gauge({
      name: 'busyhour_provider_queue_depth_requests',
      help: 'Requests that wait for a place at a provider',
      labelNames: ['provider'],
      registers,
      collect() {
        for (const { name: provider, queued } of read().providers) this.set({ provider }, queued);
      },
    });
    new Gauge({
      name: 'busyhour_provider_running_requests',
      help: 'Attempts in progress at a provider',
      labelNames: ['provider'],
      registers,
      collect() {
        for (const { name: provider, running } of read().providers) this.set({ provider }, running);
      },
    });
  }
}
