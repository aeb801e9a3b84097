import type { ScenarioInput } from '../../scenarios/scenario.ts';

/** What the generator process is told to do. */
export type GeneratorPlan =
  | { readonly kind: 'scenario'; readonly url: string; readonly scenario: ScenarioInput }
  | {
      readonly kind: 'closed';
      readonly url: string;
      readonly connections: number;
      readonly windowMs: number;
    };

export interface ClosedReading {
  readonly requestsPerS: number;
  /** Per second of CPU that the generator used: what one core of its own would carry. */
  readonly requestsPerCpuS: number;
  readonly cores: number;
  readonly failed: number;
  readonly wireLatencyP50Ms: number | undefined;
  readonly wireLatencyP99Ms: number | undefined;
}

const constant = (value: number) => ({
  distribution: { kind: 'constant' as const, value },
  source: 'a constant of the measurement',
});

const requests = (outputTokens: number): ScenarioInput['workload'] => ({
  kind: 'requests',
  inputTokens: constant(10),
  outputTokens: constant(outputTokens),
});

/** Plain requests, Poisson arrivals. */
export const pacingScenario = (turnsPerS: number, windowMs = 8_000): ScenarioInput => ({
  name: 'pacing',
  description: 'Plain requests, Poisson arrivals.',
  protocol: 'http',
  workload: requests(1),
  load: { kind: 'steps', steps: [{ turnsPerS, warmUpMs: 2_000, windowMs }] },
});

/** The pace of the streams that the truth test reads. */
export const STREAM = { firstTokenMs: 100, tokenGapMs: 20, tokens: 100 } as const;
const STREAM_S = (STREAM.firstTokenMs + (STREAM.tokens - 1) * STREAM.tokenGapMs) / 1_000;

/** Streams that arrive at such a rate that so many are open at once (Little), spread over their phases. */
export const streamsScenario = (streams: number): ScenarioInput => ({
  name: 'streams',
  description: 'Streams of a constant pace, a fixed number at once.',
  workload: requests(STREAM.tokens),
  load: {
    kind: 'steps',
    steps: [{ turnsPerS: streams / STREAM_S, warmUpMs: 4_000, windowMs: 8_000 }],
  },
});

/** Streams without a pace: a fixed number at once, each started again when it ends. */
export const floodScenario = (streams: number, tokens: number): ScenarioInput => ({
  name: 'flood',
  description: 'Streams as fast as they can be read.',
  workload: requests(tokens),
  load: {
    kind: 'closed',
    thinkTime: 'none',
    steps: [{ concurrency: streams, warmUpMs: 2_000, windowMs: 6_000 }],
  },
});

/** Slow streams, so many open at once. */
export const openConversationsScenario = (conversations: number, tokens: number): ScenarioInput => ({
  name: 'open-conversations',
  description: 'Slow streams, many at once.',
  workload: requests(tokens),
  maxInFlight: 2 * conversations,
  timeouts: { connectMs: 20_000, firstTokenMs: 60_000, idleMs: 60_000, totalMs: 120_000 },
  drainMs: 20_000,
  load: {
    kind: 'closed',
    thinkTime: 'none',
    steps: [{ concurrency: conversations, warmUpMs: 10_000, windowMs: 8_000 }],
  },
});
