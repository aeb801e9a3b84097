import type { ServerResponse } from 'node:http';
import { status } from '@grpc/grpc-js';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { WebSocket } from 'ws';
import { createDriver } from '../../../bench/drive/drivers.ts';
import { type Protocol, resolveScenario, type Scenario } from '../../../scenarios/scenario.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { reasonOf } from '../../../vocabulary/outcomes.ts';
import type { ResultStep } from '../../../vocabulary/result-file.ts';
import { K6_ABSENT, k6OnThisMachine, runExported } from '../../support/k6.ts';
import { findFreePort } from '../../support/server-process.ts';
import {
  type DialogFault,
  endWith,
  type FaultServer,
  type GrpcFault,
  type RawFault,
  serveDialog,
  serveGrpc,
  serveRaw,
} from './k6-fault-servers.ts';

const K6 = k6OnThisMachine();
const TIMEOUTS = { connectMs: 1_000, firstTokenMs: 400, idleMs: 300, totalMs: 1_500 };
const constant = (value: number) => ({ distribution: { kind: 'constant' as const, value }, source: 'test' });

const scenarioOf = (protocol: Protocol): Scenario =>
  unwrap(
    resolveScenario({
      name: 'k6-faults',
      description: 'Requests to a server that misbehaves.',
      protocol,
      workload: { kind: 'requests', inputTokens: constant(3), outputTokens: constant(2) },
      // No arrival falls on the very end of the window.
      load: { kind: 'steps', steps: [{ turnsPerS: 24.7, warmUpMs: 0, windowMs: 2_000 }] },
      timeouts: TIMEOUTS,
      drainMs: 0,
    }),
  );

const COMPLETED = 'completed';

/** How the native driver sees each fault, by the fault's name. */
async function seenNatively(
  protocol: Protocol,
  { url, met }: FaultServer,
  faults: number,
): Promise<Map<string, string>> {
  const driver = createDriver(protocol, { url, timeouts: TIMEOUTS, maxConnections: 4 });
  const seen = new Map<string, string>();
  for (let i = 0; i < faults; i++) {
    const { outcome } = await driver.send(
      {
        interactionId: `i${i}`,
        messages: [{ role: 'user', content: 'where is my parcel' }],
        maxOutputTokens: 2,
        exactOutputTokens: true,
        keepText: false,
      },
      new AbortController().signal,
    );
    seen.set(met[i] ?? '', reasonOf(outcome) ?? COMPLETED);
  }
  await driver.close();
  met.length = 0;
  return seen;
}

function tally(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

const reasonsOf = ({ counts }: ResultStep): Record<string, number> => ({
  ...counts.byReason,
  ...(counts.completed === 0 ? {} : { [COMPLETED]: counts.completed }),
});

/** Holds k6's outcomes against the native driver's for the same faults, those that k6 cannot tell apart put in their place. */
async function expectSameOutcomes(
  protocol: Protocol,
  server: FaultServer,
  faults: number,
  otherwise: Readonly<Record<string, string>> = {},
): Promise<void> {
  onTestFinished(() => server.close());
  const native = await seenNatively(protocol, server, faults);
  expect(native.size).toBe(faults);
  const [step] = (await runExported(scenarioOf(protocol), server.url)).steps;
  expect(server.met.length).toBeGreaterThan(faults);
  const expected = server.met.map((name) => otherwise[name] ?? native.get(name) ?? '?');
  expect(step === undefined ? {} : reasonsOf(step)).toEqual(tally(expected));
}

const CLOSE = 'connection: close\r\n';
const HEAD = `HTTP/1.1 200 OK\r\n${CLOSE}content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n`;
const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const TOKEN = 'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n';
const FINISH = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
const statusText = (line: string, body: string, headers = ''): string =>
  `HTTP/1.1 ${line}\r\n${CLOSE}${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const errorBody = (code: string): string => JSON.stringify({ error: { message: 'no', type: 'x', code } });
const says =
  (text: string): RawFault =>
  (socket) =>
    void socket.end(text);
const streams = (...events: readonly string[]): RawFault =>
  says(`${HEAD}${events.map(chunk).join('')}0\r\n\r\n`);

const CHAT_FAULTS: readonly (readonly [string, RawFault])[] = [
  ['a whole answer', streams(TOKEN, TOKEN, FINISH)],
  ['a reset before headers', (socket) => void socket.resetAndDestroy()],
  ['an end before headers', (socket) => void socket.end()],
  [
    'a reset after headers',
    (socket) => void socket.write(HEAD, () => setTimeout(() => socket.resetAndDestroy(), 20)),
  ],
  ['a cut inside a chunk', says(`${HEAD}ff\r\ndata: {"cho`)],
  ['an answer without its end mark', streams(TOKEN, TOKEN)],
  ['an error after the first token', streams(TOKEN, `data: ${errorBody('provider_error')}\n\n`)],
  ['events that are no JSON', streams('data: hello\n\n')],
  ['an answer without content', streams(FINISH)],
  ['bytes that are no HTTP', says('hello\r\n\r\n')],
  ['an empty answer', says(statusText('200 OK', ''))],
  ['a redirect', says(statusText('302 Found', '', 'location: /elsewhere\r\n'))],
  ['404', says(statusText('404 Not Found', '<html>'))],
  ['429 with a fault code', says(statusText('429 Too Many', errorBody('policy_rate_limited')))],
  ['503 with a fault code', says(statusText('503 Busy', errorBody('gateway_overloaded')))],
  ['500', says(statusText('500 Oops', errorBody('unheard_of')))],
];

const fails =
  (code: number, body: string) =>
  (response: ServerResponse): void =>
    void response.writeHead(code).end(body);
const sse = (event: string, data: string): string => `event: ${event}\ndata: ${data}\n\n`;
const tells =
  (...events: readonly string[]) =>
  (response: ServerResponse): void =>
    void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(events.join(''));

const STARTED = sse('started', '{}');
const TEXT = sse('text', '{"text":"yes"}');
const WHOLE = JSON.stringify({ text: 'yes', usage: { prompt_tokens: 3, completion_tokens: 1 } });
const HANDED_OVER = JSON.stringify({ text: 'wait', handOver: { trigger: 'agent_timeout' } });

const OPENING_FAULTS: readonly (readonly [string, DialogFault])[] = [
  ['an opening that is refused', { opening: fails(503, errorBody('gateway_overloaded')) }],
  ['an opening without JSON', { opening: fails(200, 'hello') }],
  ['an opening without an id', { opening: fails(201, '{}') }],
  ['an opening without a body', { opening: fails(200, '') }],
  ['an opening that is cut', { opening: (response) => void response.destroy() }],
];

const DIALOG_FAULTS: readonly (readonly [string, DialogFault])[] = [
  ...OPENING_FAULTS,
  ['a whole turn', { turn: tells(STARTED, TEXT, sse('completed', WHOLE)) }],
  ['a turn that is refused', { turn: fails(429, errorBody('policy_rate_limited')) }],
  ['a turn that fails', { turn: tells(STARTED, TEXT, sse('error', errorBody('provider_error'))) }],
  ['a turn without its end', { turn: tells(STARTED, TEXT) }],
  ['a turn without text', { turn: tells(STARTED, sse('completed', WHOLE)) }],
  ['a turn whose end is no turn', { turn: tells(STARTED, TEXT, sse('completed', '{"text":')) }],
  ['a person instead of an answer', { turn: tells(STARTED, TEXT, sse('completed', HANDED_OVER)) }],
  ['a turn that is cut', { turn: (response) => void response.write(STARTED, () => response.destroy()) }],
];

const frame = (type: string, more: object = {}): string => JSON.stringify({ type, messageId: 'm0', ...more });
const FIRST = frame('text', { text: 'yes' });
const sends =
  (...frames: readonly string[]) =>
  (socket: WebSocket): void => {
    for (const text of frames) socket.send(text);
  };
const error = (code: string): string => frame('error', { error: { code } });

const SOCKET_FAULTS: readonly (readonly [string, DialogFault])[] = [
  ...OPENING_FAULTS,
  [
    'a whole turn',
    { socket: sends(frame('started'), FIRST, frame('completed', { turn: JSON.parse(WHOLE) })) },
  ],
  ['a turn without text', { socket: sends(frame('completed', { turn: JSON.parse(WHOLE) })) }],
  ['a person instead', { socket: sends(FIRST, frame('completed', { turn: JSON.parse(HANDED_OVER) })) }],
  ['an upgrade that is refused', { upgrade: (socket) => void socket.end(statusText('503 Busy', 'no')) }],
  ['an upgrade that is limited', { upgrade: (socket) => void socket.end(statusText('429 Too Many', 'no')) }],
  ['an upgrade that is not ours', { upgrade: (socket) => void socket.end(statusText('401 Who', 'no')) }],
  ['an upgrade that is never answered', { upgrade: () => {} }],
  ['an upgrade that is cut', { upgrade: (socket) => void socket.destroy() }],
  ['a turn that is refused', { socket: sends(error('policy_rate_limited')) }],
  ['a turn that fails after text', { socket: sends(FIRST, error('provider_error')) }],
  ['frames that are no JSON', { socket: sends('hello') }],
  ['frames of no known type', { socket: sends(frame('surprise')) }],
  ['a drain', { socket: (socket) => socket.close(1012) }],
  ['a goodbye in the middle', { socket: (socket) => socket.send(FIRST, () => socket.close(1001)) }],
  ['a cut before text', { socket: (socket) => socket.terminate() }],
  ['a cut after text', { socket: (socket) => socket.send(FIRST, () => socket.terminate()) }],
  ['silence', { socket: () => {} }],
  ['a stall after text', { socket: sends(FIRST) }],
];

const piece = (text: string): object => ({ chunk: { text, num_tokens: 1 } });
const FINISHED = { finish_info: { num_output_tokens: 2, finish_reason: 'FINISH_REASON_LENGTH' } };
const writes =
  (...messages: readonly object[]): GrpcFault =>
  (call) => {
    for (const message of messages) call.write(message);
    call.end();
  };
const refusal = { error: { code: 'OVERLOADED', message: 'full', retryable: true } };

const GRPC_FAULTS: readonly (readonly [string, GrpcFault])[] = [
  ['a whole answer', writes({ prompt_info: { num_prompt_tokens: 3 } }, piece('a'), piece('b'), FINISHED)],
  ['an answer without its end', writes(piece('a'))],
  ['an answer without content', writes(FINISHED)],
  ['nothing at all', writes()],
  ['an engine that is full', writes(refusal)],
  ['an engine that fails after a token', writes(piece('a'), refusal)],
  ['a status of no validity', endWith(status.INVALID_ARGUMENT, 'no')],
  ['a status of an outage', endWith(status.UNAVAILABLE, 'down')],
  [
    'a status after a token',
    (call, server) => {
      call.write(piece('a'));
      setImmediate(() => endWith(status.INTERNAL, 'broken')(call, server));
    },
  ],
  ['silence', () => {}],
  ['a stall after a token', (call) => void call.write(piece('a'))],
];

describe.skipIf(K6 === undefined)(
  `a server that misbehaves has the outcomes of the native engine (skipped where ${K6_ABSENT})`,
  { timeout: 60_000 },
  () => {
    it('over openai-chat', async () => {
      await expectSameOutcomes('openai-chat', await serveRaw(CHAT_FAULTS), CHAT_FAULTS.length);
    });

    it('over the dialog API', async () => {
      await expectSameOutcomes('dialog', await serveDialog(DIALOG_FAULTS), DIALOG_FAULTS.length);
    });

    it('over a socket, its limits included', async () => {
      await expectSameOutcomes('websocket', await serveDialog(SOCKET_FAULTS), SOCKET_FAULTS.length);
    });

    it('over gRPC, its limits included', async () => {
      await expectSameOutcomes('grpc', await serveGrpc(GRPC_FAULTS), GRPC_FAULTS.length);
    });

    it.for(['openai-chat', 'http', 'dialog', 'websocket', 'grpc'] as const)(
      '%s where nobody listens: refused',
      async (protocol) => {
        const url = `http://127.0.0.1:${await findFreePort()}`;
        const [step] = (await runExported(scenarioOf(protocol), url)).steps;
        const offered = step?.counts.offered ?? 0;
        expect(offered).toBeGreaterThan(40);
        expect(step?.counts.byReason).toEqual({ 'failed:connect-refused': offered });
      },
    );

    it('gRPC where nobody speaks it runs into the nearest limit', async () => {
      const server = await serveRaw([['silence', () => {}]]);
      onTestFinished(() => server.close());
      const [step] = (await runExported(scenarioOf('grpc'), server.url)).steps;
      const { offered = 0, dropped = 0, byReason = {} } = step?.counts ?? {};
      expect(byReason['timed-out:first-token']).toBe(offered - dropped);
      expect(offered - dropped).toBeGreaterThan(40);
    });

    it('HTTP that never answers runs into the one limit that k6 has', async () => {
      const server = await serveRaw([['silence', () => {}]]);
      onTestFinished(() => server.close());
      const [step] = (await runExported(scenarioOf('dialog'), server.url)).steps;
      const { offered = 0, dropped = 0, byReason = {} } = step?.counts ?? {};
      expect(byReason['timed-out:total']).toBe(offered - dropped);
      expect(offered - dropped).toBeGreaterThan(40);
    });
  },
);
