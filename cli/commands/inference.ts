import { type InferenceWorkerConfigInput, runInferenceWorker } from '../../runtime/inference/main.ts';
import { EXIT_CODES } from '../../vocabulary/errors.ts';
import type { Command } from '../boundary.ts';
import { signalWithParent } from '../processes.ts';

export interface InferenceOptions {
  readonly engine: 'llama' | 'simulated';
  readonly host: string;
  readonly port: number;
  readonly metricsPort?: number;
  readonly model?: string;
  readonly device?: 'auto' | 'cpu' | 'cuda' | 'vulkan' | 'metal';
  readonly sequences?: number;
  readonly threads?: number;
  readonly profile?: string;
  readonly seed?: number;
  readonly exitWithParent?: boolean;
  readonly json?: boolean;
}

type EngineInput = InferenceWorkerConfigInput['engine'];

function engineFrom(options: InferenceOptions): EngineInput {
  const sequences = options.sequences === undefined ? {} : { maxSequences: options.sequences };
  if (options.engine === 'simulated') {
    return {
      kind: 'simulated',
      ...sequences,
      ...(options.profile === undefined ? {} : { profile: options.profile }),
      ...(options.seed === undefined ? {} : { seed: options.seed }),
    };
  }
  return {
    kind: 'llama',
    ...sequences,
    ...(options.model === undefined ? {} : { modelPath: options.model }),
    ...(options.device === undefined ? {} : { device: options.device }),
    ...(options.threads === undefined ? {} : { threads: options.threads }),
  };
}

/** `busyhour inference`: runs the gRPC worker until interrupted; a drain is a clean end. */
export const inference: Command<InferenceOptions> = async (options, context) => {
  const signal = options.exitWithParent ? signalWithParent(context.signal) : context.signal;
  const { host, port, metricsPort } = options;
  const listen = { host, port, ...(metricsPort === undefined ? {} : { metricsPort }) };
  await runInferenceWorker({ engine: engineFrom(options), ...listen }, { signal });
  return { exitCode: EXIT_CODES.ok };
};
