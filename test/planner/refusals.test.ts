import { describe, expect, test } from 'vitest';
import { type PlanInput, planModes } from '../../planner/index.ts';
import type { DeploymentMode } from '../../scenarios/mode.ts';
import { createDiagnostic } from '../../vocabulary/diagnostics.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import type { RefusedMode } from '../../vocabulary/plan-file.ts';
import { buildResult, buildStep, llamaResult, SLOS, simulatedResult } from './fixtures/result.ts';
import { CATALOGUE, MODES } from './fixtures/sized.ts';

const input = (changes: Partial<PlanInput> = {}): PlanInput => ({
  results: [llamaResult(), simulatedResult()],
  interactionsPerDay: 25_000,
  modes: Object.values(MODES),
  catalogue: CATALOGUE,
  seed: 1,
  nowUnixMs: Date.UTC(2026, 10, 21),
  ...changes,
});

function refusedOf(id: string, changes: Partial<PlanInput>): Pick<RefusedMode, 'reason' | 'liftedBy'> {
  const plan = planModes(input(changes));
  if (plan.kind === 'failed') {
    const issue = plan.failure.issues.find(({ path }) => path === id);
    if (issue === undefined) throw new Error(`${plan.failure.code} says nothing of ${id}`);
    return { reason: issue.got, liftedBy: issue.fix };
  }
  const mode = plan.value.modes.find((other) => other.mode === id);
  if (mode?.kind !== 'refused') throw new Error(`${id} was planned`);
  return mode;
}

const gpu = (changes: Partial<Parameters<typeof buildResult>[0]>) =>
  buildResult({
    engine: 'simulated',
    rates: [10, 20, 30, 39],
    servicePerS: 40,
    step: { gatewayCpuSPerTurn: 0.004 },
    ...changes,
  });

const tier0 = (mode: DeploymentMode, changes: object): DeploymentMode => ({
  ...mode,
  tiers: mode.tiers.map((tier, index) => (index === 0 ? { ...tier, ...changes } : tier)),
});

type Case = readonly [
  name: string,
  mode: string,
  changes: Partial<PlanInput>,
  reason: RegExp,
  liftedBy: RegExp,
];

const CASES: readonly Case[] = [
  [
    'no result of the engine',
    'onprem',
    { results: [llamaResult()] },
    /no result of a target with the simulated engine/,
    /bench a target/,
  ],
  [
    'results of two targets of one engine',
    'onprem',
    { results: [simulatedResult(), gpu({ hardware: '4 x H100' })] },
    /different targets with the simulated engine.*2 x H100.*4 x H100/,
    /the one target that this mode deploys/,
  ],
  [
    'two steps with the crossing between them',
    'onprem',
    { results: [gpu({ rates: [20, 39] })] },
    /2 steps are too few.*between 20 and 39/,
    /at least 3 rates/,
  ],
  [
    'the objectives are missed at every rate',
    'onprem',
    { results: [gpu({ rates: [38.7, 39.6, 42] })] },
    /lowest rate measured, 38.7 turns\/s, already misses/,
    /measure below 38.7/,
  ],
  [
    'every rate past saturation',
    'onprem',
    { results: [gpu({ rates: [50, 60, 70] })] },
    /lowest rate measured, 50 turns\/s, already misses/,
    /measure below 50/,
  ],
  [
    'the generator was saturated at every step',
    'onprem',
    { results: [gpu({ diagnostics: [createDiagnostic('GENERATOR_SATURATED', 'late')] })] },
    /generator could not keep its schedule, and no other step is left/,
    /its own machine, or shard/,
  ],
  [
    "Little's law violated at every step",
    'onprem',
    { results: [gpu({ diagnostics: [createDiagnostic('LITTLES_LAW_VIOLATED', 'odd')] })] },
    /contradict each other/,
    /longer steps/,
  ],
  [
    'a queue that grew from the first step',
    'onprem',
    { results: [gpu({ diagnostics: [createDiagnostic('NOT_STEADY', 'grows')] })] },
    /its queue kept growing/,
    /measure below 10/,
  ],
  [
    'a lower rate missed what a higher one met',
    'onprem',
    {
      results: [
        gpu({
          rates: [],
          steps: [
            buildStep({ turnsPerS: 10, servicePerS: 40, gatewayCpuSPerTurn: 0.004 }),
            buildStep({ turnsPerS: 20, servicePerS: 20.5, gatewayCpuSPerTurn: 0.004 }),
            buildStep({ turnsPerS: 30, servicePerS: 40, gatewayCpuSPerTurn: 0.004 }),
          ],
        }),
      ],
    },
    /noisy: 20 turns\/s missed the objectives and 30 turns\/s met them/,
    /repeat those steps, longer/,
  ],
  [
    'no CPU of a gateway',
    'kubernetes',
    { results: [buildResult({ engine: 'simulated', rates: [10, 20, 39], servicePerS: 40 })] },
    /tier gateway: no result sampled the CPU of a gateway process/,
    /\/metrics reachable/,
  ],
  [
    'other GPUs than the mode deploys',
    'onprem',
    { results: [gpu({ hardware: '1 x L4 24 GB (simulated)' })] },
    /ran on 1 x L4 24 GB.*deploys H100/,
    /measure \(or simulate\) H100/,
  ],
  [
    'a replica larger than a node',
    'onprem',
    { results: [gpu({ hardware: '16 x H100' })] },
    /spans 16 GPUs and one DGX H100 node has 8/,
    /a node with more GPUs/,
  ],
  [
    'hardware that nobody wrote down',
    'onprem',
    { results: [gpu({ hardware: '' })] },
    /deploys H100: no capacity carries over/,
    /measure/,
  ],
  [
    'no token counts',
    'kubernetes',
    { results: [gpu({ step: { gatewayCpuSPerTurn: 0.004, inputTokens: 0 } })] },
    /carries no input token counts/,
    /reports token usage/,
  ],
  [
    'more accounts than can be had',
    'kubernetes',
    { interactionsPerDay: 10_000_000 },
    /tier llm needs 6 × account.*allows 4/,
    /raise maxReplicas of llm/,
  ],
  [
    'more than a host',
    'compose',
    { interactionsPerDay: 100_000 },
    /tier host needs 2 .* the mode allows 1/,
    /choose another mode/,
  ],
  [
    'more GPU nodes than the mode has room for',
    'onprem',
    { modes: [tier0(MODES.onprem, { maxReplicas: 4 })], interactionsPerDay: 2_000_000 },
    /tier inference needs 8 .* allows 4/,
    /a larger unit/,
  ],
  [
    'links slower than the objective',
    'kubernetes',
    {
      slos: [{ kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: 49 }],
      results: [gpu({ servicePerS: 4000 })],
    },
    /links of kubernetes take 50 ms and the objective allows 49 ms/,
    /loosen the objective/,
  ],
  [
    'a vendor assumed slower than the objective',
    'kubernetes',
    { slos: [{ kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: 1500 }] },
    /p95 assumed of the vendor with links and gateway is 1852 ms/,
    /measure the vendor/,
  ],
  [
    'a vendor that keeps the first objective and misses the second',
    'kubernetes',
    {
      slos: [
        { kind: 'latency', metric: 'latencyMs', percentile: 50, limitMs: 3000 },
        { kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: 1500 },
      ],
    },
    /p95 assumed of the vendor with links and gateway is 1852 ms, over the objective of 1500 ms/,
    /measure the vendor/,
  ],
  [
    'a vendor whose median is over the objective',
    'kubernetes',
    { slos: [{ kind: 'latency', metric: 'latencyMs', percentile: 50, limitMs: 850 }] },
    /p50 assumed of the vendor with links and gateway is 852 ms/,
    /measure the vendor/,
  ],
  [
    'a demand that no mode has room for',
    'onprem',
    { interactionsPerDay: 1e10 },
    /tier inference needs \d+ × DGX H100 node and the mode allows 512/,
    /raise maxReplicas/,
  ],
];

describe('a refusal names its cause and what lifts it', () => {
  test.each(CASES)('%s (%s)', (...[, mode, changes, reason, liftedBy]) => {
    const refused = refusedOf(mode, changes);
    expect(refused.reason).toMatch(reason);
    expect(refused.liftedBy).toMatch(liftedBy);
  });

  test('all that is missing at once, each remedy once', () => {
    const refused = refusedOf('onprem', {
      results: [buildResult({ engine: 'llama', rates: [2, 4, 6], servicePerS: 8 })],
    });
    expect(refused.reason).toMatch(/simulated engine.*; tier gateway: no result sampled/);
    expect(refused.liftedBy.split('; ')).toHaveLength(2);
  });
});

describe('demand that cannot be meant', () => {
  test.each([0, -1, -25_000, 1e-9, 1e11, 1e15, Number.NaN, Number.POSITIVE_INFINITY])(
    '%d a day',
    (interactionsPerDay) => {
      const startedAtMs = performance.now();
      const plan = planModes(input({ interactionsPerDay }));
      expect(plan.kind === 'failed' && plan.failure.code).toBe('INVALID_DEMAND');
      if (plan.kind === 'ok') return;
      expect(plan.failure.issues).toEqual([
        {
          path: 'interactionsPerDay',
          expected: 'a number from 0.001 to 10000000000',
          got: String(interactionsPerDay),
          fix: 'give the number of conversations on one day',
        },
      ]);
      expect(performance.now() - startedAtMs).toBeLessThan(1000);
    },
  );

  test('the largest that is taken still ends at once', () => {
    const startedAtMs = performance.now();
    expect(planModes(input({ interactionsPerDay: 1e10 })).kind).toBe('failed');
    expect(performance.now() - startedAtMs).toBeLessThan(1000);
  });

  test('a handle time of more than a day', () => {
    const plan = planModes(input({ overrides: { averageHandleTimeS: 90_000 } }));
    expect(plan.kind === 'failed' && plan.failure.issues.map(({ path }) => path)).toEqual([
      'averageHandleTimeS',
    ]);
  });
});

describe('objectives and links', () => {
  test('a pause between tokens is not shortened by the way to the server', () => {
    const slos = [
      ...SLOS,
      { kind: 'latency', metric: 'timePerOutputTokenMs', percentile: 95, limitMs: 20 },
    ] as const;
    // 30 ms of links: as a limit on a whole turn it would be refused.
    const withTokens = buildResult({
      engine: 'llama',
      rates: [],
      servicePerS: 20,
      steps: [5, 10, 17, 19].map((turnsPerS) => {
        const step = buildStep({ turnsPerS, servicePerS: 20, gatewayCpuSPerTurn: 0.004, engineCores: 1.2 });
        const { latencyMs } = buildStep({ turnsPerS: 10, servicePerS: 1000 }).histograms;
        return {
          ...step,
          histograms: { ...step.histograms, ...(latencyMs && { timePerOutputTokenMs: latencyMs }) },
        };
      }),
    });
    const plan = unwrap(planModes(input({ results: [withTokens], slos, modes: [MODES.compose] })));
    expect(plan.modes[0]?.kind).toBe('planned');
    expect(
      refusedOf('compose', {
        results: [withTokens],
        slos: [{ kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: 20 }],
      }).reason,
    ).toContain('links of compose take 30 ms');
  });
});
