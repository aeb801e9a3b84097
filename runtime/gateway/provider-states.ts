import type { Clock } from '../../vocabulary/clock.ts';
import type { Readiness } from '../../vocabulary/readiness.ts';
import type { Provider, ProviderLoad, ProviderProbe } from '../llm/provider.ts';

export interface ProviderState {
  readonly provider: Provider;
  readonly probe: ProviderProbe;
}

/** A probe answers for this long; frequent probing must not become load. */
const FRESH_MS = 1000;

/** Knows which providers answer, asking at most once a second and never the model. */
export class ProviderStates {
  readonly #providers: readonly Provider[];
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  #current: Promise<readonly ProviderState[]> | undefined;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #contextTokens: number | undefined;
  #load: Promise<ProviderLoad | undefined> | undefined;
  #loadAskedAtMs = Number.NEGATIVE_INFINITY;

  constructor(providers: readonly Provider[], timeoutMs: number, clock: Clock) {
    this.#providers = providers;
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  /** States at most one second old. */
  read(): Promise<readonly ProviderState[]> {
    const nowMs = this.#clock.nowMs();
    if (this.#current === undefined || nowMs - this.#askedAtMs > FRESH_MS) {
      this.#askedAtMs = nowMs;
      this.#current = this.#probeAll();
    }
    return this.#current;
  }

  async #probeAll(): Promise<readonly ProviderState[]> {
    const states = await Promise.all(
      this.#providers.map(async (provider) => ({ provider, probe: await provider.probe(this.#timeoutMs) })),
    );
    this.#contextTokens = states.map(({ probe }) => engineOf(probe)?.contextTokens).find(Boolean);
    return states;
  }

  /** Window of the first engine that was up when last asked; undefined when none was or none says. */
  get contextTokens(): number | undefined {
    return this.#contextTokens;
  }

  /** Load of the first provider that knows its own; undefined when none does or it does not answer. */
  readLoad(): Promise<ProviderLoad | undefined> {
    const nowMs = this.#clock.nowMs();
    if (this.#load === undefined || nowMs - this.#loadAskedAtMs > FRESH_MS / 10) {
      this.#loadAskedAtMs = nowMs;
      const source = this.#providers.find((provider) => provider.load !== undefined);
      this.#load = (source?.load?.(this.#timeoutMs) ?? Promise.resolve(undefined)).catch(() => undefined);
    }
    return this.#load;
  }
}

const engineOf = (probe: ProviderProbe) => (probe.state === 'up' ? probe.engine : undefined);

/** One provider as /ready shows it. */
export const readinessRowFrom = ({ provider, probe }: ProviderState): Readiness['providers'][number] => ({
  name: provider.name,
  kind: provider.kind,
  state: probe.state,
  ...(probe.state === 'up' && probe.engine !== undefined ? { engine: probe.engine } : {}),
  ...(probe.state === 'down' ? { detail: probe.detail } : {}),
});
