import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import {
  getLlama,
  getModuleVersion,
  type Llama,
  type LlamaContext,
  LlamaLogLevel,
  type LlamaModel,
  NoBinaryFoundError,
} from 'node-llama-cpp';
import { BusyhourError, createFailure, unwrap } from '../../../../vocabulary/errors.ts';
import type { LlamaConfig } from '../engine-config.ts';
import { checkGgufFile } from './gguf-file.ts';

export interface LoadedModel {
  readonly llama: Llama;
  readonly model: LlamaModel;
  readonly context: LlamaContext;
  /** In words, for people: `CPU, 1 thread` or `CUDA, NVIDIA H200`. */
  readonly device: string;
  readonly name: string;
  readonly version: string;
  readonly contextTokens: number;
}

const MAX_DEFAULT_THREADS = 8;
const MAX_DEFAULT_CONTEXT_TOKENS = 4096;
const LOG_LINES_KEPT = 3;

/** One core is left to everything else: llama.cpp's threads wait for each other in every step. */
const defaultThreads = (): number => Math.max(1, Math.min(MAX_DEFAULT_THREADS, availableParallelism() - 1));

const INSTALL_STEPS =
  'docs/inference.md says how to install its binary package and driver. Or use --device cpu.';

const INSTALL_HINTS: Readonly<Record<string, string>> = {
  cuda: `A checkout leaves the CUDA binary out; ${INSTALL_STEPS}`,
  vulkan: `A checkout leaves the Vulkan binary out; ${INSTALL_STEPS}`,
  metal: 'Metal needs macOS on Apple silicon. Use --device cpu.',
};

function deviceMissing(device: string, cause: unknown): BusyhourError {
  const hint = INSTALL_HINTS[device];
  const message = `device ${device} was asked for, but there is no usable llama.cpp binary for it here`;
  return new BusyhourError(createFailure('DEVICE_MISSING', message, { cause, ...(hint && { hint }) }));
}

async function loadLlama(config: LlamaConfig, threads: number, log: string[]): Promise<Llama> {
  const gpu = config.device === 'cpu' ? false : config.device;
  try {
    const llama = await getLlama({
      gpu,
      build: 'never',
      skipDownload: true,
      maxThreads: threads,
      progressLogs: false,
      logLevel: LlamaLogLevel.error,
      logger: (_level, message) => {
        log.push(message.trim());
        if (log.length > LOG_LINES_KEPT) log.shift();
      },
    });
    if (gpu !== false && gpu !== 'auto' && llama.gpu !== gpu) {
      await llama.dispose();
      throw deviceMissing(config.device, undefined);
    }
    return llama;
  } catch (cause) {
    if (cause instanceof BusyhourError) throw cause;
    if (cause instanceof NoBinaryFoundError || gpu !== false) throw deviceMissing(config.device, cause);
    throw cause;
  }
}

async function loadFile(llama: Llama, modelPath: string, log: readonly string[]): Promise<LlamaModel> {
  const { fileBytes } = unwrap(checkGgufFile(modelPath));
  try {
    return await llama.loadModel({ modelPath });
  } catch (cause) {
    const reasons = [...log, cause instanceof Error ? cause.message : String(cause)].join('; ');
    const text = `llama.cpp cannot load ${modelPath} (${fileBytes} bytes; it may be truncated): ${reasons}`;
    throw new BusyhourError(createFailure('MODEL_UNREADABLE', text, { cause }));
  }
}

async function describeDevice(llama: Llama, threads: number): Promise<string> {
  if (llama.gpu === false) return `CPU, ${threads} thread${threads === 1 ? '' : 's'}`;
  const names = await llama.getGpuDeviceNames();
  return `${llama.gpu.toUpperCase()}, ${[...new Set(names)].join(' and ')}`;
}

/** `general.name` of the file in kebab-case, else the file's name. */
function modelName(model: LlamaModel, modelPath: string): string {
  const name = model.fileInfo.metadata.general?.name ?? '';
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return slug === '' ? basename(modelPath, '.gguf') : slug;
}

async function createContext(model: LlamaModel, config: LlamaConfig, threads: number, contextTokens: number) {
  const { maxSequences } = config;
  try {
    return await model.createContext({ sequences: maxSequences, contextSize: contextTokens, threads });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `cannot hold ${maxSequences} sequences of ${contextTokens} tokens: ${reason}`;
    const hint =
      'Lower maxSequences or contextTokensPerSequence: memory for keys and values is their product.';
    throw new BusyhourError(createFailure('INVALID_CONFIG', message, { cause, hint }));
  }
}

/** Loads library, model and context. Throws BusyhourError MODEL_UNREADABLE, DEVICE_MISSING or INVALID_CONFIG. */
export async function loadModel(config: LlamaConfig): Promise<LoadedModel> {
  unwrap(checkGgufFile(config.modelPath));
  const threads = config.threads ?? defaultThreads();
  const log: string[] = [];
  const llama = await loadLlama(config, threads, log);
  try {
    const model = await loadFile(llama, config.modelPath, log);
    const trainedTokens = Math.min(model.trainContextSize, MAX_DEFAULT_CONTEXT_TOKENS);
    const contextTokens = config.contextTokensPerSequence ?? trainedTokens;
    const context = await createContext(model, config, threads, contextTokens);
    return {
      llama,
      model,
      context,
      device: await describeDevice(llama, threads),
      name: modelName(model, config.modelPath),
      version: `node-llama-cpp ${await getModuleVersion()}`,
      contextTokens,
    };
  } catch (error) {
    await llama.dispose();
    throw error;
  }
}
