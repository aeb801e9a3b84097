import { Gauge, Registry } from 'prom-client';
import type { FaultCode } from '../../vocabulary/faults.ts';
import type { WireTimings } from '../../vocabulary/readiness.ts';
import { SERVER_GAUGES, SERVER_HISTOGRAMS } from '../../vocabulary/server-metrics.ts';
import { sFromMs } from '../../vocabulary/units.ts';
import type { DegradationLevel } from '../llm/chain.ts';
import type { TokenUsage } from '../llm/provider.ts';
import type { Spent } from '../llm/spent.ts';
import { BoundedCounter, BoundedGauge, BoundedHistogram } from './bounded-metrics.ts';
import { GATEWAY_METRICS, type OverheadStage, PROVIDER_METRICS } from './metric-table.ts';
import { watchProcess } from './process-metrics.ts';

/** How a stream that gave a first token ended. */
export type AnswerOutcome = 'complete' | 'failed_over' | 'incomplete';

const TABLE = { ...GATEWAY_METRICS, ...PROVIDER_METRICS };
type Name = keyof typeof TABLE;

/** What an attempt at a provider came to. */
export interface AttemptFigures {
  readonly provider: string;
  readonly result: 'ok' | FaultCode;
  readonly firstTokenMs: number | undefined;
  readonly totalMs: number;
  readonly spent?: Spent;
}

export interface StoreFigures {
  readonly store: 'history' | 'contexts';
  readonly access: 'read' | 'write';
  readonly result: 'ok' | 'conflict' | 'error';
  readonly spanMs: number;
}

/** Of the process, in its own registry: several gateways may live in one process. */
export class GatewayMetrics {
  readonly registry = new Registry();
  readonly #stop: () => void;
  readonly #requests = this.#counter('busyhour_gateway_requests_total');
  readonly #answers = this.#counter('busyhour_gateway_answers_total');
  readonly #turns = this.#counter('busyhour_dialog_turns_total');
  readonly #attempts = this.#counter('busyhour_provider_attempts_total');
  readonly #tokens = this.#counter('busyhour_gateway_tokens_total');
  readonly #paidTokens = this.#counter('busyhour_provider_tokens_total');
  readonly #cost = this.#counter('busyhour_provider_cost_usd_total');
  readonly #orphans = this.#counter('busyhour_gateway_orphan_output_tokens_total');
  readonly #spans = this.#counter('busyhour_trace_spans_total');
  readonly #request = this.#histogram('busyhour_gateway_request_seconds');
  readonly #clientFirstToken = this.#histogram('busyhour_gateway_first_token_seconds');
  readonly #interToken = this.#histogram('busyhour_gateway_inter_token_seconds');
  readonly #overhead = this.#histogram(SERVER_HISTOGRAMS['gateway.overhead']);
  readonly #stage = this.#histogram('busyhour_gateway_stage_seconds');
  readonly #store = this.#histogram('busyhour_store_operation_seconds');
  readonly #firstToken = this.#histogram(SERVER_HISTOGRAMS['provider.first-token']);
  readonly #total = this.#histogram(SERVER_HISTOGRAMS['provider.total']);
  readonly #queue = this.#histogram(SERVER_HISTOGRAMS['engine.queue']);
  readonly #prefill = this.#histogram(SERVER_HISTOGRAMS['engine.prefill']);
  readonly #decode = this.#histogram(SERVER_HISTOGRAMS['engine.decode']);
  readonly #inFlight = this.#gauge(SERVER_GAUGES['gateway.inFlight']);
  readonly #inFlightLimit = this.#gauge('busyhour_gateway_in_flight_limit_requests');
  readonly #build = this.#gauge('busyhour_build_info');

  constructor() {
    this.#stop = watchProcess(this.registry);
    this.#inFlight.set({}, 0);
    this.#orphans.add({}, 0);
  }

  #counter(name: Name): BoundedCounter {
    return new BoundedCounter(name, TABLE[name], this.registry);
  }

  #histogram(name: Name): BoundedHistogram {
    return new BoundedHistogram(name, TABLE[name], this.registry);
  }

  #gauge(name: Name): BoundedGauge {
    return new BoundedGauge(name, TABLE[name], this.registry);
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

  /** What stays as it is while the process lives. */
  started(version: string, maxInFlight: number): void {
    this.#build.set({ version }, 1);
    this.#inFlightLimit.set({}, maxInFlight);
  }

  requestEnded(route: string, outcome: 'ok' | FaultCode, durationMs?: number): void {
    this.#requests.add({ route, outcome });
    if (durationMs !== undefined) this.#request.observe({ route }, sFromMs(durationMs));
  }

  /** Requests that were refused before anything was done for them; their time is in no histogram. */
  requestsRefused(route: string, outcome: FaultCode, requests: number): void {
    this.#requests.add({ route, outcome }, requests);
  }

  answerEnded(outcome: AnswerOutcome, level: DegradationLevel): void {
    this.#answers.add({ outcome, level });
  }

  turnEnded(result: 'answered' | 'replayed' | 'refused', level: string | undefined): void {
    this.#turns.add({ result, level: level ?? 'none' });
  }

  /** First text of a streamed answer, from the head of its request. */
  firstTextSent(sinceRequestMs: number): void {
    this.#clientFirstToken.observe({}, sFromMs(sinceRequestMs));
  }

  /** A further text of a streamed answer, from the one before it. */
  nextTextSent(gapMs: number): void {
    this.#interToken.observe({}, sFromMs(gapMs));
  }

  attemptEnded({ provider, result, firstTokenMs, totalMs, spent }: AttemptFigures): void {
    this.#attempts.add({ provider, result });
    if (firstTokenMs !== undefined) this.#firstToken.observe({ provider }, sFromMs(firstTokenMs));
    this.#total.observe({ provider }, sFromMs(totalMs));
    if (spent === undefined) return;
    this.#paidTokens.add({ provider, direction: 'input' }, spent.inputTokens);
    this.#paidTokens.add({ provider, direction: 'cached_input' }, spent.cachedInputTokens);
    this.#paidTokens.add({ provider, direction: 'output' }, spent.outputTokens);
    this.#cost.add({ provider }, spent.costUsd);
  }

  tokensUsed(usage: TokenUsage, timings: WireTimings | undefined): void {
    this.#tokens.add({ direction: 'input' }, usage.promptTokens);
    this.#tokens.add({ direction: 'cached_input' }, usage.cachedPromptTokens);
    this.#tokens.add({ direction: 'output' }, usage.outputTokens);
    if (timings === undefined) return;
    this.#queue.observe({}, sFromMs(timings.queue_wait_ms));
    this.#prefill.observe({}, sFromMs(timings.prefill_ms));
    this.#decode.observe({}, sFromMs(timings.decode_ms));
  }

  tokensOrphaned(tokens: number): void {
    if (tokens > 0) this.#orphans.add({}, tokens);
  }

  /** Time in the gateway before a provider was asked and after its last event, ms. */
  overhead(beforeMs: number, afterMs: number): void {
    this.stageEnded('before_provider', beforeMs);
    this.stageEnded('after_provider', afterMs);
    this.#overhead.observe({}, sFromMs(beforeMs + afterMs));
  }

  /** One part of the overhead of one request. */
  stageEnded(stage: OverheadStage, spanMs: number): void {
    this.#stage.observe({ stage }, sFromMs(spanMs));
  }

  /** Runs one part of a request and records how long that took, also when it throws. */
  timed<T>(stage: OverheadStage, work: () => T): T {
    const startedAtMs = performance.now();
    try {
      return work();
    } finally {
      this.stageEnded(stage, performance.now() - startedAtMs);
    }
  }

  storeUsed({ spanMs, ...labels }: StoreFigures): void {
    this.#store.observe(labels, sFromMs(spanMs));
  }

  /** Spans that their receiver took, or did not. */
  spansExported(spans: number, isTaken: boolean): void {
    this.#spans.add({ result: isTaken ? 'exported' : 'failed' }, spans);
  }

  inFlightChanged(requests: number): void {
    this.#inFlight.set({}, requests);
  }

  /** Stops what measures by the clock. */
  close(): void {
    this.#stop();
  }
}
