import type { Registry } from 'prom-client';
import type { Clock } from '../../vocabulary/clock.ts';
import type { GatewayConfig } from '../config.ts';
import { LlmMetrics } from '../telemetry/llm-metrics.ts';
import { type ChainObserver, type ChainOptions, ProviderChain } from './chain.ts';
import { chainOptionsFrom, createChain } from './create-chain.ts';
import type { Provider } from './provider.ts';
import type { FindSharedLine } from './provider-line.ts';

export interface OpenChainDependencies {
  readonly clock: Clock;
  readonly environment: NodeJS.ProcessEnv;
  readonly observer: ChainObserver;
  readonly registry: Registry;
  /** Instead of those that the configuration names. */
  readonly providers?: readonly Provider[] | undefined;
  /** Lines that other processes stand in too; absent where this one is alone. */
  readonly findShared?: FindSharedLine | undefined;
}

/** The chain of a gateway, whose figures are in its registry. */
export function openChain(config: GatewayConfig, deps: OpenChainDependencies): ProviderChain {
  const { clock, observer, registry, environment, providers, findShared } = deps;
  const events = new LlmMetrics(registry);
  const options: ChainOptions = { ...chainOptionsFrom(config), clock, observer, events };
  const { timeouts } = config;
  const chain =
    providers === undefined
      ? createChain(config, environment, { ...options, findShared })
      : new ProviderChain(
          providers.map((provider) => ({ provider, timeouts })),
          options,
        );
  events.watch(() => chain.state);
  return chain;
}
