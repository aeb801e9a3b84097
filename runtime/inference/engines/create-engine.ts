import { unwrap } from '../../../vocabulary/errors.ts';
import { parseWith } from '../../../vocabulary/parse.ts';
import type { Engine } from '../contract.ts';
import { type EngineConfigInput, engineConfigSchema, type SimulatedConfig } from './engine-config.ts';
import { readProfile } from './simulated/profile.ts';
import { SimulatedEngine } from './simulated/simulated-engine.ts';

function createSimulatedEngine(config: SimulatedConfig): Engine {
  const profile = unwrap(readProfile(config.profile));
  return new SimulatedEngine({ ...config, profile });
}

/**
 * The engine that a configuration asks for, ready to generate.
 * Throws BusyhourError INVALID_CONFIG, MODEL_UNREADABLE or DEVICE_MISSING.
 */
export async function createEngine(input: EngineConfigInput): Promise<Engine> {
  const config = unwrap(parseWith(engineConfigSchema, input, 'INVALID_CONFIG', 'the engine configuration'));
  switch (config.kind) {
    case 'llama':
      // Loaded on demand: a process that only simulates needs no native library.
      return (await import('./llama/create-llama-engine.ts')).createLlamaEngine(config);
    case 'simulated':
      return createSimulatedEngine(config);
  }
}
