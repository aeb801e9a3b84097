import { status } from '@grpc/grpc-js';
import type { Engine } from './contract.ts';
import type { ControlServer } from './generated/inference.ts';
import type { GRPCInferenceServiceServer } from './generated/open-inference.ts';
import type { RunningCalls } from './inference-service.ts';

export const SERVER_NAME = 'busyhour-inference';
/** Of the contract that this server speaks. */
export const SERVER_VERSION = '1';

export interface ControlParts {
  readonly engine: Engine;
  readonly calls: RunningCalls;
  readonly isDraining: () => boolean;
}

/** Handlers of busyhour.inference.v1.Control. */
export function createControlService({ engine, calls, isDraining }: ControlParts): ControlServer {
  const { description } = engine;
  return {
    getServerInfo: (_call, callback) =>
      callback(null, {
        name: SERVER_NAME,
        version: SERVER_VERSION,
        engineKind: description.kind,
        device: description.device,
        simulated: description.simulated,
        draining: isDraining(),
        engineVersion: description.version,
      }),
    getModelInfo: (_call, callback) =>
      callback(null, {
        model: description.model,
        contextTokens: description.contextTokens,
        maxSequences: description.maxSequences,
        kvCapacityTokens: description.kvCapacityTokens,
      }),
    getLoad: (_call, callback) => callback(null, { ...engine.load() }),
    abort: (call, callback) => {
      const abortedRequestIds = call.request.requestIds.filter((id) => calls.abort(id));
      callback(null, { abortedRequestIds });
    },
  };
}

/** Health and metadata of the Open Inference Protocol, version 2. */
export function createOpenInferenceService(parts: ControlParts): GRPCInferenceServiceServer {
  const { model, kind, version } = parts.engine.description;
  const ready = (): boolean => !parts.isDraining();
  return {
    serverLive: (_call, callback) => callback(null, { live: true }),
    serverReady: (_call, callback) => callback(null, { ready: ready() }),
    modelReady: (call, callback) => callback(null, { ready: ready() && call.request.name === model }),
    serverMetadata: (_call, callback) =>
      callback(null, { name: SERVER_NAME, version: SERVER_VERSION, extensions: ['busyhour.inference.v1'] }),
    modelMetadata: (call, callback) => {
      const { name } = call.request;
      // Without a name it is asked of the only model.
      if (name !== '' && name !== model) {
        callback({ code: status.NOT_FOUND, details: `name: expected ${model}, got ${JSON.stringify(name)}` });
        return;
      }
      callback(null, {
        name: model,
        versions: [version],
        platform: `busyhour_${kind}`,
        inputs: [{ name: 'text', datatype: 'BYTES', shape: [1] }],
        outputs: [{ name: 'text', datatype: 'BYTES', shape: [-1] }],
      });
    },
  };
}
