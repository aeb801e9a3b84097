import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sizeStaffing } from '../../planner/people/staffing.ts';
import { buildResult } from './fixtures/result.ts';
import {
  MODES,
  type ModeId,
  type SizedFixture,
  scaledCatalogue,
  sizeMode,
  unbounded,
} from './fixtures/sized.ts';

/** Dimensional analysis: an input that is multiplied moves each figure as its unit says, and no other. */

const IDS: readonly ModeId[] = ['compose', 'kubernetes', 'onprem'];

/** Log-uniform: as many inputs around 1 as around a million. */
const logUniform = (min: number, max: number) =>
  fc.double({ min: Math.log(min), max: Math.log(max), noNaN: true }).map((x) => Math.min(max, Math.exp(x)));

const usdOf = ({ lines }: SizedFixture, line: string): number =>
  lines
    .filter(({ line: { line: name } }) => name.startsWith(line))
    .reduce((sum, { line: { usdPerMonth } }) => sum + usdPerMonth, 0);

const total = ({ lines }: SizedFixture): number => lines.reduce((sum, { line }) => sum + line.usdPerMonth, 0);

/** Sum of the lines that grow with what is named. */
const drivenUsd = ({ lines }: SizedFixture, driver: string): number =>
  lines.filter((line) => line.driver === driver).reduce((sum, { line }) => sum + line.usdPerMonth, 0);

/** Lines by the volume, without traffic, which becomes cheaper in steps, or traffic alone. */
const volumeUsd = ({ lines }: SizedFixture, traffic: boolean): number =>
  lines
    .filter(({ driver, line }) => driver === 'volume' && (line.category === 'network') === traffic)
    .reduce((sum, { line }) => sum + line.usdPerMonth, 0);

const near = (actual: number, expected: number): void => {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(expected)));
};

/** Names of the lines that differ between two plans, with by how much. */
function moved(before: SizedFixture, after: SizedFixture): ReadonlyMap<string, number> {
  return new Map(
    before.lines.flatMap(({ line }, index) => {
      const next = after.lines[index]?.line;
      const ratio = (next?.usdPerMonth ?? 0) / line.usdPerMonth;
      return line.usdPerMonth > 0 && Math.abs(ratio - 1) > 1e-12 ? [[line.line, ratio] as const] : [];
    }),
  );
}

const anyInput = fc.record({
  id: fc.constantFrom(...IDS),
  interactionsPerDay: logUniform(0.001, 1e10),
  busyHourShareRatio: fc.double({ min: 1e-6, max: 1, noNaN: true }),
  escalationRatio: fc.double({ min: 0, max: 1, noNaN: true }),
  repeatRatio: fc.double({ min: 0, max: 0.99, noNaN: true }),
  retryRatio: fc.double({ min: 0, max: 0.99, noNaN: true }),
  humanContactUsd: fc.double({ min: 0, max: 1000, noNaN: true }),
  averageHandleTimeS: logUniform(1, 86_400),
  operatorUsdPerHour: fc.double({ min: 0, max: 1000, noNaN: true }),
});

const sizedOf = ({
  id,
  interactionsPerDay,
  ...overrides
}: Parameters<Parameters<typeof anyInput.map>[0]>[0]) =>
  sizeMode({ mode: unbounded(MODES[id]), interactionsPerDay, overrides });

describe('thousands of valid inputs', () => {
  test('no figure of any plan is NaN, infinite or negative', () => {
    fc.assert(
      fc.property(anyInput, (given) => {
        const { plans, lines, context } = sizedOf(given);
        const bad = [
          ...plans.flatMap(({ replicas, replicasForLoad, slackRatio, utilisation }) => [
            replicas,
            replicasForLoad,
            slackRatio,
            utilisation,
          ]),
          ...plans.flatMap(({ limits }) => limits.map(({ requiredReplicas }) => requiredReplicas)),
          ...lines.flatMap(({ line }) => [line.quantity, line.unitPriceUsd, line.usdPerMonth]),
          ...context.demand.figures.map(({ value }) => value),
        ].filter((value) => !(value >= 0 && Number.isFinite(value)));
        expect(bad).toEqual([]);
        for (const { utilisation, replicas } of plans) {
          expect(Number.isSafeInteger(replicas)).toBe(true);
          expect(utilisation).toBeLessThanOrEqual(1 + 1e-9);
        }
      }),
      { numRuns: 3000, seed: 1 },
    );
  });

  test('more demand never takes a replica away, and volume costs exactly in proportion', () => {
    const pair = fc.tuple(anyInput, fc.double({ min: 1, max: 100, noNaN: true }));
    fc.assert(
      fc.property(pair, ([given, factor]) => {
        const interactionsPerDay = Math.min(1e8, given.interactionsPerDay);
        const before = sizedOf({ ...given, interactionsPerDay });
        const after = sizedOf({ ...given, interactionsPerDay: interactionsPerDay * factor });
        before.plans.forEach(({ replicas, tier }, index) => {
          expect(after.plans[index]?.replicas, tier).toBeGreaterThanOrEqual(replicas);
        });
        near(volumeUsd(after, false), volumeUsd(before, false) * factor);
        const traffic = volumeUsd(after, true);
        expect(traffic).toBeLessThanOrEqual(volumeUsd(before, true) * factor * (1 + 1e-9));
        expect(traffic).toBeGreaterThanOrEqual(volumeUsd(before, true) * (1 - 1e-9));
        near(drivenUsd(after, 'people'), drivenUsd(before, 'people') * factor);
        near(drivenUsd(after, 'fixed'), drivenUsd(before, 'fixed'));
        expect(total(after)).toBeGreaterThanOrEqual(total(before) * (1 - 1e-12));
      }),
      { numRuns: 1000, seed: 2 },
    );
  });

  test('the machine of a peak twice as high is at most twice the size and one per zone more', () => {
    fc.assert(
      fc.property(anyInput, (given) => {
        const busyHourShareRatio = given.busyHourShareRatio / 2;
        const before = sizedOf({ ...given, busyHourShareRatio });
        const after = sizedOf(given);
        before.plans.forEach(({ replicas, tier }, index) => {
          const { zones } = MODES[given.id].tiers[index] ?? { zones: 1 };
          expect(after.plans[index]?.replicas, tier).toBeLessThanOrEqual(2 * replicas + zones);
        });
        // The volume of the day is the same, so nothing that is paid by volume moves.
        near(drivenUsd(after, 'volume'), drivenUsd(before, 'volume'));
      }),
      { numRuns: 500, seed: 3 },
    );
  });
});

describe('prices: twice the price is twice the line, and no other', () => {
  const cases: readonly (readonly [ModeId, string, string, readonly string[]])[] = [
    ['compose', 'aws/m7i.large', 'usdPerHour', ['m7i.large (2 vCPU, 8 GiB)']],
    ['compose', 'aws/egress/us-east-1', 'usdPerGb', ['answers to the internet']],
    ['kubernetes', 'aws/c7i.large', 'usdPerHour', ['c7i.large (2 vCPU, 4 GiB)']],
    ['kubernetes', 'openai/gpt-4o-mini', 'inputUsdPerMTokens', ['gpt-4o-mini input']],
    ['kubernetes', 'openai/gpt-4o-mini', 'outputUsdPerMTokens', ['gpt-4o-mini output']],
    ['kubernetes', 'aws/elasticache/cache.m4.large', 'usdPerNodeMonth', ['cache nodes']],
    ['kubernetes', 'aws/nat-gateway', 'usdPerMonth', ['NAT gateways']],
    ['kubernetes', 'aws/eks-cluster', 'usdPerMonth', ['control plane']],
    ['kubernetes', 'aws/cloudwatch-logs', 'usdPerGb', ['logs']],
    [
      'onprem',
      'purchase/DGX-H100-8GPU',
      'priceUsd',
      ['DGX H100 node purchase over 5.5 years', 'DGX H100 node maintenance'],
    ],
    ['onprem', 'colocation/us-primary-250-500kw', 'usdPerKwMonth', ['rack space and power capacity']],
  ];
  test.each(cases)('%s, %s %s', (id, entry, field, lines) => {
    const common = { mode: MODES[id], interactionsPerDay: 20_000 };
    const before = sizeMode(common);
    const after = sizeMode({ ...common, catalogue: scaledCatalogue(entry, field, 2) });
    const changes = moved(before, after);
    expect([...changes.keys()]).toEqual(lines);
    for (const ratio of changes.values()) near(ratio, 2);
    expect(after.plans).toEqual(before.plans);
  });

  test('electricity, PUE and kW are one product; space is paid by the kW too', () => {
    const common = { mode: MODES.onprem, interactionsPerDay: 20_000 };
    const before = sizeMode(common);
    const ratioAfter = (entry: string, field: string, line: string): number =>
      usdOf(sizeMode({ ...common, catalogue: scaledCatalogue(entry, field, 3) }), line) / usdOf(before, line);
    near(ratioAfter('default/electricity', 'usdPerKwh', 'electricity at'), 3);
    near(ratioAfter('pue/industry-average', 'pueRatio', 'electricity at'), 3);
    near(ratioAfter('default/dgx-h100-power', 'systemKw', 'electricity at'), 3);
    near(ratioAfter('default/dgx-h100-power', 'systemKw', 'rack space'), 3);
    near(ratioAfter('default/electricity', 'usdPerKwh', 'rack space'), 1);
  });

  test('three times the years of use is a third of the purchase per month', () => {
    const common = { mode: MODES.onprem, interactionsPerDay: 20_000 };
    const longer = sizeMode({
      ...common,
      catalogue: scaledCatalogue('depreciation/amazon', 'serverLifeYears', 3),
    });
    near(usdOf(longer, 'DGX H100 node purchase') * 3, usdOf(sizeMode(common), 'DGX H100 node purchase'));
    near(usdOf(longer, 'DGX H100 node maintenance'), usdOf(sizeMode(common), 'DGX H100 node maintenance'));
  });
});

const workload = (changes: {
  input?: number;
  output?: number;
  cached?: number;
  turns?: number;
  cpuS?: number;
}) =>
  buildResult({
    engine: 'simulated',
    rates: [10, 20, 30, 39],
    servicePerS: 40,
    ...(changes.turns === undefined ? {} : { turns: changes.turns }),
    step: {
      gatewayCpuSPerTurn: changes.cpuS ?? 0.004,
      inputTokens: changes.input ?? 500,
      outputTokens: changes.output ?? 200,
      cachedInputTokens: changes.cached ?? 0,
    },
  });

describe('the workload', () => {
  const sized = (
    changes: Parameters<typeof workload>[0],
    interactionsPerDay = 3_000_000,
    id: ModeId = 'kubernetes',
  ) => sizeMode({ mode: unbounded(MODES[id]), interactionsPerDay, results: [workload(changes)] });

  test('tokens: each kind at its own price, in proportion', () => {
    // Long enough that a vendor caches them.
    const before = sized({ input: 1500, cached: 100 });
    const input = sized({ input: 2900, cached: 100 });
    // 1,400 uncached become 2,800.
    near(usdOf(input, 'gpt-4o-mini input'), 2 * usdOf(before, 'gpt-4o-mini input'));
    near(usdOf(input, 'gpt-4o-mini output'), usdOf(before, 'gpt-4o-mini output'));
    near(
      usdOf(sized({ input: 1500, output: 600, cached: 100 }), 'gpt-4o-mini output'),
      3 * usdOf(before, 'gpt-4o-mini output'),
    );
    near(
      usdOf(sized({ input: 1500, cached: 200 }), 'gpt-4o-mini cached'),
      2 * usdOf(before, 'gpt-4o-mini cached'),
    );
    // A token served from the cache costs half of one that is not.
    const perToken = (usd: number, tokens: number): number => usd / tokens;
    near(
      perToken(usdOf(before, 'gpt-4o-mini cached'), 100),
      perToken(usdOf(before, 'gpt-4o-mini input'), 1400) / 2,
    );
  });

  test('tokens a thousand times as many fill the token quota', () => {
    const quota = (changes: Parameters<typeof workload>[0]) =>
      sized(changes).plans.find(({ tier }) => tier === 'llm')?.replicas ?? 0;
    // 625 turns/s × 60 × 1.01: 37,875 requests against 24,000, then 700,000 tokens each against 120 million a minute.
    expect(quota({})).toBe(2);
    expect(quota({ input: 500_000, output: 200_000 })).toBe(Math.ceil((625 * 60 * 1.01 * 700_000) / 120e6));
  });

  test('turns: twice as many are twice the tokens, traffic, logs and history', () => {
    const [five, ten] = [sized({ turns: 5 }), sized({ turns: 10 })];
    near(drivenUsd(ten, 'volume'), 2 * drivenUsd(five, 'volume'));
    near(drivenUsd(ten, 'people'), drivenUsd(five, 'people'));
    near(ten.context.demand.busyHourTurnsPerS, 2 * five.context.demand.busyHourTurnsPerS);
  });

  test('gateway CPU: utilisation in proportion, processes no fewer', () => {
    const gateway = (cpuS: number) => sized({ cpuS }).plans.find(({ tier }) => tier === 'gateway');
    const [one, two] = [gateway(0.004), gateway(0.008)];
    expect(two?.replicasForLoad).toBeGreaterThanOrEqual(2 * (one?.replicasForLoad ?? 0) - 1);
    near((two?.utilisation ?? 0) * (two?.replicas ?? 0), 2 * (one?.utilisation ?? 0) * (one?.replicas ?? 0));
  });

  test('capacity: a server twice as fast needs about half the nodes, never more', () => {
    const nodes = (speed: number): number =>
      sizeMode({
        mode: unbounded(MODES.onprem),
        interactionsPerDay: 20_000_000,
        results: [
          buildResult({
            engine: 'simulated',
            rates: [10, 20, 30, 39].map((rate) => rate * speed),
            servicePerS: 40 * speed,
            step: { gatewayCpuSPerTurn: 0.004, windowMs: 400_000 / speed },
          }),
        ],
      }).plans[0]?.replicas ?? 0;
    const [slow, fast] = [nodes(1), nodes(2)];
    expect(fast).toBeLessThan(slow);
    // ln 20 / L is taken off both, so a little less than half: 37.6 against 77.6 turns/s.
    expect(fast / slow).toBeGreaterThan(0.42);
    expect(fast / slow).toBeLessThan(0.55);
  });
});

describe('people', () => {
  const staffing = fc.record({
    contactsPerS: logUniform(1e-6, 1000),
    averageHandleTimeS: logUniform(10, 3600),
    answeredRatio: fc.double({ min: 0.1, max: 0.99, noNaN: true }),
    targetWaitS: fc.double({ min: 1, max: 300, noNaN: true }),
    meanPatienceS: fc.double({ min: 30, max: 1000, noNaN: true }),
    maxOccupancy: fc.double({ min: 0.3, max: 1, noNaN: true }),
    shrinkage: fc.double({ min: 0, max: 0.6, noNaN: true }),
  });

  test('erlangs are contacts × handle time; agents grow with either and with the promise', () => {
    fc.assert(
      fc.property(staffing, fc.double({ min: 1, max: 3, noNaN: true }), (given, factor) => {
        const base = sizeStaffing(given);
        near(base.offeredErlangs, given.contactsPerS * given.averageHandleTimeS);
        const more = sizeStaffing({ ...given, contactsPerS: given.contactsPerS * factor });
        near(more.offeredErlangs, base.offeredErlangs * factor);
        expect(more.agents).toBeGreaterThanOrEqual(base.agents);
        expect(
          sizeStaffing({ ...given, targetWaitS: given.targetWaitS * factor }).agents,
        ).toBeLessThanOrEqual(base.agents);
        expect(base.scheduledAgents).toBe(Math.ceil(base.agents / (1 - given.shrinkage)));
        expect(base.offeredErlangs / base.agents).toBeLessThanOrEqual(given.maxOccupancy + 1e-9);
        for (const value of Object.values(base).filter((each) => typeof each === 'number')) {
          expect(Number.isFinite(value) && value >= 0).toBe(true);
        }
      }),
      { numRuns: 300, seed: 4 },
    );
  });
});
