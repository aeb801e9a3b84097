import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GroundTruthProcess, spawnGroundTruth } from '../../bench/ground-truth/spawn.ts';
import { runBench } from '../../bench/run/run-bench.ts';
import { explainStep } from '../../bench/workload/explain.ts';
import { estimateMeanShape } from '../../bench/workload/interaction.ts';
import { planSteps } from '../../bench/workload/planned-steps.ts';
import { listScenarios, readScenario, withOverrides } from '../../scenarios/scenario.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import { createRandom } from '../../vocabulary/random.ts';

const EXPECTED = [
  'baseline',
  'breakpoint',
  'burst',
  'busy-hour',
  'cache-friendly',
  'call-centre',
  'cold-start',
  'conversation',
  'failover',
  'long-context',
  'noisy-neighbour',
  'provider-outage',
  'smoke',
  'soak',
  'spike',
  'telecom-service-desk',
];

describe('the scenario library', () => {
  it('has what the documentation promises', () => {
    expect(listScenarios()).toEqual(EXPECTED);
  });

  it.each(EXPECTED)('%s begins with when to use it, and is named as its file', (name) => {
    const scenario = unwrap(readScenario(name));
    expect(scenario.name).toBe(name);
    expect(scenario.description).toMatch(/\. Use it /);
    expect(scenario.description.length).toBeGreaterThan(120);
  });

  it.each(EXPECTED)('%s can be explained before it runs', (name) => {
    const scenario = unwrap(readScenario(name));
    const { meanTurnsPerInteraction } = estimateMeanShape(scenario.workload, createRandom(1));
    const isSearch = scenario.load.kind === 'find-capacity';
    const short = { warmUpMs: 0, windowMs: 60_000, ...(isSearch ? { turnsPerS: 2 } : {}) };
    const [step] = unwrap(planSteps(scenario, meanTurnsPerInteraction, short));
    if (step === undefined) throw new Error('every scenario has a step');
    const said = explainStep(scenario, step, 500);
    expect(Object.values(said).every((value) => typeof value !== 'number' || Number.isFinite(value))).toBe(
      true,
    );
    expect(said.requests.mean).toBeGreaterThan(0);
    expect(said.inputTokens.mean).toBeGreaterThan(said.requests.mean);
  });
});

describe('a scenario of the library at small scale', () => {
  let server: GroundTruthProcess;
  beforeAll(async () => {
    server = await spawnGroundTruth({ firstTokenMs: 5, tokenGapMs: 0.1, outputTokens: 4 });
  });
  afterAll(() => server.close());

  const overOpenai = EXPECTED.filter((name) => name !== 'telecom-service-desk');
  it.each(overOpenai)(
    '%s runs against a real server: everything that is offered is answered',
    async (name) => {
      const full = unwrap(readScenario(name));
      const small = unwrap(
        withOverrides(full, {
          load: { kind: 'steps', steps: [{ turnsPerS: 30, warmUpMs: 100, windowMs: 900 }] },
          // A shape of minutes would not have begun within a second; what the shapes do has tests of its own.
          arrivals: { kind: 'poisson' },
          actions: [],
          drainMs: 3_000,
          slos: [],
        }),
      );
      const result = unwrap(await runBench({ scenario: small, target: { url: server.url } }));
      const [step] = result.steps;
      expect(result.state).toBe('complete');
      expect(step?.counts.offered).toBeGreaterThan(5);
      expect(step?.counts.completed).toBe(step?.counts.offered);
    },
  );
});
