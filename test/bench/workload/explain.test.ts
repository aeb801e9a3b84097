import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keepShard } from '../../../bench/run/shard.ts';
import { explainStep } from '../../../bench/workload/explain.ts';
import { estimateMeanShape } from '../../../bench/workload/interaction.ts';
import { planSteps } from '../../../bench/workload/planned-steps.ts';
import { computeNominalTurnsAtMs } from '../../../bench/workload/schedule.ts';
import { expandSchedule, parseSchedule, scheduleLines } from '../../../bench/workload/schedule-file.ts';
import { resolveScenario, type Scenario } from '../../../scenarios/scenario.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { createRandom } from '../../../vocabulary/random.ts';

const drawn = (distribution: object) => ({ distribution, source: 'a test' });
const constant = (value: number) => drawn({ kind: 'constant', value });

const conversations = {
  kind: 'conversations',
  turns: drawn({ kind: 'histogram', values: [1, 3, 6], weights: [1, 1, 1] }),
  thinkTimeMs: drawn({ kind: 'exponential', mean: 4_000 }),
  userTokens: drawn({ kind: 'exponential', mean: 12 }),
  outputTokens: drawn({ kind: 'exponential', mean: 20 }),
  systemPromptTokens: constant(30),
  nominalResponseMs: 800,
};
const requests = {
  kind: 'requests',
  inputTokens: drawn({ kind: 'log-normal', mu: 4, sigma: 0.8 }),
  outputTokens: constant(7),
};

const scenarioOf = (more: object): Scenario =>
  unwrap(
    resolveScenario({
      name: 'expected',
      description: 'A test.',
      workload: requests,
      load: { kind: 'steps', steps: [{ interactionsPerS: 5, warmUpMs: 4_000, windowMs: 26_000 }] },
      ...more,
    }),
  );
const stepsOf = (scenario: Scenario) =>
  unwrap(planSteps(scenario, estimateMeanShape(scenario.workload, createRandom(1)).meanTurnsPerInteraction));

/** What a schedule really holds, counted turn by turn, the prompt of each added up from its parts. */
function counted(scenario: Scenario, seed: number) {
  const [step] = expandSchedule(scenario, stepsOf(scenario), seed).steps;
  const totals = { interactions: 0, requests: 0, inputTokens: 0, outputTokens: 0 };
  const responseMs = scenario.workload.kind === 'requests' ? 0 : 800;
  for (const interaction of step?.interactions ?? []) {
    if (interaction.arrivalAtMs >= 0 && interaction.arrivalAtMs < 30_000) totals.interactions++;
    let prompt = interaction.systemPromptTokens;
    const atMs = computeNominalTurnsAtMs(interaction, interaction.arrivalAtMs, responseMs);
    interaction.turns.forEach((turn, i) => {
      prompt += turn.inputTokens;
      const dueMs = atMs[i] ?? -1;
      if (dueMs >= 0 && dueMs < 30_000) {
        totals.requests++;
        totals.inputTokens += prompt;
        totals.outputTokens += turn.outputTokens;
      }
      prompt += turn.outputTokens;
    });
  }
  return totals;
}

describe('what is said before a run', () => {
  for (const [name, more] of [
    ['requests by Poisson arrivals', {}],
    ['conversations by Poisson arrivals', { workload: conversations }],
    ['conversations on a ramp', { workload: conversations, arrivals: { kind: 'ramp', durationMs: 20_000 } }],
    ['evenly spaced requests', { arrivals: { kind: 'constant' } }],
    ['requests in bursts', { arrivals: { kind: 'modulated', indexOfDispersion: 6, windowMs: 2_000 } }],
    ['requests of gamma gaps', { arrivals: { kind: 'gamma', gapCv: 2 } }],
  ] as const) {
    it(`is what schedules of 60 other seeds hold: ${name}`, () => {
      const scenario = scenarioOf(more);
      const [step] = stepsOf(scenario);
      if (step === undefined) throw new Error('the scenario has a step');
      const said = explainStep(scenario, step, 800);
      const seen = Array.from({ length: 60 }, (_, i) => counted(scenario, 100 + i));
      for (const quantity of ['interactions', 'requests', 'inputTokens', 'outputTokens'] as const) {
        const values = seen.map((totals) => totals[quantity]);
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        const spread = Math.sqrt(
          values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1),
        );
        const { mean: expected, low, high } = said[quantity];
        // What is said is itself drawn from 20,000 interactions: one percent for that.
        const tolerance = (4 * spread) / Math.sqrt(values.length) + 0.01 * expected + 0.2;
        expect({ quantity, near: Math.abs(mean - expected) < tolerance, mean, expected }).toMatchObject({
          near: true,
        });
        const inside = values.filter((value) => value >= low - 1 && value <= high + 1).length;
        expect({ quantity, inside, enough: inside >= 50 }).toMatchObject({ enough: true });
        // A range that holds everything would say nothing.
        expect(high - low).toBeLessThan(Math.max(4, 7 * spread));
      }
    });
  }

  it('counts who is there by Little’s law: rate × time', () => {
    const scenario = scenarioOf({ workload: { ...requests, inputTokens: constant(9) } });
    const [step] = stepsOf(scenario);
    if (step === undefined) throw new Error('the scenario has a step');
    const said = explainStep(scenario, step, 2_000);
    expect(Math.abs(said.meanInFlight - 5 * 2)).toBeLessThan(0.01);
    expect(said.meanOpenInteractions).toBeCloseTo(10, 6);
    expect(said.inputTokens.mean).toBeCloseTo(5 * 30 * 9, 6);
    expect(said.peakInteractionsPerS).toBe(5);
  });

  it('says that a plan which finds its own rate needs one', () => {
    const scenario = scenarioOf({ load: { kind: 'find-capacity' } });
    expect(planSteps(scenario, 1)).toMatchObject({ failure: { code: 'USAGE' } });
    expect(unwrap(planSteps(scenario, 2, { turnsPerS: 6 }))).toMatchObject([{ interactionsPerS: 3 }]);
  });
});

describe('a schedule as a file', () => {
  const extras = {
    workload: {
      ...conversations,
      tenants: { kind: 'zipf', count: 3 },
      sharedPrefix: { tokens: constant(5), hitShareRatio: 0.5 },
      patienceMs: constant(9_000),
    },
  };
  const schedule = (more: object, seed: number) => {
    const scenario = scenarioOf(more);
    return expandSchedule(scenario, stepsOf(scenario), seed);
  };

  it('reads back to the same schedule, and that to the same bytes', () => {
    for (const more of [{}, extras]) {
      for (const seed of [1, 2, 3]) {
        const text = [...scheduleLines(schedule(more, seed))].join('');
        const read = unwrap(parseSchedule(text, 'a test'));
        expect(read).toEqual(schedule(more, seed));
        expect([...scheduleLines(read)].join('')).toBe(text);
      }
    }
    expect([...scheduleLines(schedule({}, 1))]).not.toEqual([...scheduleLines(schedule({}, 2))]);
  });

  it('is refused with the line of everything that is wrong with it', () => {
    const lines = [...scheduleLines(schedule({}, 1))].slice(0, 6).map((line) => line.trim());
    const broken = [...lines];
    broken[2] = '{"id":"i0"}';
    broken[3] = 'nonsense';
    broken[5] = (broken[5] ?? '').replace('"firstTurn":0', '"firstTurn":7');
    const read = parseSchedule(broken.join('\n'), 'a test');
    if (read.kind === 'ok') throw new Error('the schedule was read');
    expect(read.failure.issues.map(({ path }) => path).sort()).toEqual(['line 3', 'line 4', 'line 6']);
    expect(parseSchedule(lines.slice(1).join('\n'), 'a test')).toMatchObject({
      failure: { code: 'INVALID_SCENARIO' },
    });
  });

  it('is split into shards that share nothing and together are all of it, for any number of them', () => {
    const [step] = schedule({}, 1).steps;
    const ids = (step?.interactions ?? []).map(({ id }) => id);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), (count) => {
        const parts = Array.from({ length: count }, (_, index) => [
          ...keepShard(ids, { index, count, startAtUnixMs: 0 }),
        ]);
        expect(new Set(parts.flat()).size).toBe(parts.flat().length);
        expect([...parts.flat()].sort()).toEqual([...ids].sort());
        const sizes = parts.map((part) => part.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });
});
