import { describe, expect, test } from 'vitest';
import { planModes } from '../../planner/index.ts';
import { parseDemand } from '../../scenarios/demand.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import { llamaResult, simulatedResult } from './fixtures/result.ts';
import { CATALOGUE, MODES } from './fixtures/sized.ts';

const planWith = (callsPerTurn: number) => {
  const text = `
kind: busyhour-demand
schemaVersion: 1
name: supervised
source: the corrected call-centre guide
volume: { kind: per-day, interactionsPerDay: 2000000 }
profile: { shape: call-centre, busyHourShareRatio: 0.15 }
interaction: { callsPerTurn: ${callsPerTurn} }
`;
  const spec = unwrap(parseDemand(text, 'demand.yaml'));
  const plan = unwrap(
    planModes({
      results: [llamaResult(), simulatedResult()],
      demand: { path: 'demand.yaml', spec },
      modes: [MODES.kubernetes],
      catalogue: CATALOGUE,
      seed: 1,
      nowUnixMs: Date.UTC(2026, 10, 21),
    }),
  );
  const [mode] = plan.modes;
  if (mode?.kind !== 'planned') throw new Error(mode?.reason ?? 'no mode');
  const llm = mode.tiers.find(({ tier }) => tier === 'llm');
  if (llm === undefined) throw new Error('no llm');
  return { mode, llm };
};

describe('calls per turn of the demand', () => {
  test('twice the calls are twice the requests against the quota, and the same tokens', () => {
    const [one, two] = [planWith(1), planWith(2)];
    const demandOf = ({ llm }: ReturnType<typeof planWith>, unit: string) =>
      Number(llm.limits.find(({ explanation }) => explanation.includes(unit))?.explanation.split(' ')[0]);
    expect(demandOf(two, 'requests per minute') / demandOf(one, 'requests per minute')).toBeCloseTo(2, 3);
    expect(demandOf(two, 'tokens per minute')).toBe(demandOf(one, 'tokens per minute'));
    expect(two.llm.replicas).toBe(Math.ceil(((2e6 * 0.15 * 5) / 3600) * 60 * 1.01 * 2 * (1 / 24_000)));
  });

  test('the plan says who stated them', () => {
    const figure = planWith(2).llm.capacity.find(({ name }) => name === 'llmCallsPerTurn');
    expect(figure).toMatchObject({ value: 2, source: 'stated by the demand file' });
  });
});
