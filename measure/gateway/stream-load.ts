import { credentials } from '@grpc/grpc-js';
import { Pool } from 'undici';
import { tuneV8 } from '../../cli/v8-tuning.ts';
import { InferenceClient } from '../../runtime/inference/generated/inference.ts';
import { sFromMs } from '../../vocabulary/units.ts';
import { percentileOf, type StreamReading } from './reading.ts';

/**
 * A fixed number of streams at once, each started again when it ends, read either from the gateway (server-sent events) or
 * from the inference server itself (gRPC). Argument: a StreamPlan as JSON; prints a StreamReading.
 */
export interface StreamPlan {
  readonly target:
    | { readonly kind: 'sse'; readonly url: string; readonly headers: Readonly<Record<string, string>> }
    | { readonly kind: 'grpc'; readonly address: string };
  readonly streams: number;
  readonly tokensPerStream: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
}

const EVENT_END = '\n\n';
/** Streams start spread over this long, so that their tokens do not come in step. */
const SPREAD_MS = 1000;

class TokenClock {
  readonly gapsMs: number[] = [];
  tokens = 0;
  streams = 0;
  failed = 0;
  measuring = false;

  /** `count` tokens came at once, after `lastAtMs` of the same stream. */
  token(count: number, lastAtMs: number | undefined, nowMs: number): void {
    if (!this.measuring) return;
    this.tokens += count;
    if (lastAtMs === undefined) return;
    this.gapsMs.push(nowMs - lastAtMs);
    for (let more = 1; more < count; more++) this.gapsMs.push(0);
  }
}

function occurrences(text: string, part: string): number {
  let count = 0;
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + part.length)) count++;
  return count;
}

type Start = (ended: (ok: boolean) => void) => void;

function sseStart(plan: StreamPlan & { target: { kind: 'sse' } }, clock: TokenClock): Start {
  const pool = new Pool(plan.target.url, { connections: plan.streams });
  const body = JSON.stringify({
    messages: [{ role: 'user', content: 'Where is my parcel?' }],
    stream: true,
    max_tokens: plan.tokensPerStream,
  });
  return (ended) => {
    let lastAtMs: number | undefined;
    let isOk = false;
    const decoder = new TextDecoder('latin1');
    pool.dispatch(
      { path: '/v1/chat/completions', method: 'POST', headers: plan.target.headers, body },
      {
        onRequestStart: () => undefined,
        onResponseStart: (_controller, status) => {
          isOk = status === 200;
        },
        onResponseData: (_controller, piece) => {
          const nowMs = performance.now();
          // Every event but the role, the finish and [DONE] is one token; those three are a thousandth of all.
          const tokens = occurrences(decoder.decode(piece), EVENT_END);
          if (tokens > 0) clock.token(tokens, lastAtMs, nowMs);
          lastAtMs = nowMs;
        },
        onResponseEnd: () => ended(isOk),
        onResponseError: () => ended(false),
      },
    );
  };
}

function grpcStart(plan: StreamPlan & { target: { kind: 'grpc' } }, clock: TokenClock): Start {
  const client = new InferenceClient(plan.target.address, credentials.createInsecure());
  return (ended) => {
    let lastAtMs: number | undefined;
    const call = client.generateStream({
      requestId: '',
      input: { $case: 'text', value: 'Where is my parcel?' },
      maxOutputTokens: plan.tokensPerStream,
      temperature: undefined,
      topP: undefined,
      seed: undefined,
      stop: [],
      ignoreEos: true,
      cacheKey: '',
    });
    call.on('data', (message: { event?: { $case: string } }) => {
      if (message.event?.$case !== 'chunk') return;
      const nowMs = performance.now();
      clock.token(1, lastAtMs, nowMs);
      lastAtMs = nowMs;
    });
    call.on('end', () => ended(true));
    call.on('error', () => ended(false));
  };
}

const startOf = (plan: StreamPlan, clock: TokenClock): Start =>
  plan.target.kind === 'sse'
    ? sseStart({ ...plan, target: plan.target }, clock)
    : grpcStart({ ...plan, target: plan.target }, clock);

/** Keeps the streams going until the window ends, then reads the clock; what still runs ends with the process. */
async function runStreams(plan: StreamPlan): Promise<StreamReading> {
  const clock = new TokenClock();
  const start = startOf(plan, clock);
  const again = (): void =>
    start((ok) => {
      clock.streams++;
      if (!ok) clock.failed++;
      // A refusal at once must not become a loop.
      if (ok) again();
      else setTimeout(again, 100);
    });
  for (let stream = 0; stream < plan.streams; stream++) {
    setTimeout(again, (stream / plan.streams) * SPREAD_MS);
  }
  const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  await wait(SPREAD_MS + plan.warmUpMs);
  clock.measuring = true;
  const fromMs = performance.now();
  await wait(plan.windowMs);
  clock.measuring = false;
  return {
    tokensPerS: clock.tokens / sFromMs(performance.now() - fromMs),
    itlP50Ms: percentileOf(clock.gapsMs, 50),
    itlP99Ms: percentileOf(clock.gapsMs, 99),
    streams: clock.streams,
    failed: clock.failed,
  };
}

// As every command of busyhour does: the generator's own compiler is not the target's latency.
tuneV8();
const reading = await runStreams(JSON.parse(process.argv[2] ?? '') as StreamPlan);
process.stdout.write(`${JSON.stringify(reading)}\n`);
process.exit(0);
