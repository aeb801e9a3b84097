import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { FaultCode } from '../../vocabulary/faults.ts';
import type { WireTimings } from '../../vocabulary/readiness.ts';
import { PROCESS_METRICS, SERVER_GAUGES, SERVER_HISTOGRAMS } from '../../vocabulary/server-metrics.ts';
import { sFromMs } from '../../vocabulary/units.ts';
import type { DegradationLevel } from '../llm/chain.ts';
import type { TokenUsage } from '../llm/provider.ts';

/** 0.1 ms to 100 s in the 1-2-5 series, in seconds. */
const BUCKETS_S = [-4, -3, -2, -1, 0, 1].flatMap((decade) => [1, 2, 5].map((step) => step * 10 ** decade));

/** How a stream that gave a first token ended. */
export type AnswerOutcome = 'complete' | 'failed_over' | 'incomplete';

/** Of the process, in its own registry: several gateways may live in one process. */
export class GatewayMetrics {
  readonly registry = new Registry();
  readonly #requests = this.#counter(
    'busyhour_gateway_requests_total',
    'Requests by route and outcome (ok or fault code)',
    ['route', 'outcome'],
  );
  readonly #answers = this.#counter('busyhour_gateway_answers_total', 'Answers begun, by how they ended', [
    'outcome',
    'level',
  ]);
  readonly #attempts = this.#counter('busyhour_provider_attempts_total', 'Requests to providers by result', [
    'provider',
    'result',
  ]);
  readonly #tokens = this.#counter('busyhour_gateway_tokens_total', 'Tokens of finished answers', [
    'direction',
  ]);
  readonly #orphans = this.#counter(
    'busyhour_gateway_orphan_output_tokens_total',
    'Output tokens received for clients that had left',
    [],
  );
  readonly #spans = this.#counter('busyhour_trace_spans_total', 'Spans by whether their receiver took them', [
    'result',
  ]);
  readonly #overhead = this.#histogram(
    'gateway.overhead',
    'Time in the gateway outside waiting for a provider',
  );
  readonly #stage = new Histogram({
    name: 'busyhour_gateway_stage_seconds',
    help: 'The parts of the gateway overhead',
    labelNames: ['stage'],
    buckets: BUCKETS_S,
    registers: [this.registry],
  });
  readonly #firstToken = this.#histogram('provider.first-token', 'From asking a provider to its first token');
  readonly #total = this.#histogram('provider.total', 'From asking a provider to the end of its answer');
  readonly #queue = this.#histogram('engine.queue', 'Queue wait as the engine reports it');
  readonly #prefill = this.#histogram('engine.prefill', 'Prefill time as the engine reports it');
  readonly #decode = this.#histogram('engine.decode', 'Decode time as the engine reports it');
  readonly #inFlight = new Gauge({
    name: SERVER_GAUGES['gateway.inFlight'],
    help: 'Completions and turns in progress',
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    this.#collectUtilisation();
  }

  #counter<Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  #histogram(stage: keyof typeof SERVER_HISTOGRAMS, help: string): Histogram {
    return new Histogram({
      name: SERVER_HISTOGRAMS[stage],
      help,
      buckets: BUCKETS_S,
      registers: [this.registry],
    });
  }

  /** Share of time busy since the last scrape. */
  #collectUtilisation(): void {
    let before: EventLoopUtilization = performance.eventLoopUtilization();
    new Gauge({
      name: PROCESS_METRICS.eventLoopUtilisation,
      help: 'Share of time in which the event loop was busy, since the last scrape',
      registers: [this.registry],
      collect() {
        const now = performance.eventLoopUtilization();
        this.set(performance.eventLoopUtilization(now, before).utilization);
        before = now;
      },
    });
  }

  /** Adds a gauge without labels that asks for its value on every scrape; undefined leaves it unset. */
  addGauge(name: string, help: string, read: () => Promise<number | undefined>): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      async collect() {
        const value = await read();
        if (value === undefined) this.reset();
        else this.set(value);
      },
    });
  }

  requestEnded(route: string, outcome: 'ok' | FaultCode): void {
    this.#requests.inc({ route, outcome });
  }

  answerEnded(outcome: AnswerOutcome, level: DegradationLevel): void {
    this.#answers.inc({ outcome, level });
  }

  attemptEnded(attempt: {
    readonly provider: string;
    readonly result: 'ok' | FaultCode;
    readonly firstTokenMs: number | undefined;
    readonly totalMs: number;
  }): void {
    this.#attempts.inc({ provider: attempt.provider, result: attempt.result });
    if (attempt.firstTokenMs !== undefined) this.#firstToken.observe(sFromMs(attempt.firstTokenMs));
    this.#total.observe(sFromMs(attempt.totalMs));
  }

  tokensUsed(usage: TokenUsage, timings: WireTimings | undefined): void {
    this.#tokens.inc({ direction: 'input' }, usage.promptTokens);
    this.#tokens.inc({ direction: 'cached_input' }, usage.cachedPromptTokens);
    this.#tokens.inc({ direction: 'output' }, usage.outputTokens);
    if (timings === undefined) return;
    this.#queue.observe(sFromMs(timings.queue_wait_ms));
    this.#prefill.observe(sFromMs(timings.prefill_ms));
    this.#decode.observe(sFromMs(timings.decode_ms));
  }

  tokensOrphaned(tokens: number): void {
    if (tokens > 0) this.#orphans.inc(tokens);
  }

  /** Time in the gateway before a provider was asked and after its last event, ms. */
  overhead(beforeMs: number, afterMs: number): void {
    this.#stage.observe({ stage: 'before_provider' }, sFromMs(beforeMs));
    this.#stage.observe({ stage: 'after_provider' }, sFromMs(afterMs));
    this.#overhead.observe(sFromMs(beforeMs + afterMs));
  }

  /** Spans that their receiver took, or did not. */
  spansExported(spans: number, isTaken: boolean): void {
    this.#spans.inc({ result: isTaken ? 'exported' : 'failed' }, spans);
  }

  /** Stops what measures by the clock. */
  close(): void {
    this.registry.clear();
  }

  inFlightChanged(requests: number): void {
    this.#inFlight.set(requests);
  }
}
