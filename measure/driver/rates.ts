import type { WatchedStep } from '../../vocabulary/result-file.ts';
import { MS_PER_S, sFromMs } from '../../vocabulary/units.ts';
import { floodScenario, openConversationsScenario, pacingScenario } from './plans.ts';
import { generate, say, withTruth } from './processes.ts';
import { histogramFrom } from './truth-test.ts';

const BYTES_PER_MB = 1e6;

/** How late sends are at a rate of scheduled arrivals. */
export async function measureSlip(arrivalsPerS: number) {
  say(`${arrivalsPerS} scheduled arrivals/s`);
  return withTruth({ firstTokenMs: 0, isExact: false }, async (url) => {
    const scenario = pacingScenario(arrivalsPerS);
    const step = await generate<WatchedStep>({ kind: 'scenario', url: `${url}/plain`, scenario });
    const slip = histogramFrom(step, 'scheduleSlipMs');
    return {
      scheduleSlipP50Ms: slip.percentileMs(50),
      scheduleSlipP99Ms: slip.percentileMs(99),
      sentPerS: step.counts.offered / sFromMs(step.windowMs),
      notCompleted: step.counts.offered - step.counts.completed,
      generatorCores: step.generator.cpuCores,
      generatorLoopUtilisation: step.generator.eventLoopUtilisation,
    };
  });
}

const FLOOD_STREAMS = 32;
const FLOOD_TOKENS = 2_000;
/** A fast server under load hands several tokens to one read; with fewer the stub's core is the limit, not the driver's. */
const TOKENS_PER_WRITE = 16;

/** Tokens that one core reads and times, every gap recorded, from streams without a pace. */
export async function measureTokenCeiling() {
  say('streams without a pace');
  const options = { firstTokenMs: 0, tokenGapMs: 0, tokensPerWrite: TOKENS_PER_WRITE, isExact: false };
  return withTruth(options, async (url) => {
    const scenario = floodScenario(FLOOD_STREAMS, FLOOD_TOKENS);
    const step = await generate<WatchedStep>({ kind: 'scenario', url, scenario });
    const tokens = histogramFrom(step, 'interTokenLatencyMs').count + step.counts.completed;
    const tokensPerS = tokens / sFromMs(step.windowMs);
    return {
      tokensPerS,
      tokensPerSPerCore: tokensPerS / step.generator.cpuCores,
      tokensPerWrite: TOKENS_PER_WRITE,
      generatorCores: step.generator.cpuCores,
      streamsCompleted: step.counts.completed,
      streamsNotCompleted: step.counts.offered - step.counts.completed,
    };
  });
}

const SOAK_PER_S = 15_000;
const SOAKS_S = { short: 7, long: 70 } as const;

/** Memory of the generator over a step of a hundred thousand requests and over one of a million: it should not grow with them. */
export async function measureSoak() {
  return withTruth({ firstTokenMs: 0, isExact: false }, async (url) => {
    const soak = async (windowS: number) => {
      say(`soak of ${SOAK_PER_S} requests/s for ${windowS} s`);
      const scenario = pacingScenario(SOAK_PER_S, windowS * MS_PER_S);
      const step = await generate<WatchedStep>({ kind: 'scenario', url: `${url}/plain`, scenario });
      return {
        requests: step.counts.offered,
        notCompleted: step.counts.offered - step.counts.completed,
        rssMB: step.generator.maxRssBytes / BYTES_PER_MB,
      };
    };
    const [short, long] = [await soak(SOAKS_S.short), await soak(SOAKS_S.long)];
    const bytesPerRequest = ((long.rssMB - short.rssMB) * BYTES_PER_MB) / (long.requests - short.requests);
    return { short, long, bytesPerRequest };
  });
}

const CONVERSATIONS = 10_000;
const SLOW = { firstTokenMs: 2_000, tokenGapMs: 1_000, tokens: 10 } as const;

/** Memory of the generator while ten thousand answers are open at once, each on a connection of its own. */
export async function measureConversations() {
  say(`${CONVERSATIONS} open conversations`);
  const options = { firstTokenMs: SLOW.firstTokenMs, tokenGapMs: SLOW.tokenGapMs, isExact: false };
  return withTruth(options, async (url) => {
    const scenario = openConversationsScenario(CONVERSATIONS, SLOW.tokens);
    const step = await generate<WatchedStep>({ kind: 'scenario', url, scenario });
    return {
      rssMB: step.generator.maxRssBytes / BYTES_PER_MB,
      openAtOnce: step.inFlight.max,
      meanOpen: step.inFlight.mean,
      completed: step.counts.completed,
      notCompleted: step.counts.offered - step.counts.completed,
      generatorCores: step.generator.cpuCores,
    };
  });
}
