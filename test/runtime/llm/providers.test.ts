import { createInferenceClient } from '../../../runtime/inference/client.ts';
import { AnthropicProvider } from '../../../runtime/llm/anthropic-provider.ts';
import { GrpcProvider } from '../../../runtime/llm/grpc-provider.ts';
import { createKeywordProvider } from '../../../runtime/llm/keyword-provider.ts';
import { OpenAiProvider } from '../../../runtime/llm/openai-provider.ts';
import { describeProvider } from '../../contracts/provider.ts';
import { startAnthropicServer } from '../../contracts/wire-server-anthropic.ts';
import { Cleanup, startTestGateway } from '../support/gateway-rig.ts';
import { startTestInference } from '../support/inference.ts';

describeProvider('keyword', async () => ({
  provider: createKeywordProvider('keyword'),
  close: async () => undefined,
}));

describeProvider('grpc', async () => {
  const inference = await startTestInference();
  const client = createInferenceClient({ address: inference.address });
  const provider = new GrpcProvider({ name: 'local', client, connectMs: 1000, totalMs: 10_000 });
  return { provider, close: () => inference.close() };
});

describeProvider('anthropic', async () => {
  const server = await startAnthropicServer();
  const provider = new AnthropicProvider({
    name: 'vendor',
    baseUrl: server.url,
    model: 'claude-test',
    apiVersion: '2023-06-01',
    connectMs: 1000,
    apiKey: 'secret',
  });
  return { provider, close: () => server.close() };
});

// The far end is a gateway of our own, so both sides of the protocol are held to the same contract.
describeProvider('openai', async () => {
  const cleanup = new Cleanup();
  const inference = cleanup.add(await startTestInference());
  const gateway = await startTestGateway(cleanup, {
    providers: [{ kind: 'grpc', name: 'local', address: inference.address }],
  });
  const provider = new OpenAiProvider({ name: 'vendor', baseUrl: `${gateway.url}/v1/`, connectMs: 1000 });
  return { provider, close: () => cleanup.run() };
});
