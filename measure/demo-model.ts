import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Engine } from '../runtime/inference/contract.ts';
import { createEngine } from '../runtime/inference/engines/create-engine.ts';
import { DEMO_MODEL_PATH } from '../runtime/inference/engines/engine-config.ts';
import { sFromMs } from '../vocabulary/units.ts';
import {
  computeGzipBitsPerByte,
  computeOrder0BitsPerByte,
  computeOrder1BitsPerByte,
} from './byte-baselines.ts';
import { measureModelBits } from './model-bits.ts';

const VALIDATION_FILE = join(import.meta.dirname, '../../shared/data/lm-corpus/val.txt.gz');
const THREADS = 1;
const OUTPUT_TOKENS = 400;
const ROUNDS = 3;
const MANY_SEQUENCES = 8;

const PROMPTS = [
  'Hello, I want to check the balance of my bank account please.',
  'I need a train from Cambridge to London on Friday morning.',
  'Hi, my internet is down again.',
  'Can you book a table for two tonight?',
];

async function generateTokens(engine: Engine, requestId: string, content: string): Promise<number> {
  const request = {
    requestId,
    input: { kind: 'chat', messages: [{ role: 'user', content }] },
    maxOutputTokens: OUTPUT_TOKENS,
    temperature: 0.7,
    topP: 0.95,
    seed: 1,
    stop: [],
    ignoreEos: true,
  } as const;
  for await (const event of engine.generate(request, new AbortController().signal)) {
    if (event.kind === 'finish') return event.outputTokens;
    if (event.kind === 'error') throw new Error(`${event.code}: ${event.message}`);
  }
  return 0;
}

/** Output tokens per second of `sequences` requests running together, the best of a few rounds. */
async function measureTokensPerS(engine: Engine, sequences: number): Promise<number> {
  let best = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const startedAtMs = performance.now();
    const tokens = await Promise.all(
      Array.from({ length: sequences }, (_, i) =>
        generateTokens(engine, `${sequences}-${round}-${i}`, PROMPTS[i % PROMPTS.length] ?? ''),
      ),
    );
    const total = tokens.reduce((sum, count) => sum + count, 0);
    best = Math.max(best, total / sFromMs(performance.now() - startedAtMs));
  }
  return best;
}

async function measureSpeed(): Promise<{ tokensPerS1: number; tokensPerS8: number }> {
  const engine = await createEngine({
    kind: 'llama',
    device: 'cpu',
    maxSequences: MANY_SEQUENCES,
    threads: THREADS,
  });
  try {
    await measureTokensPerS(engine, 1);
    return {
      tokensPerS1: await measureTokensPerS(engine, 1),
      tokensPerS8: await measureTokensPerS(engine, MANY_SEQUENCES),
    };
  } finally {
    await engine.close(0);
  }
}

/** Quality without the validation file cannot be measured, so its figures are absent then. */
async function measureQuality(): Promise<Record<string, number>> {
  if (!existsSync(VALIDATION_FILE)) {
    process.stderr.write(`bits per byte are not measured: there is no ${VALIDATION_FILE}\n`);
    return {};
  }
  const bytes = gunzipSync(readFileSync(VALIDATION_FILE));
  const model = await measureModelBits(DEMO_MODEL_PATH, bytes.toString('utf8'), THREADS);
  return {
    bitsPerByte: model.bitsPerByte,
    validationBytes: model.textBytes,
    validationTokens: model.tokens,
    order0BitsPerByte: computeOrder0BitsPerByte(bytes),
    order1BitsPerByte: computeOrder1BitsPerByte(bytes),
    gzipBitsPerByte: computeGzipBitsPerByte(bytes),
  };
}

/** Quality of the committed model on the validation dialogs beside simple baselines, and its speed through the engine. */
export async function measureDemoModel(): Promise<Record<string, number>> {
  const quality = await measureQuality();
  const { tokensPerS1, tokensPerS8 } = await measureSpeed();
  return { ...quality, tokensPerS1, tokensPerS8, threads: THREADS };
}
