import { describe, expect, test } from 'vitest';
import type { TraceSummary } from '../../vocabulary/result-file.ts';
import { machineUsd, modeOf, planOf } from './fixtures/planned.ts';
import { buildResult } from './fixtures/result.ts';

const TRACE: TraceSummary = {
  source: 'AzureLLMInferenceTrace_conv.csv.gz',
  format: 'azure-llm-2023',
  sha256: 'abc',
  requests: 19_366,
  spanMs: 3_501_000,
  meanRequestsPerS: 5.53,
  gapCv: 1.094,
  indexOfDispersion: { '1': 1.39, '10': 3.86, '60': 16.1 },
  busiest60SRequestsPerS: 9,
  meanInputTokens: 1154.7,
  meanOutputTokens: 211,
};

const traceResult = () =>
  buildResult({
    engine: 'simulated',
    rates: [10],
    servicePerS: 40,
    turns: 1,
    thinkTimeMs: 0,
    trace: TRACE,
    runId: 'trace-run',
    step: { gatewayCpuSPerTurn: 0.004, inputTokens: 1155, outputTokens: 211 },
  });

describe('a plan from a trace', () => {
  const changes = { results: [traceResult()], interactionsPerDay: undefined };

  test('its arrivals are the busy hour, its busiest minute the sizing rate', () => {
    const { demand, diagnostics } = planOf(changes);
    expect(demand.busyHourTurnsPerS).toBeCloseTo(5.53, 9);
    expect(demand.interactionsPerDay).toBeCloseTo((5.53 * 3600) / 0.15, 6);
    const figure = (name: string) => demand.figures.find((other) => other.name === name);
    expect(figure('sizingTurnsPerS')?.value).toBeCloseTo(9, 9);
    expect(figure('traceRequestsPerS')?.basis).toBe('measured');
    expect(diagnostics.map(({ code }) => code)).toContain('BURSTY_DEMAND');
  });

  test('its tokens are paid for', () => {
    const mode = modeOf('kubernetes', changes);
    const llm = mode.costLines.filter(({ category }) => category === 'llm');
    const perMonth = ((5.53 * 3600) / 0.15) * (730 / 24);
    const usd = llm.reduce((sum, line) => sum + line.usdPerMonth, 0) / perMonth;
    // The trace's own means over all its requests, not those of the part that was replayed (1,155 tokens each).
    expect(usd).toBeCloseTo(((1154.7 * 0.15 + 211 * 0.6) / 1e6) * 1.01, 12);
  });

  test('one step that met the objectives is a lower bound, and says so', () => {
    const onprem = modeOf('onprem', changes);
    expect(onprem.diagnostics.map(({ code }) => code)).toContain('CAPACITY_NOT_BRACKETED');
  });

  test('its peak is measured; the share of the day moves only the volume that the cost is spread over', () => {
    const perMonth = (share: number) => ((5.53 * 3600) / share) * (730 / 24);
    const overrides = { busyHourShareRatio: 0.15 };
    const certain = modeOf('onprem', { ...changes, overrides });
    const { ai } = modeOf('onprem', changes).usdPerInteraction;
    const machine = machineUsd(certain);
    expect(certain.tiers).toEqual(modeOf('onprem', changes).tiers);
    // At 8 and 18 % of the day the same machines serve 1.875 and 0.833 times the volume.
    expect(ai.p10).toBeGreaterThan((machine / perMonth(0.08)) * 0.9);
    expect(ai.p90).toBeLessThan((machine / perMonth(0.18)) * 1.2);
    expect(ai.p90 - ai.p10).toBeGreaterThan(
      2 * (certain.usdPerInteraction.ai.p90 - certain.usdPerInteraction.ai.p10),
    );
  });

  test('calm arrivals are sized at their mean', () => {
    const calm = { ...traceResult(), trace: { ...TRACE, indexOfDispersion: { '60': 1.2 } } };
    const { demand, diagnostics } = planOf({ results: [calm], interactionsPerDay: undefined });
    expect(demand.figures.find(({ name }) => name === 'sizingTurnsPerS')?.value).toBeCloseTo(5.53, 9);
    expect(diagnostics.map(({ code }) => code)).not.toContain('BURSTY_DEMAND');
  });
});
