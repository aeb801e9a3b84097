import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type PlanInput, planModes } from '../../planner/index.ts';
import { parseMode } from '../../scenarios/mode.ts';
import { EXIT_CODES, FAILURES, type Result, unwrap } from '../../vocabulary/errors.ts';
import { type PlanFile, planFileSchema } from '../../vocabulary/plan-file.ts';
import { type ResultFile, resultFileSchema } from '../../vocabulary/result-file.ts';
import { llamaResult, SLOS, simulatedResult } from './fixtures/result.ts';
import { CATALOGUE, MODES, type ModeId, scaledCatalogue } from './fixtures/sized.ts';

/** A plan takes long where the machine is busy. */
const PATIENCE_MS = 120_000;

/** Numbers that no mode, result or catalogue means. */
const HOSTILE = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  -1,
  -0,
  0,
  Number.MIN_VALUE,
  1e-300,
  1e-9,
  0.999999999,
  1.0000001,
  99,
  1e6,
  2 ** 53,
  1e15,
  1e300,
  Number.MAX_VALUE,
] as const;

type Path = readonly (string | number)[];

/** Paths of every number in a value. */
function numberPaths(value: unknown, path: Path = []): Path[] {
  if (typeof value === 'number') return [path];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    numberPaths(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

function withNumber<T>(value: T, path: Path, replacement: number): T {
  const copy = structuredClone(value);
  let at: unknown = copy;
  for (const key of path.slice(0, -1)) at = Reflect.get(at as object, key);
  Reflect.set(at as object, path[path.length - 1] ?? '', replacement);
  return copy;
}

/** Paths of every number in a value that is not finite. */
const notFinite = (value: unknown): Path[] =>
  numberPaths(value).filter((path) => {
    const found = path.reduce<unknown>((at, key) => Reflect.get(at as object, key), value);
    return !Number.isFinite(found);
  });

const RESULTS = [llamaResult(), simulatedResult()];

const input = (changes: Partial<PlanInput>): PlanInput => ({
  results: RESULTS,
  interactionsPerDay: 25_000,
  modes: Object.values(MODES),
  catalogue: CATALOGUE,
  slos: SLOS,
  seed: 1,
  nowUnixMs: Date.UTC(2026, 10, 21),
  ...changes,
});

/** A finite, valid plan, or a failure of exit code 10 or 40 that says where, what, and what to do. */
function expectPlanOrRefusal(plan: Result<PlanFile>): void {
  if (plan.kind === 'ok') {
    expect(notFinite(plan.value)).toEqual([]);
    const parsed = planFileSchema.safeParse(plan.value);
    expect(parsed.success ? [] : parsed.error.issues).toEqual([]);
    for (const mode of plan.value.modes) {
      if (mode.kind !== 'refused') continue;
      expect(mode.reason.length).toBeGreaterThan(10);
      expect(mode.liftedBy.length).toBeGreaterThan(5);
    }
    return;
  }
  const { exitCode } = FAILURES[plan.failure.code];
  expect([EXIT_CODES.invalidInput, EXIT_CODES.noFeasiblePlan]).toContain(exitCode);
  expect(plan.failure.issues.length).toBeGreaterThan(0);
  for (const issue of plan.failure.issues) {
    expect(issue.path.length).toBeGreaterThan(0);
    expect(issue.fix.length).toBeGreaterThan(3);
  }
}

const FACTORS = [1e-9, 1e-6, 1e-3, 0.01, 0.1, 10, 100, 1e3, 1e6, 1e9] as const;

const valueAt = (value: unknown, path: Path): number =>
  Number(path.reduce<unknown>((at, key) => Reflect.get(at as object, key), value));

/** A number that nobody means, or a mistake of unit: most of those pass as numbers of their kind. */
function mistaken(meant: number) {
  const scaled = FACTORS.map((factor) => {
    const value = meant * factor;
    return Number.isInteger(meant) && value > 1 ? Math.round(value) : value;
  });
  return fc.oneof(fc.constantFrom(...HOSTILE), fc.constantFrom(...scaled));
}

const anyMode = fc.constantFrom<ModeId>('compose', 'kubernetes', 'onprem').chain((id) =>
  fc.constantFrom(...numberPaths(MODES[id])).chain((path) =>
    fc.record({
      id: fc.constant(id),
      path: fc.constant(path),
      value: mistaken(valueAt(MODES[id], path)),
    }),
  ),
);

const anyResult = fc.constantFrom(0, 1).chain((which) => {
  const paths = numberPaths(RESULTS[which]).filter((path) => !path.includes('histograms'));
  return fc.constantFrom(...paths).chain((path) =>
    fc.record({
      which: fc.constant(which),
      path: fc.constant(path),
      value: mistaken(valueAt(RESULTS[which], path)),
    }),
  );
});

describe('hostile numbers', () => {
  test(
    'in any place of a mode file: refused when read, refused by its plan, or a plan of finite figures',
    () => {
      fc.assert(
        fc.property(anyMode, ({ id, path, value }) => {
          const mode = parseMode(stringify(withNumber(MODES[id], path, value)), 'mode.yaml', CATALOGUE);
          if (mode.kind === 'failed') {
            expect(FAILURES[mode.failure.code].exitCode).toBe(EXIT_CODES.invalidInput);
            expect(mode.failure.issues.length).toBeGreaterThan(0);
            return;
          }
          expectPlanOrRefusal(planModes(input({ modes: [mode.value] })));
        }),
        { numRuns: 60, seed: 1 },
      );
    },
    PATIENCE_MS,
  );

  test(
    'in any place of a result: refused, or a plan of finite figures',
    () => {
      fc.assert(
        fc.property(anyResult, ({ which, path, value }) => {
          const hostile = withNumber<unknown>(RESULTS[which], path, value);
          const parsed = resultFileSchema.safeParse(hostile);
          if (!parsed.success) return;
          const results: ResultFile[] = RESULTS.map((result, index) =>
            index === which ? parsed.data : result,
          );
          expectPlanOrRefusal(planModes(input({ results })));
        }),
        { numRuns: 20, seed: 2 },
      );
    },
    PATIENCE_MS,
  );

  const referenced: readonly (readonly [string, string])[] = [
    ['default/busy-hour-share', 'busyHourShareRatio'],
    ['default/escalation-share', 'escalationRatio'],
    ['default/repeat-contact-share', 'repeatRatio'],
    ['default/service-level', 'answeredRatio'],
    ['default/service-level', 'targetWaitS'],
    ['default/retry-share', 'retryRatio'],
    ['default/turn-bytes', 'historyBytesPerTurn'],
    ['default/history-retention', 'retentionMonths'],
    ['default/context-bytes', 'contextBytesPerInteraction'],
    ['default/operator', 'usdPerHour'],
    ['wfm/shrinkage', 'ratio'],
    ['wfm/max-occupancy', 'ratio'],
    ['service-time/anonymous-bank-1999', 'meanPatienceS'],
    ['aht/us-2023', 'averageHandleTimeS'],
    ['cost-per-call/uk', 'callUsd'],
    ['openai/tier5/gpt-4o-mini', 'requestsPerMin'],
    ['openai/gpt-4o-mini', 'inputUsdPerMTokens'],
    ['aws/c7i.large', 'usdPerHour'],
    ['depreciation/amazon', 'serverLifeYears'],
    ['default/dgx-h100-power', 'systemKw'],
    ['aws/alb', 'usdPerLcuMonth'],
  ];

  test(
    'in a catalogue of the user: refused, or a plan of finite figures',
    () => {
      const cases = fc.tuple(
        fc.constantFrom(...referenced),
        fc.constantFrom(-1, 0, 1e-300, 1e-9, 100, 1e6, 1e300),
      );
      fc.assert(
        fc.property(cases, ([[id, field], factor]) => {
          expectPlanOrRefusal(planModes(input({ catalogue: scaledCatalogue(id, field, factor) })));
        }),
        { numRuns: 15, seed: 3 },
      );
    },
    PATIENCE_MS,
  );

  test(
    'in what is given with the plan',
    () => {
      const rarely = (meant: number) =>
        fc.oneof(
          { weight: 1, arbitrary: fc.constantFrom(...HOSTILE) },
          { weight: 7, arbitrary: fc.constant(meant) },
        );
      fc.assert(
        fc.property(
          fc.record({
            interactionsPerDay: rarely(25_000),
            busyHourShareRatio: rarely(0.15),
            escalationRatio: rarely(0.2),
            averageHandleTimeS: rarely(372),
            humanContactUsd: rarely(7),
            operatorUsdPerHour: rarely(75),
            limitMs: rarely(2000),
          }),
          ({ interactionsPerDay, limitMs, ...overrides }) => {
            const slos = [{ kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs }] as const;
            expectPlanOrRefusal(planModes(input({ interactionsPerDay, overrides, slos })));
          },
        ),
        { numRuns: 40, seed: 4 },
      );
    },
    PATIENCE_MS,
  );
});

describe('figures that cannot be meant are named', () => {
  const failureOf = (changes: Partial<PlanInput>) => {
    const plan = planModes(input(changes));
    if (plan.kind === 'ok') throw new Error('planned');
    return plan.failure;
  };

  test('a shrinkage of 30 in place of 0.3, with where it was stated', () => {
    const failure = failureOf({ catalogue: scaledCatalogue('wfm/shrinkage', 'ratio', 100) });
    expect(failure.code).toBe('INVALID_DEMAND');
    expect(failure.issues).toEqual([
      {
        path: 'shrinkageRatio',
        expected: 'ratio from 0 to 0.999',
        got: expect.stringMatching(/^30 \(wfm\/shrinkage/),
        fix: expect.stringContaining('30 % is 0.3'),
      },
    ]);
  });

  test('a price beyond any, and a life of no years, refuse the modes that use them and no others', () => {
    const plan = unwrap(
      planModes(input({ catalogue: scaledCatalogue('aws/c7i.large', 'usdPerHour', 1e300) })),
    );
    expect(plan.modes.map(({ kind }) => kind)).toEqual(['planned', 'refused', 'planned']);
    const kubernetes = plan.modes[1];
    expect(kubernetes?.kind === 'refused' && kubernetes.reason).toMatch(/aws\/c7i\.large states usdPerHour/);
    const lifeless = unwrap(
      planModes(input({ catalogue: scaledCatalogue('depreciation/amazon', 'serverLifeYears', 0) })),
    );
    expect(lifeless.modes.map(({ kind }) => kind)).toEqual(['planned', 'planned', 'refused']);
  });

  test('a result whose customers think for a century', () => {
    const [llama] = RESULTS;
    if (llama === undefined) throw new Error('no result');
    const hostile = { ...llama, shape: { ...llama.shape, meanThinkTimeMs: 3.2e12 } };
    const failure = failureOf({ results: [hostile] });
    expect(failure.issues[0]).toMatchObject({
      path: 'results run-llama.shape.meanThinkTimeMs',
      got: '3200000000000',
    });
  });

  test('a vendor without any quota left needs more accounts than there are', () => {
    const plan = unwrap(
      planModes(input({ catalogue: scaledCatalogue('openai/tier5/gpt-4o-mini', 'requestsPerMin', 0) })),
    );
    const kubernetes = plan.modes.find(({ mode }) => mode === 'kubernetes');
    expect(kubernetes?.kind === 'refused' && kubernetes.reason).toContain('tier llm needs more than');
  });
});
