import { type InferenceWorkerConfigInput, runInferenceWorker } from '../../runtime/inference/main.ts';
import { EXIT_CODES, failed, unwrap } from '../../vocabulary/errors.ts';
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
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsClientCa?: string;
  readonly exitWithParent?: boolean;
  readonly json?: boolean;
}

/** Flags of one engine say nothing to another: refused by name, so that nobody measures what was not meant. */
const FLAGS_OF = {
  llama: { model: '--model', device: '--device', threads: '--threads' },
  simulated: { profile: '--profile', seed: '--seed' },
} as const;

function refuseForeignFlags(options: InferenceOptions): void {
  const other = options.engine === 'llama' ? 'simulated' : 'llama';
  const given = Object.entries(FLAGS_OF[other]).flatMap(([name, flag]) =>
    options[name as keyof InferenceOptions] === undefined ? [] : [flag],
  );
  if (given.length === 0) return;
  const verb = given.length === 1 ? 'says' : 'say';
  unwrap(failed('USAGE', `${given.join(', ')}: ${verb} nothing to --engine ${options.engine}`));
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

/** Certificate and key come together; a client authority alone would leave the port plain. */
function tlsFrom({ tlsCert, tlsKey, tlsClientCa }: InferenceOptions): InferenceWorkerConfigInput['tls'] {
  if (tlsCert === undefined && tlsKey === undefined && tlsClientCa === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    return unwrap(failed('USAGE', '--tls-cert and --tls-key come together, and --tls-client-ca needs both'));
  }
  const clientCa = tlsClientCa === undefined ? {} : { clientCaFile: tlsClientCa };
  return { certFile: tlsCert, keyFile: tlsKey, ...clientCa };
}

/** `busyhour inference`: runs the gRPC worker until interrupted; a drain is a clean end. */
export const inference: Command<InferenceOptions> = async (options, context) => {
  const signal = options.exitWithParent ? signalWithParent(context.signal) : context.signal;
  const { host, port, metricsPort } = options;
  refuseForeignFlags(options);
  const tls = tlsFrom(options);
  const listen = { host, port, ...(metricsPort === undefined ? {} : { metricsPort }), ...(tls && { tls }) };
  await runInferenceWorker({ engine: engineFrom(options), ...listen }, { signal });
  return { exitCode: EXIT_CODES.ok };
};
