/**
 * Measures the exported file with the engine that serves it: bits per byte on the validation
 * text, and sample answers.
 *
 *     node runtime/inference/model/measure-gguf.ts --model F.gguf --corpus FOLDER --samples
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import {
  getLlama,
  type LlamaContextSequence,
  LlamaLogLevel,
  type LlamaModel,
  type SequenceEvaluateOptions,
  type Token,
} from 'node-llama-cpp';

const SAMPLE_PROMPTS = [
  'USER: hi, my internet is down\nAGENT:',
  'USER: Hello, I want to check the balance of my bank account please.\nAGENT:',
  'USER: I need a train from Cambridge to London on Friday morning.\nAGENT:',
];
const SAMPLED_SEEDS = [1, 2];
const MAX_ANSWER_TOKENS = 60;

interface Engine {
  readonly model: LlamaModel;
  readonly sequence: LlamaContextSequence;
  readonly begin: Token;
  readonly end: Token;
}

/** Bits of every token after the first. */
async function measureDialogBits(sequence: LlamaContextSequence, tokens: readonly Token[]): Promise<number> {
  await sequence.clearHistory();
  const outputs = await sequence.controlledEvaluate(
    tokens.map((token) => [token, { generateNext: { probabilities: true } }]),
  );
  let bits = 0;
  for (const [position, token] of tokens.entries()) {
    if (position === 0) continue;
    const probability = outputs[position - 1]?.next.probabilities?.get(token);
    if (probability === undefined || probability <= 0) {
      throw new Error(`expected a probability for the token at position ${position}, got ${probability}`);
    }
    bits -= Math.log2(probability);
  }
  return bits;
}

/** Each dialog alone, as it would be served: begin token, text, end token for the empty line after it. */
async function measureDialogs(engine: Engine, dialogs: readonly string[]): Promise<object> {
  let bits = 0;
  let textBytes = 0;
  let tokens = 0;
  for (const dialog of dialogs) {
    const ids = [engine.begin, ...engine.model.tokenize(dialog), engine.end];
    bits += await measureDialogBits(engine.sequence, ids);
    textBytes += Buffer.byteLength(dialog) + 1;
    tokens += ids.length - 1;
  }
  return { dialogs: dialogs.length, textBytes, tokens, bits, bitsPerByte: bits / textBytes };
}

async function generateAnswer(
  engine: Engine,
  prompt: string,
  options: SequenceEvaluateOptions,
): Promise<string> {
  const [lineEnd] = engine.model.tokenize('\n');
  const answer: Token[] = [];
  await engine.sequence.clearHistory();
  const input = [engine.begin, ...engine.model.tokenize(prompt)];
  for await (const token of engine.sequence.evaluate(input, options)) {
    if (token === lineEnd || engine.model.isEogToken(token) || answer.length === MAX_ANSWER_TOKENS) break;
    answer.push(token);
  }
  return engine.model.detokenize(answer);
}

async function printSamples(engine: Engine): Promise<void> {
  for (const prompt of SAMPLE_PROMPTS) {
    console.log(prompt);
    console.log(`  greedy:${await generateAnswer(engine, prompt, { temperature: 0 })}`);
    for (const seed of SAMPLED_SEEDS) {
      const options = { temperature: 0.7, topP: 0.95, seed };
      console.log(`  temperature 0.7, seed ${seed}:${await generateAnswer(engine, prompt, options)}`);
    }
  }
}

function readDialogs(corpusFolder: string): string[] {
  const text = gunzipSync(readFileSync(`${corpusFolder}/val.txt.gz`)).toString('utf8');
  return text
    .slice(0, -2)
    .split('\n\n')
    .map((dialog) => `${dialog}\n`);
}

async function main(): Promise<void> {
  const { values: flags } = parseArgs({
    options: {
      model: { type: 'string', default: `${import.meta.dirname}/demo.gguf` },
      corpus: { type: 'string' },
      dialogs: { type: 'string' },
      samples: { type: 'boolean', default: false },
    },
  });
  const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error, maxThreads: 2 });
  const model = await llama.loadModel({ modelPath: flags.model });
  const { bos, eos } = model.tokens;
  if (bos === null || eos === null) throw new Error(`${flags.model}: expected a begin and an end token`);
  const context = await model.createContext({
    contextSize: model.trainContextSize,
    batchSize: model.trainContextSize,
  });
  const engine: Engine = { model, sequence: context.getSequence(), begin: bos, end: eos };
  if (flags.corpus !== undefined) {
    const dialogs = readDialogs(flags.corpus);
    const asked = flags.dialogs === undefined ? dialogs.length : Number(flags.dialogs);
    console.log(JSON.stringify(await measureDialogs(engine, dialogs.slice(0, asked))));
  }
  if (flags.samples) await printSamples(engine);
  await llama.dispose();
}

await main();
