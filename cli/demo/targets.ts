import type { ProcessSpec } from '../processes.ts';

/** One thing that the demo measures: an inference worker and the gateway in front of it. */
export interface DemoTarget {
  readonly name: string;
  /** For progress lines: what it is, and whether it is simulated. */
  readonly title: string;
  readonly resultFile: string;
  readonly worker: ProcessSpec;
  /** Words of history sent with a turn; the demo model's context is short. */
  readonly maxHistoryTokens: number;
}

export interface TargetChoices {
  readonly model?: string;
  readonly device: string;
  readonly profile: string;
  readonly seed: number;
}

const READY_TIMEOUT_MS = 30_000;
const ANY_PORT = ['--port', '0', '--metrics-port', '0'] as const;

/** The demo model's context is 2,048 tokens, about two for a word with its turn marks; room is left for the answer. */
const DEMO_MODEL_HISTORY_TOKENS = 800;
const LONG_HISTORY_TOKENS = 4_000;

/** The generator and the gateway go first where all share two cores; the engine takes what is left. */
const ENGINE_NICENESS = 10;

/** Each process of the demo has few cores: llama.cpp samples on libuv's pool, so it gets a small one. */
const UV_THREADS = '4';

function llamaTarget({ model, device }: TargetChoices): DemoTarget {
  const args = ['inference', '--engine', 'llama', '--device', device, ...ANY_PORT];
  return {
    name: 'local',
    title: `llama.cpp with ${model ?? 'the demo model'}`,
    resultFile: 'result.json',
    worker: {
      name: 'inference llama',
      args: model === undefined ? args : [...args, '--model', model],
      env: { UV_THREADPOOL_SIZE: UV_THREADS },
      readyTimeoutMs: READY_TIMEOUT_MS,
      niceness: ENGINE_NICENESS,
    },
    maxHistoryTokens: model === undefined ? DEMO_MODEL_HISTORY_TOKENS : LONG_HISTORY_TOKENS,
  };
}

function simulatedTarget({ profile, seed }: TargetChoices): DemoTarget {
  return {
    name: `simulated ${profile}`,
    title: `the simulated engine, profile ${profile}`,
    resultFile: 'result-simulated.json',
    worker: {
      name: 'inference simulated',
      args: ['inference', '--engine', 'simulated', '--profile', profile, '--seed', String(seed), ...ANY_PORT],
      readyTimeoutMs: READY_TIMEOUT_MS,
      niceness: ENGINE_NICENESS,
    },
    maxHistoryTokens: LONG_HISTORY_TOKENS,
  };
}

export const demoTargets = (choices: TargetChoices): readonly DemoTarget[] => [
  llamaTarget(choices),
  simulatedTarget(choices),
];

/** The gateway in front of a worker. Without keyword answers: a fallback would flatter the worker's capacity. */
export const gatewaySpec = (inferenceAddress: string, historyFile: string): ProcessSpec => ({
  name: 'gateway',
  args: ['serve', '--port', '0', '--inference', inferenceAddress, '--no-keyword', '--history', historyFile],
  readyTimeoutMs: READY_TIMEOUT_MS,
});
