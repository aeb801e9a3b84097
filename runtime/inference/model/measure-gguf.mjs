// Measures the exported file with the engine that will serve it: bits per byte on the
// validation text, and sample answers.
//
//     node measure-gguf.mjs --model demo.gguf --corpus FOLDER [--dialogs 609] [--samples]
//
// Needs the npm package node-llama-cpp.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';

const SAMPLE_PROMPTS = [
  'USER: hi, my internet is down\nAGENT:',
  'USER: Hello, I want to check the balance of my bank account please.\nAGENT:',
  'USER: I need a train from Cambridge to London on Friday morning.\nAGENT:',
];
const SAMPLE_TURN_TOKENS = 60;

/** Bits of every token after the first, in batches that the context can hold. */
async function measureDialogBits(sequence, tokens) {
  await sequence.clearHistory();
  const input = tokens.map((token) => [token, { generateNext: { probabilities: true } }]);
  const outputs = await sequence.controlledEvaluate(input);
  let bits = 0;
  for (let position = 0; position + 1 < tokens.length; position++) {
    const probability = outputs[position]?.next.probabilities?.get(tokens[position + 1]);
    if (!(probability > 0)) throw new Error(`no probability for the token at ${position + 1}`);
    bits -= Math.log2(probability);
  }
  return bits;
}

async function measureValidation(model, sequence, dialogs) {
  let bits = 0;
  let textBytes = 0;
  let tokenCount = 0;
  for (const dialog of dialogs) {
    const tokens = [model.tokens.bos, ...model.tokenize(dialog), model.tokens.eos];
    bits += await measureDialogBits(sequence, tokens);
    textBytes += Buffer.byteLength(dialog) + 1; // the empty line that the end token stands for
    tokenCount += tokens.length - 1;
  }
  return { dialogs: dialogs.length, textBytes, tokens: tokenCount, bits, bitsPerByte: bits / textBytes };
}

async function sampleAnswer(model, sequence, prompt, options) {
  await sequence.clearHistory();
  const lineEnd = model.tokenize('\n')[0];
  const answer = [];
  for await (const token of sequence.evaluate([model.tokens.bos, ...model.tokenize(prompt)], options)) {
    if (token === lineEnd || model.isEogToken(token)) break;
    answer.push(token);
    if (answer.length >= SAMPLE_TURN_TOKENS) break;
  }
  return model.detokenize(answer);
}

const { values: flags } = parseArgs({
  options: {
    model: { type: 'string' },
    corpus: { type: 'string' },
    dialogs: { type: 'string', default: '1000000' },
    samples: { type: 'boolean', default: false },
  },
});
const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error, maxThreads: 2 });
const model = await llama.loadModel({ modelPath: flags.model });
const context = await model.createContext({
  contextSize: model.trainContextSize,
  batchSize: model.trainContextSize,
});
const sequence = context.getSequence();

if (flags.corpus !== undefined) {
  const text = gunzipSync(readFileSync(`${flags.corpus}/val.txt.gz`)).toString('utf8');
  const dialogs = text
    .slice(0, -2)
    .split('\n\n')
    .map((dialog) => `${dialog}\n`);
  console.log(
    JSON.stringify(await measureValidation(model, sequence, dialogs.slice(0, Number(flags.dialogs)))),
  );
}
if (flags.samples) {
  for (const prompt of SAMPLE_PROMPTS) {
    console.log(prompt + (await sampleAnswer(model, sequence, prompt, { temperature: 0 })));
    for (const seed of [1, 2]) {
      const sampled = { temperature: 0.7, topP: 0.95, seed };
      console.log(`   seed ${seed}:${await sampleAnswer(model, sequence, prompt, sampled)}`);
    }
  }
}
await llama.dispose();
