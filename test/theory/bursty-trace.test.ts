import { describe, expect, test } from 'vitest';
import { planModes } from '../../planner/index.ts';
import { readCatalogue } from '../../scenarios/catalogue.ts';
import { readMode } from '../../scenarios/mode.ts';
import { summariseTrace } from '../../scenarios/traces/trace-summary.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import type { PlanFile } from '../../vocabulary/plan-file.ts';
import { createRandom, sampleExponential } from '../../vocabulary/random.ts';
import type { TraceSummary } from '../../vocabulary/result-file.ts';
import { buildResult } from '../planner/fixtures/result.ts';

const catalogue = unwrap(readCatalogue());
const modes = [unwrap(readMode('kubernetes', catalogue)), unwrap(readMode('onprem', catalogue))];

const HOURS = 8;
const SPAN_MS = HOURS * 3_600_000;

/**
 * Batches of `batch` requests at the instants of a Poisson process, all in one instant: the count of any window is
 * batch × Poisson, so its variance over its mean is exactly `batch`.
 */
function batchTrace(seed: number, batch: number, requestsPerS: number): TraceSummary {
  const random = createRandom(seed);
  const instantsMs: number[] = [0];
  for (let atMs = 0; ; ) {
    atMs += sampleExponential(random, (batch / requestsPerS) * 1000);
    if (atMs > SPAN_MS) break;
    for (let i = 0; i < batch; i++) instantsMs.push(atMs);
  }
  const requests = instantsMs.map((atMs, index) => ({
    atMs,
    inputTokens: index % 2 === 0 ? 400 : 1200,
    outputTokens: 100,
  }));
  return summariseTrace({
    source: `batches of ${batch}`,
    format: 'synthetic',
    sha256: `${batch}-${seed}`,
    requests,
  } as Parameters<typeof summariseTrace>[0]);
}

function planOf(trace: TraceSummary, interactionsPerDay?: number): PlanFile {
  const result = buildResult({
    engine: 'simulated',
    rates: [10, 20, 30, 39],
    servicePerS: 40,
    turns: 1,
    trace,
    step: { gatewayCpuSPerTurn: 0.004, inputTokens: 7, outputTokens: 3 },
  });
  return unwrap(
    planModes({
      results: [result],
      interactionsPerDay,
      modes,
      catalogue,
      seed: 1,
      nowUnixMs: 1_795_000_000_000,
    }),
  );
}

const figure = (plan: PlanFile, name: string): number =>
  plan.demand.figures.find((other) => other.name === name)?.value ?? Number.NaN;

const codes = (plan: PlanFile): string[] => plan.diagnostics.map(({ code }) => code);

const SEEDS = Array.from({ length: 10 }, (_, index) => index + 1);
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe('a trace whose index of dispersion is known, ten seeds', () => {
  test.each([1, 4, 12])('batches of %i: the index is the batch', (batch) => {
    const plans = SEEDS.map((seed) => planOf(batchTrace(seed, batch, 8)));
    const indices = plans.map((plan) => figure(plan, 'indexOfDispersion60S'));
    // 480 windows a run: the variance is known to √(2/480) = 6.5 %, its mean over ten runs to 2 %; four of them.
    expect(Math.abs(mean(indices) / batch - 1)).toBeLessThan(0.09);
    expect(Math.abs(mean(plans.map(({ demand }) => demand.busyHourTurnsPerS)) / 8 - 1)).toBeLessThan(0.03);
    for (const plan of plans) {
      expect(codes(plan).includes('BURSTY_DEMAND')).toBe(batch > 2);
      const sizing = figure(plan, 'sizingTurnsPerS');
      if (batch === 1) expect(sizing).toBeCloseTo(plan.demand.busyHourTurnsPerS, 9);
      else expect(sizing).toBeGreaterThan(plan.demand.busyHourTurnsPerS * 1.1);
    }
  });

  test('burstier arrivals at the same mean never need fewer machines', () => {
    for (const seed of SEEDS) {
      const nodes = (batch: number): number => {
        const onprem = planOf(batchTrace(seed, batch, 8), 4_800_000).modes.find(
          ({ mode }) => mode === 'onprem',
        );
        return onprem?.kind === 'planned' ? (onprem.tiers[0]?.replicasForLoad ?? 0) : 0;
      };
      const [calm, bursty, wild] = [nodes(1), nodes(30), nodes(300)];
      // 200 turns/s ÷ (38.5 × 4 × 0.8) is 1.6 nodes.
      expect(calm).toBe(2);
      expect(bursty).toBeGreaterThanOrEqual(calm);
      expect(wild).toBeGreaterThan(bursty);
    }
    // Thirty whole plans, each with its draws and simulated queues.
  }, 120_000);

  test('the busiest minute that is sized for is the one of the trace', () => {
    const trace = batchTrace(3, 12, 8);
    const plan = planOf(trace);
    expect(figure(plan, 'sizingTurnsPerS')).toBeCloseTo(trace.busiest60SRequestsPerS, 9);
    expect(figure(plan, 'gapCv')).toBe(trace.gapCv);
    // With a daily volume given, the peak is its own and only the shape of the burst is the trace's.
    const given = planOf(trace, 100_000);
    const busyHour = (100_000 * 0.15) / 3600;
    expect(given.demand.busyHourTurnsPerS).toBeCloseTo(busyHour, 9);
    expect(figure(given, 'sizingTurnsPerS')).toBeCloseTo(
      (busyHour * trace.busiest60SRequestsPerS) / trace.meanRequestsPerS,
      9,
    );
  });

  test('its tokens are those that are paid for: 800 in and 100 out, not the 7 and 3 that were replayed', () => {
    const trace = batchTrace(5, 4, 8);
    const plan = planOf(trace);
    expect(figure(plan, 'inputTokensPerTurn')).toBeCloseTo(800, -1);
    expect(figure(plan, 'outputTokensPerTurn')).toBe(100);
    const kubernetes = plan.modes.find(({ mode }) => mode === 'kubernetes');
    if (kubernetes?.kind !== 'planned') throw new Error('refused');
    const llmUsd = kubernetes.costLines
      .filter(({ category }) => category === 'llm')
      .reduce((sum, { usdPerMonth }) => sum + usdPerMonth, 0);
    const perInteraction = llmUsd / (plan.demand.interactionsPerDay * (730 / 24));
    const byHand = (1.01 * (trace.meanInputTokens * 0.15 + 100 * 0.6)) / 1e6;
    expect(Math.abs(perInteraction / byHand - 1)).toBeLessThan(1e-12);
  });
});
