import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GroundTruthProcess, spawnGroundTruth } from '../../../bench/ground-truth/spawn.ts';
import { histogramOf } from '../../../bench/judge/read-step.ts';
import { runBench } from '../../../bench/run/run-bench.ts';
import { resolveScenario } from '../../../scenarios/scenario.ts';
import { unwrap } from '../../../vocabulary/errors.ts';

const FIRST_TOKEN_MS = 60;
const GAP_MS = 10;
const TOKENS = 5;
/** What the server keeps to: nothing is sooner. */
const SERVICE_MS = FIRST_TOKEN_MS + (TOKENS - 1) * GAP_MS;
const THINK_MS = 150;
const TURNS = 4;
const WINDOW_MS = 1_800;
const constant = (value: number) => ({ distribution: { kind: 'constant', value }, source: 'a test' });

describe('a closed loop against a server of known timing', () => {
  let server: GroundTruthProcess;
  beforeAll(async () => {
    server = await spawnGroundTruth({
      firstTokenMs: FIRST_TOKEN_MS,
      tokenGapMs: GAP_MS,
      outputTokens: TOKENS,
      isExact: false,
    });
  });
  afterAll(() => server.close());

  it.each([
    [4, 'drawn', (THINK_MS * (TURNS - 1)) / TURNS],
    [12, 'drawn', (THINK_MS * (TURNS - 1)) / TURNS],
    [6, 'none', 0],
  ] as const)('keeps N = X(R + Z) with %i users and think time %s', async (users, thinkTime, meanThinkMs) => {
    const scenario = unwrap(
      resolveScenario({
        name: 'closed',
        description: 'A test.',
        workload: {
          kind: 'conversations',
          turns: constant(TURNS),
          thinkTimeMs: constant(THINK_MS),
          userTokens: constant(5),
          outputTokens: constant(TOKENS),
          systemPromptTokens: constant(0),
        },
        load: {
          kind: 'closed',
          thinkTime,
          steps: [{ concurrency: users, warmUpMs: 400, windowMs: WINDOW_MS }],
        },
        drainMs: 1_000,
      }),
    );
    const result = unwrap(await runBench({ scenario, target: { url: server.url } }));
    const [step] = result.steps;
    if (step === undefined) throw new Error('no step');
    expect(step.counts.completed).toBe(step.counts.offered);
    const responseMs = histogramOf(step, 'latencyMs')?.meanMs ?? Number.NaN;
    expect(responseMs).toBeGreaterThanOrEqual(0.98 * SERVICE_MS);
    const turnsPerMs = step.counts.completed / WINDOW_MS;
    // The interactive response-time law; each user may have one turn more or less in the window.
    const edges = users / WINDOW_MS;
    expect(Math.abs(turnsPerMs - users / (responseMs + meanThinkMs))).toBeLessThan(edges);
    expect(turnsPerMs).toBeLessThanOrEqual(users / (SERVICE_MS + meanThinkMs) + edges);
    expect(step.inFlight.max).toBeLessThanOrEqual(users);
    expect(Math.abs(step.inFlight.mean - turnsPerMs * responseMs)).toBeLessThan(0.15 * users);
  });
});
