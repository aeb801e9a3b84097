import type { RunningGateway } from '../../runtime/gateway/start-gateway.ts';
import { chunkOf, type FaultServer, startFaultServer } from '../runtime/support/fault-server.ts';
import { type Cleanup, startTestGateway } from '../runtime/support/gateway-rig.ts';
import { startTestInference, type TestInference } from '../runtime/support/inference.ts';
import { type CutKind, type CutProxy, startCutProxy } from './cut-proxy.ts';

export interface EngineGateway {
  readonly gateway: RunningGateway;
  readonly inference: TestInference;
  /** As clients take it. */
  readonly baseUrl: string;
}

/** A gateway in front of the simulated engine over gRPC, 2 ms a token. */
export async function startEngineGateway(
  cleanup: Cleanup,
  config: Parameters<typeof startTestGateway>[1] = {},
): Promise<EngineGateway> {
  const inference = cleanup.add(await startTestInference({ stepMs: 2 }));
  const gateway = await startTestGateway(cleanup, {
    providers: [{ kind: 'grpc', name: 'local', address: inference.address }],
    ...config,
  });
  return { gateway, inference, baseUrl: `${gateway.url}/v1` };
}

/** A gateway whose only provider sends three words and then cuts the connection. */
export async function startCutGateway(cleanup: Cleanup): Promise<string> {
  const upstream: FaultServer = cleanup.add(
    await startFaultServer({
      kind: 'stream',
      events: [chunkOf('one '), chunkOf('two '), chunkOf('three ')],
      ending: 'cut',
    }),
  );
  const gateway = await startTestGateway(cleanup, {
    providers: [{ kind: 'openai', name: 'vendor', baseUrl: upstream.baseUrl, model: 'm' }],
  });
  return `${gateway.url}/v1`;
}

/** The engine's gateway behind a line that breaks after a few tokens. */
export async function startBrokenLine(cleanup: Cleanup, kind: CutKind): Promise<string> {
  const { gateway } = await startEngineGateway(cleanup);
  const proxy: CutProxy = cleanup.add(
    await startCutProxy(gateway.url, { kind, marker: '"delta":{"content"', times: 4 }),
  );
  return `${proxy.url}/v1`;
}

/** Each way in which a stream is cut, as an address that does it. */
export const CUTS: readonly (readonly [what: string, start: (cleanup: Cleanup) => Promise<string>])[] = [
  ['by the provider behind the gateway', startCutGateway],
  ['by a reset of the connection', (cleanup) => startBrokenLine(cleanup, 'reset')],
  ['by an early end of the connection', (cleanup) => startBrokenLine(cleanup, 'half-message-then-end')],
];
