import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planBreakEven } from '../../../../planner/money/break-even/plan-break-even.ts';
import { breakEvenSchema } from '../../../../vocabulary/plan-sections/break-even.ts';
import { createRandom } from '../../../../vocabulary/random.ts';
import { MODES, sizeMode, unbounded } from '../../fixtures/sized.ts';

const PER_DAY = 100_000;
const NOW = { nowUnixMs: Date.UTC(2026, 10, 21), seed: 3 };
const contexts = [MODES.kubernetes, MODES.onprem].map(
  (mode) => sizeMode({ mode, interactionsPerDay: PER_DAY }).context,
);

test('one host ends where its capacity does', () => {
  const { context } = sizeMode({ mode: MODES.compose, interactionsPerDay: 25_000 });
  const curve = planBreakEven([context], NOW)?.modes.curves[0];
  // M/M/1 of 20 turns/s, p95 ≤ 2 s less 30 ms of links, 20 % kept free; 15 % of the day's five turns in the busy hour.
  const most = (0.8 * (20 - Math.log(20) / 1.97) * 3600) / (0.15 * 5);
  expect(Math.abs((curve?.end?.interactionsPerDay ?? 0) / most - 1)).toBeLessThan(0.03);
  expect(curve?.end?.reason).toContain('host');
});

describe('break-even of a plan', () => {
  const found = planBreakEven(contexts, NOW);
  if (found === undefined) throw new Error('no section');

  test('is what its schema says, and there is none without modes', () => {
    expect(breakEvenSchema.parse(found)).toEqual(found);
    expect(planBreakEven([], NOW)).toBeUndefined();
  });

  test('at the planned volume each mode costs what its cost lines say without people', () => {
    for (const mode of [MODES.kubernetes, MODES.onprem]) {
      const machine = sizeMode({ mode, interactionsPerDay: PER_DAY })
        .lines.filter(({ driver }) => driver !== 'people')
        .reduce((sum, { line }) => sum + line.usdPerMonth, 0);
      const curve = found.modes.curves.find(({ id }) => id === mode.id);
      const point = curve?.points.find(({ interactionsPerDay }) => interactionsPerDay === PER_DAY);
      expect(point?.usdPerMonth).toBeCloseTo(machine, 6);
    }
  });

  test('a mode says what its capacity rests on', () => {
    expect(found.modes.curves.map(({ id, basis }) => [id, basis])).toEqual([
      ['kubernetes', 'assumed'],
      ['onprem', 'simulated'],
    ]);
  });

  test('ways to get the model: API, provisioned, own, rented', () => {
    const ids = found.inference.curves.map(({ id }) => id);
    expect(ids).toContain('api openai/gpt-4o-mini');
    expect(ids).toContain('provisioned gpt-4o-mini by the hour');
    expect(ids.some((id) => id.startsWith('own DGX H100'))).toBe(true);
    expect(ids.some((id) => id.includes('on demand'))).toBe(true);
    expect(ids.some((id) => id.includes('three years'))).toBe(true);
    for (const { source, date, id } of found.inference.curves) {
      expect(source.length, id).toBeGreaterThan(10);
      if (!id.startsWith('own')) expect(date, id).toMatch(/^\d{4}/);
    }
  });

  test('says which of its prices are old or doubtful', () => {
    const stale = found.diagnostics
      .filter(({ code }) => code === 'STALE_PRICE')
      .map(({ subject }) => subject);
    // Dated 2025 and 2024; machines of July 2026 keep for half a year.
    expect(stale).toContain('azure-ptu/price');
    expect(stale).toContain('openai/gpt-4o-mini');
    expect(stale).not.toContain('aws/p5.48xlarge');
    const later = planBreakEven(contexts, { ...NOW, nowUnixMs: Date.UTC(2027, 1, 1) })?.diagnostics.map(
      ({ subject }) => subject,
    );
    expect(later).toContain('aws/p5.48xlarge');
  });

  test('names of options are unique, however many modes own or buy the same', () => {
    const twice = [...contexts, ...contexts].map((context, index) => ({
      ...context,
      mode: { ...context.mode, id: `${context.mode.id}-${index}` },
    }));
    const section = planBreakEven(twice, NOW);
    for (const { curves } of section === undefined ? [] : [section.modes, section.inference]) {
      expect(new Set(curves.map(({ id }) => id)).size).toBe(curves.length);
    }
    expect(section?.modes.curves).toHaveLength(4);
    // What is bought is bought once.
    expect(section?.inference.curves.filter(({ id }) => id.startsWith('api'))).toHaveLength(1);
  });

  test('the API by hand: 500 and 200 tokens, 1 % made twice', () => {
    const api = found.inference.curves.find(({ id }) => id === 'api openai/gpt-4o-mini');
    const perTurn = ((500 * 0.15 + 200 * 0.6) / 1e6) * 1.01;
    for (const { usdPerInteraction } of api?.points ?? [])
      expect(usdPerInteraction).toBeCloseTo(5 * perTurn, 12);
  });

  test('own nodes by hand against the API: dear by the hour, so busier than they can be kept', () => {
    const [row] = found.utilisation;
    // Two or more nodes share 60 − 20 operator hours; the rest is per node.
    const own = found.inference.curves.find(({ id }) => id.startsWith('own'));
    const nodes = own?.points.find(({ interactionsPerDay }) => interactionsPerDay === PER_DAY)?.units ?? 0;
    const perNode =
      270_000 / (5.5 * 12) +
      (270_000 * 0.08) / 12 +
      10.2 * 1.54 * 730 * 0.146 +
      10.2 * 184 +
      (40 * 75) / nodes;
    expect(row?.ownUsdPerUnitHour).toBeCloseTo(perNode / 730, 6);
    // M/M/1 of 40 turns/s, four replicas in a node, p95 ≤ 2 s less 5 ms of links.
    const full = 4 * (40 - Math.log(20) / 1.995);
    expect(Math.abs((row?.turnsPerSPerUnit ?? 0) / full - 1)).toBeLessThan(0.03);
    const perTurn = ((500 * 0.15 + 200 * 0.6) / 1e6) * 1.01;
    const breakEven = perNode / 730 / (full * 3600 * perTurn);
    expect(Math.abs((row?.breakEvenUtilisationRatio ?? 0) / breakEven - 1)).toBeLessThan(0.03);
    // A week whose mean is 1/3.6 of its busiest hour, 20 % kept free, and a second room that stands by.
    const reachable = (0.8 * 0.5) / (24 * 0.15);
    expect(Math.abs((row?.reachableUtilisationRatio ?? 0) / reachable - 1)).toBeLessThan(0.01);
    expect(row?.plannedUtilisationRatio).toBeLessThan(breakEven);
    // At large volume the operators weigh nothing on a node.
    const atLarge = (perNode - (40 * 75) / nodes) / 730 / (full * 3600 * perTurn);
    expect(row?.cheaper).toBe(atLarge < reachable ? 'own-at-larger-volume' : 'bought');
  });

  test('its interval against an independent simulation, ten seeds', () => {
    const [row] = found.utilisation;
    const { units: nodes = 0 } =
      found.inference.curves
        .find(({ id }) => id.startsWith('own'))
        ?.points.find(({ interactionsPerDay }) => interactionsPerDay === PER_DAY) ?? {};
    const tenths = Array.from({ length: 10 }, (_, seed) => {
      const random = createRandom(seed + 100);
      // By rejection, which shares nothing with inverse transforms.
      const triangle = (low: number, mode: number, high: number): number => {
        for (;;) {
          const x = low + (high - low) * random.next();
          const height = x < mode ? (x - low) / (mode - low) : (high - x) / (high - mode);
          if (random.next() <= height) return x;
        }
      };
      const draws = Array.from({ length: 10_000 }, () => {
        const capex = 270_000 * triangle(25 / 27.5, 1, 30 / 27.5);
        const kw = 10.2 - 3.2 * (1 - Math.sqrt(random.next()));
        const energy = kw * 1.54 * 730 * triangle(0.1022, 0.146, 0.2044);
        const staff = (40 * triangle(50, 75, 112.5)) / nodes;
        const node = capex / (12 * triangle(5, 5.5, 6)) + (capex * 0.08) / 12 + energy + 10.2 * 184 + staff;
        const perTurn = ((500 * 0.15 + 200 * 0.6) / 1e6) * triangle(1, 1.01, 1.03);
        const carries = 4 * triangle(30, 40 - Math.log(20) / 1.995, 39);
        return node / 730 / (carries * 3600 * perTurn);
      }).sort((a, b) => a - b);
      return [draws[1000] ?? 0, draws[9000] ?? 0] as const;
    });
    const mean = (index: 0 | 1): number => tenths.reduce((sum, ends) => sum + ends[index], 0) / 10;
    const width = mean(1) - mean(0);
    // The crossing of the curve lies a little off the exact one, which moves both ends alike.
    expect(Math.abs((row?.breakEvenInterval?.p10 ?? 0) - mean(0))).toBeLessThan(0.15 * width);
    expect(Math.abs((row?.breakEvenInterval?.p90 ?? 0) - mean(1))).toBeLessThan(0.15 * width);
    expect(row?.ownCheaperProbability).toBe(0);
  });

  test('commitments: gateways reserved at their least need, dearer alone than the least of both', () => {
    const gateway = found.commitments.find(({ mode, tier }) => mode === 'kubernetes' && tier === 'gateway');
    const usd = (kind: string): number =>
      gateway?.purchases.find((purchase) => purchase.kind === kind)?.usdPerMonth ?? Number.NaN;
    expect(usd('reserved')).toBeLessThanOrEqual(usd('autoscaled'));
    expect(usd('autoscaled')).toBeLessThanOrEqual(usd('on-demand'));
    expect(usd('on-demand')).toBeCloseTo((gateway?.plannedReplicas ?? 0) * 730 * 0.08925, 6);
    expect(gateway?.cheapest).toBe('reserved');
  });

  test('both modes on one page in less than a second', () => {
    const startedAtMs = performance.now();
    planBreakEven(contexts, NOW);
    expect(performance.now() - startedAtMs).toBeLessThan(1000);
  });
});

describe('whatever is asked', () => {
  test('no figure is NaN or infinite, no curve falls as volume grows, and spans follow one another', () => {
    const input = fc.record({
      exponent: fc.double({ min: -3, max: 10, noNaN: true }),
      busyHourShareRatio: fc.double({ min: 1e-6, max: 1, noNaN: true }),
      retryRatio: fc.double({ min: 0, max: 0.99, noNaN: true }),
      operatorUsdPerHour: fc.double({ min: 0, max: 1000, noNaN: true }),
    });
    fc.assert(
      fc.property(input, ({ exponent, ...overrides }) => {
        const interactionsPerDay = 10 ** exponent;
        const given = [MODES.kubernetes, MODES.onprem].flatMap((mode) => {
          try {
            return [sizeMode({ mode: unbounded(mode), interactionsPerDay, overrides }).context];
          } catch {
            return []; // Refused at that volume: no mode of the plan.
          }
        });
        const section = planBreakEven(given, NOW);
        if (section === undefined) return;
        // The schema takes no NaN and nothing infinite.
        expect(breakEvenSchema.parse(section)).toEqual(section);
        for (const { cheapest } of [section.modes, section.inference]) {
          cheapest.forEach(({ fromPerDay, toPerDay }, index) => {
            expect(toPerDay).toBeGreaterThan(fromPerDay);
            const next = cheapest[index + 1];
            if (next !== undefined) expect(next.fromPerDay).toBeGreaterThanOrEqual(toPerDay);
          });
        }
        for (const { points, id } of [...section.modes.curves, ...section.inference.curves]) {
          points.forEach(({ usdPerMonth }, index) => {
            const before = points[index - 1]?.usdPerMonth ?? 0;
            expect(usdPerMonth, id).toBeGreaterThanOrEqual(before * (1 - 1e-12));
          });
        }
      }),
      { numRuns: 30, seed: 4 },
    );
  });
});
