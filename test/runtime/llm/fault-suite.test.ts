import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { GatewayConfigInput } from '../../../runtime/config.ts';
import { createInferenceClient } from '../../../runtime/inference/client.ts';
import { GrpcProvider } from '../../../runtime/llm/grpc-provider.ts';
import { completionOf } from '../../contracts/provider.ts';
import { messageEnd, messageStart, textDelta } from '../../contracts/wire-server-anthropic.ts';
import {
  chunkOf,
  type FaultBehaviour,
  findRefusedAddress,
  startFaultServer,
} from '../support/fault-server.ts';
import { Cleanup, openAiClient, readMetric, startTestGateway } from '../support/gateway-rig.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

type Kind = 'openai' | 'anthropic';

/** One answer in the words of each protocol. */
const PROTOCOLS = {
  openai: {
    first: [chunkOf('one ')],
    rest: [chunkOf('two', 'stop'), '[DONE]'],
    baseUrl: (url: string) => url,
  },
  anthropic: {
    first: [messageStart(), textDelta('one ')].map((event) => JSON.stringify(event)),
    rest: [textDelta('two'), ...messageEnd('end_turn', 2)].map((event) => JSON.stringify(event)),
    baseUrl: (url: string) => url.replace(/\/v1$/, ''),
  },
} as const;

interface Row {
  readonly fault: string;
  readonly behaviour: (kind: Kind) => FaultBehaviour | 'refused';
  /** What the client saw: a status with a code, or a stream that was cut with a code. */
  readonly seen: string;
  /** After five of them. */
  readonly breaker: 'open' | 'closed';
  /** Attempts that five requests made; one is retried each time, within the budget. */
  readonly retries: boolean;
}

const stream = (events: readonly string[], ending: 'end' | 'cut' | 'stall'): FaultBehaviour => ({
  kind: 'stream',
  events,
  ending,
});
const huge = (kind: Kind): string =>
  kind === 'openai' ? chunkOf('x'.repeat(900_000)) : JSON.stringify(textDelta('x'.repeat(900_000)));

/** The faults of docs/providers.md, row by row. */
const ROWS: readonly Row[] = [
  {
    fault: 'connection refused',
    behaviour: () => 'refused',
    seen: '502 provider_unreachable',
    breaker: 'open',
    retries: true,
  },
  {
    fault: 'hangs before headers',
    behaviour: () => ({ kind: 'hang' }),
    seen: '504 provider_timeout',
    breaker: 'open',
    retries: false,
  },
  {
    fault: 'hangs after headers',
    behaviour: () => stream([], 'stall'),
    seen: '504 provider_timeout',
    breaker: 'open',
    retries: false,
  },
  {
    fault: '429 without retry-after',
    behaviour: () => ({ kind: 'status', status: 429 }),
    seen: '429 provider_rate_limited',
    breaker: 'closed',
    retries: true,
  },
  {
    fault: '429 with retry-after',
    behaviour: () => ({ kind: 'status', status: 429, headers: { 'retry-after': '30' } }),
    seen: '429 provider_rate_limited',
    breaker: 'closed',
    retries: false,
  },
  {
    fault: '500',
    behaviour: () => ({ kind: 'status', status: 500 }),
    seen: '502 provider_error',
    breaker: 'open',
    retries: true,
  },
  {
    fault: '529',
    behaviour: () => ({ kind: 'status', status: 529 }),
    seen: '503 provider_overloaded',
    breaker: 'closed',
    retries: true,
  },
  {
    fault: '400',
    behaviour: () => ({ kind: 'status', status: 400 }),
    seen: '502 provider_rejected',
    breaker: 'closed',
    retries: false,
  },
  {
    fault: 'redirect',
    behaviour: () => ({ kind: 'status', status: 307, headers: { location: 'http://127.0.0.1:9/' } }),
    seen: '502 provider_rejected',
    breaker: 'closed',
    retries: false,
  },
  {
    fault: 'cut before headers',
    behaviour: () => ({ kind: 'cut-before-headers' }),
    seen: '502 provider_error',
    breaker: 'open',
    retries: true,
  },
  {
    fault: 'malformed chunk',
    behaviour: () => stream(['{nope'], 'end'),
    seen: '502 provider_error',
    breaker: 'open',
    retries: true,
  },
  {
    fault: 'cut stream',
    behaviour: (kind) => stream(PROTOCOLS[kind].first, 'cut'),
    seen: 'cut provider_incomplete',
    breaker: 'open',
    retries: false,
  },
  {
    fault: 'ends early',
    behaviour: (kind) => stream(PROTOCOLS[kind].first, 'end'),
    seen: 'cut provider_incomplete',
    breaker: 'open',
    retries: false,
  },
  {
    fault: 'stalled stream',
    behaviour: (kind) => stream(PROTOCOLS[kind].first, 'stall'),
    seen: 'cut provider_timeout',
    breaker: 'open',
    retries: false,
  },
  {
    fault: 'malformed chunk after text',
    behaviour: (kind) => stream([...PROTOCOLS[kind].first, '{nope'], 'end'),
    seen: 'cut provider_error',
    breaker: 'open',
    retries: false,
  },
  {
    fault: 'oversized answer',
    behaviour: (kind) =>
      stream([...PROTOCOLS[kind].first, ...Array.from({ length: 11 }, () => huge(kind))], 'end'),
    seen: 'cut provider_error',
    breaker: 'open',
    retries: false,
  },
];

const PATIENT = { connectMs: 500, firstTokenMs: 5000, idleMs: 5000, totalMs: 20_000 };

/** Only the limit that a row is about is short: on a busy machine any other would speak first. */
function timeoutsFor(seen: string) {
  if (seen === '504 provider_timeout') return { ...PATIENT, firstTokenMs: 120 };
  return seen === 'cut provider_timeout' ? { ...PATIENT, idleMs: 120 } : PATIENT;
}

function providerOf(kind: Kind, url: string) {
  const common = { name: 'vendor', model: 'm', baseUrl: PROTOCOLS[kind].baseUrl(url) };
  return kind === 'openai'
    ? { kind: 'openai' as const, ...common }
    : { kind: 'anthropic' as const, ...common };
}

async function gatewayTo(kind: Kind, url: string, more: Partial<GatewayConfigInput> = {}) {
  const gateway = await startTestGateway(cleanup, {
    providers: [providerOf(kind, url)],
    timeouts: PATIENT,
    retries: { maxAttempts: 2, baseMs: 1, maxMs: 5 },
    breaker: { maxFailures: 5, openMs: 60_000 },
    ...more,
  });
  return { gateway, client: openAiClient(gateway) };
}

/** What a client of a streamed completion saw. */
async function ask(client: ReturnType<typeof openAiClient>): Promise<string> {
  let text = '';
  try {
    const events = await client.chat.completions.create({
      model: 'm',
      messages: [{ role: 'user', content: 'hello' }],
      stream: true,
    });
    for await (const chunk of events) text += chunk.choices[0]?.delta.content ?? '';
    return 'whole';
  } catch (error) {
    const { status, code } = error as { status?: number; code?: string };
    return text === '' && status !== undefined ? `${status} ${code}` : `cut ${code}`;
  }
}

describe.each(['openai', 'anthropic'] as const)('a provider of kind %s', (kind) => {
  it.each(ROWS)(
    '$fault: the client sees $seen, the breaker is $breaker',
    async ({ behaviour, seen, breaker, retries }) => {
      const what = behaviour(kind);
      const server = what === 'refused' ? undefined : cleanup.add(await startFaultServer(what));
      const url = server?.baseUrl ?? `http://${await findRefusedAddress()}/v1`;
      const timeouts = timeoutsFor(seen);
      const { gateway, client } = await gatewayTo(kind, url, { timeouts });
      // One after the other, until the breaker had reason to open.
      const views = [];
      for (let n = 0; n < 5; n++) views.push(await ask(client));
      expect(views[0]).toBe(seen);
      const state = `busyhour_provider_breaker_state{provider="vendor",state="${breaker}"}`;
      expect(await readMetric(gateway, state)).toBe(1);
      const retried = 'busyhour_provider_extra_attempts_total{provider="vendor",cause="retry",result="made"}';
      expect(((await readMetric(gateway, retried)) ?? 0) > 0).toBe(retries);
      const result = `busyhour_provider_attempts_total{provider="vendor",result="${seen.split(' ')[1]}"}`;
      expect((await readMetric(gateway, result)) ?? 0).toBeGreaterThan(0);
      const running = 'busyhour_provider_running_requests{provider="vendor"}';
      expect(await readMetric(gateway, running)).toBe(0);
      // An open breaker answers for the provider, with a time to come back.
      if (breaker === 'open') expect(await ask(client)).toBe('502 provider_unreachable');
    },
  );

  it('slow stream: every token within its limit arrives, and nothing is retried', async () => {
    const { first, rest } = PROTOCOLS[kind];
    const slow = createServer(async (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const event of [...first, ...rest]) {
        await new Promise((resolve) => setTimeout(resolve, 60));
        response.write(`data: ${event}\n\n`);
      }
      response.end();
    });
    await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
    cleanup.add({ close: async () => void slow.close() });
    const { port } = slow.address() as AddressInfo;
    const { client, gateway } = await gatewayTo(kind, `http://127.0.0.1:${port}/v1`, { timeouts: PATIENT });
    expect(await ask(client)).toBe('whole');
    const complete = 'busyhour_gateway_answers_total{outcome="complete",level="primary"}';
    expect(await readMetric(gateway, complete)).toBe(1);
  });
});

describe('a provider of kind grpc', () => {
  const openTo = (address: string) =>
    gatewayTo('openai', 'http://unused', {
      timeouts: { ...PATIENT, connectMs: 300 },
      providers: [{ kind: 'grpc', name: 'vendor', address }],
    });

  it('connection refused: the client sees 502 provider_unreachable, the breaker opens', async () => {
    const { gateway, client } = await openTo(await findRefusedAddress());
    for (let n = 0; n < 5; n++) expect(await ask(client)).toBe('502 provider_unreachable');
    expect(await readMetric(gateway, 'busyhour_provider_breaker_state{provider="vendor",state="open"}')).toBe(
      1,
    );
  });

  it('a server that accepts and says nothing: the client sees 504 provider_timeout', async () => {
    const server = cleanup.add(await startFaultServer({ kind: 'hang' }));
    const { client } = await openTo(new URL(server.baseUrl).host);
    expect(await ask(client)).toBe('504 provider_timeout');
  });

  it('a client that leaves while the server is not known yet does not wait for it', async () => {
    const server = cleanup.add(await startFaultServer({ kind: 'hang' }));
    const client = createInferenceClient({ address: new URL(server.baseUrl).host });
    const provider = cleanup.add(new GrpcProvider({ name: 'p', client, connectMs: 5000, totalMs: 5000 }));
    const leaving = new AbortController();
    setTimeout(() => leaving.abort(), 30);
    const startedAtMs = performance.now();
    const events = [];
    for await (const event of provider.complete(completionOf(), { signal: leaving.signal }))
      events.push(event);
    expect(events).toMatchObject([{ kind: 'failed', fault: { code: 'caller_disconnected' } }]);
    expect(performance.now() - startedAtMs).toBeLessThan(1000);
  });
});

it('the page of providers has a row for each of these faults, with the same words', () => {
  const page = readFileSync(new URL('../../../docs/providers.md', import.meta.url), 'utf8');
  for (const { fault, seen, breaker } of ROWS) {
    const row = page.split('\n').find((line) => line.startsWith(`| ${fault} |`));
    const [status, code] = seen.split(' ');
    expect([fault, row?.includes(`\`${code}\``), row?.includes(status ?? '')]).toEqual([fault, true, true]);
    expect([fault, row?.includes('opens')]).toEqual([fault, breaker === 'open']);
  }
});
