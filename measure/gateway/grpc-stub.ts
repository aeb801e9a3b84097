import { Server, ServerCredentials, type ServerWritableStream } from '@grpc/grpc-js';
import { tuneV8 } from '../../cli/v8-tuning.ts';
import {
  type ControlServer,
  ControlService,
  FinishReason,
  type GenerateRequest,
  type GenerateStreamResponse,
  type InferenceServer,
  InferenceService,
} from '../../runtime/inference/generated/inference.ts';

/**
 * An inference server that streams tokens at a constant pace: what is measured is the relay in front of it.
 * Arguments: the gap between two tokens of a stream in ms.
 */
// As every command of busyhour does: the generator's own compiler is not the target's latency.
tuneV8();
const GAP_MS = Number(process.argv[2] ?? 25);
const WORD = 'word ';
const PROMPT_TOKENS = 10;

type Call = ServerWritableStream<GenerateRequest, GenerateStreamResponse>;

interface Paced {
  readonly call: Call;
  left: number;
  nextAtMs: number;
}

const running = new Set<Paced>();

const chunk: GenerateStreamResponse = {
  event: { $case: 'chunk', value: { text: WORD, numTokens: 1, tokenIds: [1] } },
};
const promptInfo: GenerateStreamResponse = {
  event: { $case: 'promptInfo', value: { numPromptTokens: PROMPT_TOKENS } },
};

/** The terminal message, as an engine sends it. */
const finishOf = (outputTokens: number): GenerateStreamResponse => ({
  event: {
    $case: 'finishInfo',
    value: {
      numOutputTokens: outputTokens,
      finishReason: FinishReason.LENGTH,
      usage: { promptTokens: PROMPT_TOKENS, completionTokens: outputTokens, cachedPromptTokens: 0 },
      timings: undefined,
    },
  },
});

function tick(): void {
  const nowMs = performance.now();
  for (const stream of running) {
    while (stream.left > 0 && stream.nextAtMs <= nowMs) {
      stream.call.write(chunk);
      stream.left--;
      stream.nextAtMs += GAP_MS;
    }
    if (stream.left > 0) continue;
    running.delete(stream);
    stream.call.write(finishOf(stream.call.request.maxOutputTokens));
    stream.call.end();
  }
}

function generate(call: Call): void {
  const stream = { call, left: call.request.maxOutputTokens, nextAtMs: performance.now() + GAP_MS };
  call.write(promptInfo);
  running.add(stream);
  call.on('cancelled', () => running.delete(stream));
}

const inference: InferenceServer = {
  generateStream: generate,
  generate: (_call, callback) => callback(new Error('this stub streams only')),
};
const control: ControlServer = {
  getServerInfo: (_call, callback) =>
    callback(null, {
      name: 'stub',
      version: '0',
      engineKind: 'simulated',
      device: 'none',
      simulated: true,
      draining: false,
      engineVersion: '0',
    }),
  getModelInfo: (_call, callback) =>
    callback(null, { model: 'stub', contextTokens: 4096, maxSequences: 4096, kvCapacityTokens: 0 }),
  getLoad: (_call, callback) =>
    callback(null, {
      runningRequests: running.size,
      waitingRequests: 0,
      kvTokens: 0,
      kvCapacityTokens: 0,
      orphanOutputTokens: 0,
    }),
  abort: (_call, callback) => callback(null, { abortedRequestIds: [] }),
};
const server = new Server();
server.addService(InferenceService, inference);
server.addService(ControlService, control);
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  setInterval(tick, 1);
  process.stdout.write(`${JSON.stringify({ event: 'ready', port })}\n`);
});
process.stdin.on('end', () => process.exit(0)).resume();
