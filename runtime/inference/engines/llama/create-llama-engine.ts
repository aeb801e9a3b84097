import type { Engine } from '../../contract.ts';
import type { LlamaConfig } from '../engine-config.ts';
import { LlamaEngine } from './llama-engine.ts';
import { loadModel } from './load-model.ts';

/** Loads the model and starts the engine. Throws BusyhourError MODEL_UNREADABLE, DEVICE_MISSING or INVALID_CONFIG. */
export async function createLlamaEngine(config: LlamaConfig): Promise<Engine> {
  return new LlamaEngine(await loadModel(config), config.maxWaiting);
}
