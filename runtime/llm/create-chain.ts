import type { GatewayConfig, ProviderConfig, TimeoutsConfig } from '../config.ts';
import { createInferenceClient } from '../inference/client.ts';
import { type ChainOptions, ProviderChain } from './chain.ts';
import { GrpcProvider } from './grpc-provider.ts';
import { createKeywordProvider } from './keyword-provider.ts';
import { OpenAiProvider } from './openai-provider.ts';
import type { Provider } from './provider.ts';

/** One configured provider. A new kind is a new file and one more case. */
export function createProvider(
  config: ProviderConfig,
  timeouts: TimeoutsConfig,
  environment: NodeJS.ProcessEnv,
): Provider {
  switch (config.kind) {
    case 'grpc':
      return new GrpcProvider({
        name: config.name,
        client: createInferenceClient({ address: config.address }),
        connectMs: timeouts.connectMs,
        totalMs: timeouts.totalMs,
      });
    case 'openai': {
      const apiKey = config.apiKeyEnv === undefined ? undefined : environment[config.apiKeyEnv];
      return new OpenAiProvider({
        name: config.name,
        baseUrl: config.baseUrl,
        connectMs: timeouts.connectMs,
        ...(config.model === undefined ? {} : { model: config.model }),
        ...(apiKey === undefined ? {} : { apiKey }),
      });
    }
    case 'keyword':
      return createKeywordProvider(config.name);
  }
}

/** The chain of a configuration, in its order. */
export function createChain(
  config: GatewayConfig,
  environment: NodeJS.ProcessEnv,
  options: ChainOptions,
): ProviderChain {
  const members = config.providers.map((provider) => ({
    provider: createProvider(provider, config.timeouts, environment),
    timeouts: config.timeouts,
  }));
  return new ProviderChain(members, options);
}
