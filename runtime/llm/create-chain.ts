import { systemClock } from '../../vocabulary/clock.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import { addressesOf } from '../config/llm.ts';
import type { GatewayConfig, ProviderConfig, TimeoutsConfig } from '../config.ts';
import { createInferenceClient } from '../inference/client.ts';
import { readClientTls } from '../operations/tls.ts';
import { AnthropicProvider } from './anthropic-provider.ts';
import { BalancedProvider } from './balanced-provider.ts';
import { type ChainMember, type ChainOptions, ProviderChain } from './chain.ts';
import { GrpcProvider } from './grpc-provider.ts';
import { createKeywordProvider } from './keyword-provider.ts';
import { limitsOf, lineOptionsOf, queueOf } from './line-options.ts';
import { OpenAiProvider } from './openai-provider.ts';
import { readPrices } from './prices.ts';
import type { Provider } from './provider.ts';
import type { FindSharedLine } from './provider-line.ts';
import type { TokenPrice } from './spent.ts';

/** Limits of one provider: its own where it has some, else those of all. */
function timeoutsOf(config: ProviderConfig, common: TimeoutsConfig): TimeoutsConfig {
  if (config.kind === 'keyword' || config.timeouts === undefined) return common;
  const { connectMs, firstTokenMs, idleMs, totalMs } = config.timeouts;
  return {
    connectMs: connectMs ?? common.connectMs,
    firstTokenMs: firstTokenMs ?? common.firstTokenMs,
    idleMs: idleMs ?? common.idleMs,
    totalMs: totalMs ?? common.totalMs,
  };
}

type GrpcConfig = Extract<ProviderConfig, { kind: 'grpc' }>;

/** One inference server, or several between which requests are balanced. */
function grpcProvider(config: GrpcConfig, { connectMs, totalMs }: TimeoutsConfig): Provider {
  const tls = config.tls && unwrap(readClientTls(config.tls, `provider ${config.name}`));
  const { name } = config;
  const replicas = addressesOf(config).map(
    (address) =>
      new GrpcProvider({ name, client: createInferenceClient({ address, tls }), connectMs, totalMs }),
  );
  const [only, ...others] = replicas;
  return only !== undefined && others.length === 0
    ? only
    : new BalancedProvider({ name, kind: 'grpc', replicas, nowMs: systemClock.nowMs });
}

/** One configured provider. A new kind is a new file and one more case. */
export function createProvider(
  config: ProviderConfig,
  timeouts: TimeoutsConfig,
  environment: NodeJS.ProcessEnv,
): Provider {
  switch (config.kind) {
    case 'grpc':
      return grpcProvider(config, timeouts);
    case 'openai':
      return new OpenAiProvider({
        name: config.name,
        baseUrl: config.baseUrl,
        connectMs: timeouts.connectMs,
        sendsCacheKey: config.promptCacheKey,
        ...(config.model === undefined ? {} : { model: config.model }),
        ...keyOf(config, environment),
      });
    case 'anthropic':
      return new AnthropicProvider({
        name: config.name,
        baseUrl: config.baseUrl,
        model: config.model,
        apiVersion: config.apiVersion,
        connectMs: timeouts.connectMs,
        ...keyOf(config, environment),
      });
    case 'keyword':
      return createKeywordProvider(config.name);
  }
}

function keyOf(
  config: { readonly apiKeyEnv?: string | undefined },
  environment: NodeJS.ProcessEnv,
): { readonly apiKey?: string } {
  const apiKey = config.apiKeyEnv === undefined ? undefined : environment[config.apiKeyEnv];
  return apiKey === undefined ? {} : { apiKey };
}

/** How a configuration treats all providers alike. */
export function chainOptionsFrom(config: GatewayConfig): ChainOptions {
  const { budgetRatio, budgetMinPerS, ...retries } = config.retries;
  return {
    breaker: config.breaker,
    retries: { ...retries, budget: { ratio: budgetRatio, minPerS: budgetMinPerS } },
    ...(config.cache === undefined ? {} : { cache: config.cache }),
  };
}

/** The chain of a configuration, in its order. Throws BusyhourError INVALID_CONFIG for prices that nobody has. */
export function createChain(
  config: GatewayConfig,
  environment: NodeJS.ProcessEnv,
  options: ChainOptions & { readonly findShared?: FindSharedLine | undefined },
): ProviderChain {
  const prices: ReadonlyMap<string, TokenPrice> = unwrap(readPrices(config.providers));
  const members = config.providers.map((provider): ChainMember => {
    const timeouts = timeoutsOf(provider, config.timeouts);
    const price = prices.get(provider.name);
    return {
      provider: createProvider(provider, timeouts, environment),
      timeouts,
      ...(price === undefined ? {} : { price }),
      ...queueOf(provider),
      ...limitsOf(provider),
      shared: lineOptionsOf(provider) && options.findShared?.(provider.name),
    };
  });
  return new ProviderChain(members, { ...chainOptionsFrom(config), ...options });
}
