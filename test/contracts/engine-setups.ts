import { createInferenceClient } from '../../runtime/inference/client.ts';
import type { Engine } from '../../runtime/inference/contract.ts';
import { createEngine } from '../../runtime/inference/engines/create-engine.ts';
import { SimulatedEngine } from '../../runtime/inference/engines/simulated/simulated-engine.ts';
import { startInferenceServer } from '../../runtime/inference/server.ts';
import { testProfile } from '../runtime/inference/simulated-profile.ts';
import type { EngineFactory, EngineUnderTest } from './engine.ts';

export const MAX_SEQUENCES = 3;
export const MAX_WAITING = 3;
const DEADLINE_MS = 20_000;

export const createSimulated = async (): Promise<Engine> =>
  new SimulatedEngine({
    profile: testProfile({ contextTokens: 1024, maxSequences: MAX_SEQUENCES }),
    seed: 1,
    maxWaiting: MAX_WAITING,
  });

export const createLlama = (): Promise<Engine> =>
  createEngine({
    kind: 'llama',
    device: 'cpu',
    maxSequences: MAX_SEQUENCES,
    maxWaiting: MAX_WAITING,
    threads: 1,
  });

const sizes = (engine: Engine) => ({
  contextTokens: engine.description.contextTokens,
  maxSequences: engine.description.maxSequences,
  maxWaiting: MAX_WAITING,
});

/** The engine itself. */
export const direct =
  (create: () => Promise<Engine>): EngineFactory =>
  async (): Promise<EngineUnderTest> => {
    const engine = await create();
    return {
      generate: (request, signal) => engine.generate(request, signal),
      load: async () => engine.load(),
      close: (graceMs) => engine.close(graceMs),
      ...sizes(engine),
    };
  };

/** The same engine behind a server, through a client. */
export const overGrpc =
  (create: () => Promise<Engine>): EngineFactory =>
  async (): Promise<EngineUnderTest> => {
    const engine = await create();
    const server = await startInferenceServer({ host: '127.0.0.1', port: 0, engine });
    const client = createInferenceClient({ address: server.address });
    return {
      generate: (request, signal) => client.generate(request, { signal, deadlineMs: DEADLINE_MS }),
      load: () => client.load(DEADLINE_MS),
      close: async (graceMs) => {
        await server.close(graceMs);
        client.close();
      },
      ...sizes(engine),
    };
  };
