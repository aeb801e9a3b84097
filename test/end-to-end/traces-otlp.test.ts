import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Cleanup, until } from '../runtime/support/gateway-rig.ts';
import { startInferenceProcess } from '../runtime/telemetry/inference-process.ts';
import { type OtlpReceiverProcess, startOtlpReceiverProcess } from '../support/otlp-receiver-process.ts';
import { redisBinary, startRedis } from '../support/redis.ts';
import { startServe } from '../support/serve-process.ts';
import { scratchFolder } from './command.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

/** Starting processes takes seconds on a machine that is busy. */
const LIMIT = { timeout: 120_000 };
const CHAT = 'POST /v1/chat/completions';
const traceIdOf = (n: number): string => n.toString(16).padStart(32, 'a');

/** Asks in a trace of the caller's own. */
async function chat(url: string, n: number): Promise<number> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      connection: 'close',
      traceparent: `00-${traceIdOf(n)}-00f067aa0ba902b7-01`,
    },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'I want a refund' }], max_tokens: 5 }),
  });
  await response.arrayBuffer();
  return response.status;
}

const spansOf = ({ spans }: OtlpReceiverProcess, n: number) =>
  spans.filter(({ traceId }) => traceId === traceIdOf(n));
const namesOf = (receiver: OtlpReceiverProcess, n: number) => spansOf(receiver, n).map(({ name }) => name);

describe('traces over OTLP, every part in a process of its own', () => {
  it(
    'reach the receiver as one trace of gateway and engine, and the last ones with the drain',
    LIMIT,
    async () => {
      const receiver = cleanup.add(await startOtlpReceiverProcess());
      const engine = cleanup.add(await startInferenceProcess({ traces: { otlpUrl: receiver.url } }));
      const serve = await startServe(['--inference', engine.address], {
        BUSYHOUR_TELEMETRY__TRACES__OTLP_URL: receiver.url,
      });
      expect(await chat(serve.url, 1)).toBe(200);
      await until(() => namesOf(receiver, 1).includes('engine decode'), 'the spans of the engine', 10_000);
      await until(() => namesOf(receiver, 1).includes(CHAT), 'the span of the gateway', 10_000);
      const [server] = spansOf(receiver, 1).filter(({ name }) => name === CHAT);
      expect(server).toMatchObject({
        service: 'busyhour-gateway',
        parentSpanId: '00f067aa0ba902b7',
        attributes: { 'busyhour.outcome': 'ok', 'http.response.status_code': 200 },
      });
      const attempt = spansOf(receiver, 1).find(({ name }) => name === 'chat local');
      expect(attempt?.parentSpanId).toBe(server?.spanId);
      const tookMs = Number(BigInt(server?.endUnixNs ?? 0) - BigInt(server?.startUnixNs ?? 0)) / 1e6;
      expect(tookMs).toBeGreaterThan(0);
      expect(tookMs).toBeLessThan(30_000);

      // Ended at once: what waited to be sent is sent with the drain.
      expect(await chat(serve.url, 2)).toBe(200);
      serve.kill('SIGTERM');
      expect(await serve.exited).toBe(0);
      await until(() => namesOf(receiver, 2).includes(CHAT), 'the span that waited', 5000);
    },
  );

  it('harm nothing while the receiver is gone, and go on when it is back', LIMIT, async () => {
    const first = cleanup.add(await startOtlpReceiverProcess());
    const serve = await startServe([], { BUSYHOUR_TELEMETRY__TRACES__OTLP_URL: first.url });
    expect(await chat(serve.url, 1)).toBe(200);
    await until(() => namesOf(first, 1).includes(CHAT), 'the first span', 10_000);
    await first.close();
    for (let n = 2; n < 6; n++) expect(await chat(serve.url, n)).toBe(200);
    const failures = /^busyhour_trace_spans_total\{result="failed"\} [1-9]/m;
    await until(
      async () => failures.test(await (await fetch(`${serve.url}/metrics`)).text()),
      'a failed export in the metrics',
      20_000,
    );
    const second = cleanup.add(await startOtlpReceiverProcess(first.port));
    let n = 100;
    await until(
      async () => {
        expect(await chat(serve.url, ++n)).toBe(200);
        return second.spans.some(({ name }) => name === CHAT);
      },
      'a span at the receiver that came back',
      30_000,
    );
    serve.kill('SIGTERM');
    expect(await serve.exited).toBe(0);
  });

  it.skipIf(redisBinary() === undefined)(
    'come from every worker (skipped without redis-server)',
    LIMIT,
    async () => {
      const redis = await startRedis();
      cleanup.add({ close: () => redis.stop() });
      const receiver = cleanup.add(await startOtlpReceiverProcess());
      const history = join(scratchFolder(), 'history.sqlite');
      const serve = await startServe(['--workers', '2', '--history', history], {
        BUSYHOUR_REDIS_URL: redis.url,
        BUSYHOUR_TELEMETRY__TRACES__OTLP_URL: receiver.url,
      });
      const asked = Array.from({ length: 20 }, (_, index) => index + 1);
      for (const n of asked) expect(await chat(serve.url, n)).toBe(200);
      serve.kill('SIGTERM');
      expect(await serve.exited).toBe(0);
      await until(
        () => asked.every((n) => namesOf(receiver, n).filter((name) => name === CHAT).length === 1),
        'the span of each request, once',
        10_000,
      );
    },
  );
});
