import {
  getLlama,
  type LlamaContextSequence,
  LlamaLogLevel,
  type LlamaModel,
  type Token,
} from 'node-llama-cpp';

export interface ModelBits {
  readonly bitsPerByte: number;
  readonly tokens: number;
  readonly textBytes: number;
}

/** Dialogs of a corpus in which an empty line follows each. Each dialog keeps the end of its last line. */
export const splitDialogs = (text: string): string[] =>
  text
    .split('\n\n')
    .map((dialog) => dialog.replace(/\n+$/, ''))
    .filter((dialog) => dialog !== '')
    .map((dialog) => `${dialog}\n`);

/** −log₂ p of each token given those before it, from the second on: the model's own probabilities, no sampling. */
async function tokenBits(sequence: LlamaContextSequence, tokens: readonly Token[]): Promise<number[]> {
  await sequence.clearHistory();
  const options = { temperature: 1, topK: 0, topP: 1, minP: 0 };
  const outputs = await sequence.controlledEvaluate(
    tokens.slice(0, -1).map((token) => [token, { generateNext: { options, probabilities: true } }]),
  );
  return tokens.slice(1).map((token, i) => {
    const probability = outputs[i]?.next.probabilities?.get(token);
    if (probability === undefined) throw new Error(`llama.cpp gave no probability for the token at ${i + 1}`);
    return -Math.log2(probability);
  });
}

/**
 * A text longer than the window is scored in windows that overlap by half: every token is counted once, with at least
 * half a window before it.
 */
async function windowedBits(
  sequence: LlamaContextSequence,
  tokens: readonly Token[],
  windowTokens: number,
): Promise<number> {
  let bits = 0;
  let scored = 1;
  for (let start = 0; scored < tokens.length; start += Math.floor(windowTokens / 2)) {
    const window = tokens.slice(start, start + windowTokens);
    const all = await tokenBits(sequence, window);
    bits += all.slice(scored - start - 1).reduce((sum, bit) => sum + bit, 0);
    scored = start + window.length;
  }
  return bits;
}

/** Every dialog alone, as it is served: begin token, text, and an end token for the empty line after it. */
async function corpusBits(model: LlamaModel, dialogs: readonly string[]): Promise<ModelBits> {
  const { bos, eos } = model.tokens;
  if (bos === null || eos === null) throw new Error('the model has no begin or no end token');
  const windowTokens = model.trainContextSize;
  const context = await model.createContext({ contextSize: windowTokens, batchSize: windowTokens });
  const sequence = context.getSequence();
  const sums = { bits: 0, tokens: 0, textBytes: 0 };
  for (const dialog of dialogs) {
    const tokens = [bos, ...model.tokenize(dialog), eos];
    sums.bits += await windowedBits(sequence, tokens, windowTokens - 1);
    sums.tokens += tokens.length - 1;
    sums.textBytes += Buffer.byteLength(dialog) + 1;
  }
  await context.dispose();
  return { bitsPerByte: sums.bits / sums.textBytes, tokens: sums.tokens, textBytes: sums.textBytes };
}

/** Bits per byte of a GGUF model on a text of dialogs, by llama.cpp on the CPU. */
export async function measureModelBits(
  modelPath: string,
  text: string,
  threads: number,
  maxDialogs = Number.POSITIVE_INFINITY,
): Promise<ModelBits> {
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    logLevel: LlamaLogLevel.error,
    maxThreads: threads,
  });
  try {
    const model = await llama.loadModel({ modelPath });
    return await corpusBits(model, splitDialogs(text).slice(0, maxDialogs));
  } finally {
    await llama.dispose();
  }
}
