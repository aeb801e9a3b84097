import { describe, expect, test } from 'vitest';
import { scatterOfTrace } from '../../../planner/demand/trace-scatter.ts';
import { planWaiting } from '../../../planner/simulate/plan-waiting.ts';
import { scvOfHistogram } from '../../../planner/simulate/tier-queue.ts';
import { LatencyHistogram } from '../../../vocabulary/histogram.ts';
import {
  type SteadyWaiting,
  type TierWaiting,
  type WaitingSection,
  waitingSectionSchema,
} from '../../../vocabulary/plan-sections/waiting.ts';
import type { TraceSummary } from '../../../vocabulary/result-file.ts';
import { buildResult, llamaResult } from '../fixtures/result.ts';
import { MODES, type ModeId, type SizedOptions, sizeMode } from '../fixtures/sized.ts';

const SEED = 11;

function waitingOf(mode: ModeId, options: Partial<SizedOptions> = {}): WaitingSection {
  const sized = sizeMode({
    mode: MODES[mode],
    interactionsPerDay: mode === 'compose' ? 25_000 : 100_000,
    ...options,
  });
  return planWaiting({ ...sized, seed: SEED });
}

const tierOf = (section: WaitingSection, tier: string): TierWaiting => {
  const found = section.tiers.find((each) => each.tier === tier);
  if (found?.kind !== 'modelled') throw new Error(`${tier} is not modelled`);
  return found;
};

const steadyOf = (reading: TierWaiting['allUp'] | undefined): SteadyWaiting => {
  if (reading?.kind !== 'steady') throw new Error('no steady state');
  return reading;
};

const TRACE: TraceSummary = {
  source: 'a bursty hour',
  format: 'synthetic',
  sha256: 'f'.repeat(64),
  requests: 20_000,
  spanMs: 3_600_000,
  meanRequestsPerS: 5.5,
  gapCv: 1.2,
  indexOfDispersion: { '1': 1.3, '10': 3, '60': 8, '300': 20 },
  busiest60SRequestsPerS: 11,
  meanInputTokens: 1000,
  meanOutputTokens: 200,
};

describe('waiting of a planned mode', () => {
  test.each(Object.keys(MODES) as ModeId[])('%s: valid, every tier once, same seed same section', (mode) => {
    const section = waitingOf(mode);
    expect(waitingSectionSchema.parse(section)).toEqual(section);
    expect(section.tiers.map(({ tier }) => tier)).toEqual(MODES[mode].tiers.map(({ id }) => id));
    expect(waitingOf(mode)).toEqual(section);
  });

  test('a gateway is one queue a process, its service the CPU time of a turn: by hand', () => {
    const section = waitingOf('kubernetes');
    const gateway = tierOf(section, 'gateway');
    const plan = sizeMode({ mode: MODES.kubernetes, interactionsPerDay: 100_000 });
    const replicas = plan.plans[0]?.replicas ?? 0;
    // 100,000 × 15 % ÷ 3600 × 5 turns = 20.83/s; 4 ms of CPU a turn.
    expect(gateway.queues).toBe(replicas);
    expect(gateway.arrivalRatePerS * replicas).toBeCloseTo(20.833, 2);
    expect(gateway.meanServiceMs).toBeCloseTo(4, 6);
    const utilisation = (20.8333 / replicas) * 0.004;
    const reading = steadyOf(gateway.allUp);
    expect(reading.method).toBe('closed-form');
    expect(reading.utilisation).toBeCloseTo(utilisation, 4);
    // M/M/1: ρ S ÷ (1 − ρ).
    expect(reading.meanWaitMs).toBeCloseTo((utilisation * 4) / (1 - utilisation), 4);
    const lost = steadyOf(gateway.afterLosses);
    expect(lost.utilisation).toBeGreaterThan(reading.utilisation);
    expect(lost.meanWaitMs).toBeGreaterThan(reading.meanWaitMs);
  });

  test('an engine has the slots of its capacity, and they carry exactly that', () => {
    const inference = tierOf(waitingOf('onprem', { interactionsPerDay: 400_000 }), 'inference');
    // M/M/1 of 40/s: p95 of 2 s is met up to 40 − ln 20 ÷ 2 = 38.502/s, where 25.7 turns are in progress.
    expect(Math.abs(inference.servers - 26)).toBeLessThanOrEqual(1);
    expect((inference.servers * 1000) / inference.meanServiceMs).toBeGreaterThan(37);
    expect((inference.servers * 1000) / inference.meanServiceMs).toBeLessThan(38.6);
    expect(inference.serviceBasis).toBe('simulated');
    expect(inference.serviceScv).toBeCloseTo(1, 1);
    expect(inference.queues % 4).toBe(0);
  });

  test('a quota is used as far as the plan says, calls and retries included', () => {
    const vendor = tierOf(waitingOf('kubernetes', { interactionsPerDay: 1_000_000 }), 'llm');
    const { plans } = sizeMode({ mode: MODES.kubernetes, interactionsPerDay: 1_000_000 });
    const plan = plans.find(({ tier }) => tier === 'llm');
    expect(vendor.serviceScv).toBe(0);
    const { utilisation } = steadyOf(vendor.allUp);
    expect(utilisation).toBeCloseTo((plan?.utilisation ?? 0) * 0.8, 6);
  });

  test('tiers of which no service time is known say so, and what would make it known', () => {
    const section = waitingOf('kubernetes');
    const unknown = section.tiers.filter(({ kind }) => kind === 'not-modelled');
    expect(unknown.map(({ tier }) => tier)).toContain('history');
    for (const tier of unknown) if (tier.kind === 'not-modelled') expect(tier.liftedBy).not.toBe('');
  });

  test('the mean over tiers is their sum', () => {
    const section = waitingOf('onprem');
    const sum = section.tiers.reduce(
      (total, tier) => (tier.kind === 'modelled' ? total + steadyOf(tier.allUp).meanWaitMs : total),
      0,
    );
    expect(section.meanWaitMs).toBeCloseTo(sum, 9);
  });
});

describe('what arrives', () => {
  test('without a trace: Poisson, assumed', () => {
    const { arrivals } = waitingOf('onprem');
    expect(arrivals).toMatchObject({ kind: 'poisson', indexOfDispersion60S: 1, gapCv: 1 });
    expect(arrivals.figures.every(({ basis }) => basis === 'assumed')).toBe(true);
  });

  const traced = (trace: TraceSummary) => ({
    results: [
      llamaResult(),
      buildResult({
        engine: 'simulated',
        rates: [10, 20, 30, 39],
        servicePerS: 40,
        trace,
        turns: 1,
        step: { gatewayCpuSPerTurn: 0.004 },
      }),
    ],
    interactionsPerDay: 2_000_000,
  });

  test('with a bursty trace: modulated and simulated, and engines wait longer than under calm arrivals', () => {
    const bursty = waitingOf('onprem', traced(TRACE));
    expect(bursty.arrivals.kind).toBe('modulated');
    expect(bursty.arrivals.figures.every(({ basis }) => basis === 'measured')).toBe(true);
    const reading = steadyOf(tierOf(bursty, 'inference').allUp);
    expect(reading.method).toBe('simulation');
    expect(reading.model).toBe('simulated: modulated arrivals');
    expect(reading.simulation?.customers).toBeGreaterThan(1000);
    // The same machines under the same rate, of customers who do not know of one another; one node is left of them.
    const sized = sizeMode({ mode: MODES.onprem, ...traced(TRACE), interactionsPerDay: 3_200_000 });
    const plans = sized.plans.map((plan) =>
      plan.tier === 'inference' ? { ...plan, whenLost: { replicas: 1, utilisation: 1 } } : plan,
    );
    const { demand } = sized.context;
    const { trace: _, ...stated } = demand.burstiness;
    const burstiness = { ...stated, indexOfDispersion60S: 1, gapCv: 1 };
    const calmContext = { ...sized.context, demand: { ...demand, burstiness } };
    const swinging = planWaiting({ ...sized, plans, seed: SEED });
    const calm = planWaiting({ ...sized, plans, context: calmContext, seed: SEED });
    const wait = (section: WaitingSection): number =>
      steadyOf(tierOf(section, 'inference').afterLosses).meanWaitMs;
    expect(calm.arrivals.kind).toBe('renewal');
    expect(wait(swinging)).toBeGreaterThan(2 * wait(calm));
  });

  test('engines feel the swings of work, gateways those of counts', () => {
    const calmWork = { ...TRACE, indexOfDispersionOfWork: { '60': 1.6 }, workScv: 0.5 };
    const sized = sizeMode({ mode: MODES.onprem, ...traced(calmWork), interactionsPerDay: 3_200_000 });
    const plans = sized.plans.map((plan) => ({ ...plan, whenLost: { replicas: 1, utilisation: 1 } }));
    const section = planWaiting({ ...sized, plans, seed: SEED });
    const asCounted = planWaiting({
      ...sized,
      plans,
      context: {
        ...sized.context,
        demand: {
          ...sized.context.demand,
          burstiness: { ...sized.context.demand.burstiness, trace: scatterOfTrace(TRACE) },
        },
      },
      seed: SEED,
    });
    const wait = (of: WaitingSection, tier: string): number =>
      steadyOf(tierOf(of, tier).afterLosses).meanWaitMs;
    expect(wait(section, 'inference')).toBeLessThan(0.7 * wait(asCounted, 'inference'));
    expect(wait(section, 'gateway')).toBe(wait(asCounted, 'gateway'));
    expect(steadyOf(tierOf(section, 'inference').afterLosses).method).toBe('simulation');
    expect(section.arrivals.figures.map(({ name }) => name)).toContain('indexOfDispersionOfWork60S');
  });

  test('the dispersion that is shown is that of the busy hour: swings grow with the rate', () => {
    const { arrivals } = waitingOf('onprem', traced(TRACE));
    const busyPerS = (2_000_000 * 0.15) / 3600;
    // 1 + (8 − 1) × rate ÷ 5.5, about: gaps are a little other than Poisson.
    expect(arrivals.indexOfDispersion60S / (1 + (7 * busyPerS) / 5.5)).toBeCloseTo(1, 0);
  });
});

describe('variability of a histogram', () => {
  test('exponential 1, constant 0, nothing without time', () => {
    const exponential = new LatencyHistogram();
    for (let i = 0; i < 20_000; i++) exponential.record(-Math.log(1 - (i + 0.5) / 20_000) * 500);
    expect(scvOfHistogram(exponential)).toBeCloseTo(1, 1);
    const constant = new LatencyHistogram();
    constant.recordTimes(300, 50);
    expect(scvOfHistogram(constant)).toBeCloseTo(0, 9);
    expect(scvOfHistogram(new LatencyHistogram())).toBeUndefined();
  });
});
