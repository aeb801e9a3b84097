import { describe, expect, test } from 'vitest';
import { sizeStaffing } from '../../../planner/people/staffing.ts';
import { DRAWS } from '../../../planner/uncertainty/draws.ts';
import { uncertaintySectionSchema } from '../../../vocabulary/plan-sections/uncertainty.ts';
import { CATALOGUE, MODES, type SizedOptions, scaledCatalogue, sizeMode } from '../fixtures/sized.ts';
import { INDEPENDENT, mulberry, triangle, uncertaintyOf } from '../fixtures/uncertain.ts';

const PER_DAY = 25_000;
const of = (id: keyof typeof MODES, changes: Partial<SizedOptions> = {}): SizedOptions => ({
  mode: MODES[id],
  interactionsPerDay: PER_DAY,
  ...changes,
});

describe('the section of a planned mode', () => {
  test.each(['compose', 'kubernetes', 'onprem'] as const)(
    '%s: valid, with 10,000 draws and all that they rest on',
    (id) => {
      const { section } = uncertaintyOf(of(id));
      expect(uncertaintySectionSchema.safeParse(section).error).toBeUndefined();
      expect(section.draws).toBe(DRAWS);
      expect(DRAWS).toBeGreaterThanOrEqual(10_000);
      for (const input of section.inputs) {
        expect(input.source, input.key).not.toBe('');
        expect(input.label, input.key).not.toBe('');
        expect(input.low).toBeLessThanOrEqual(input.value);
        expect(input.value).toBeLessThanOrEqual(input.high);
        expect(input.low).toBeLessThan(input.high);
      }
    },
  );

  test('inputs stand in their own units', () => {
    const { section } = uncertaintyOf(of('onprem'));
    const input = (key: string) => section.inputs.find((other) => other.key === key);
    expect(input('busyHourShareRatio')).toMatchObject({
      low: 0.08,
      value: 0.15,
      high: 0.18,
      basis: 'assumed',
    });
    expect(input('default/electricity/usdPerKwh')).toMatchObject({ low: 0.1022, value: 0.146, high: 0.2044 });
    expect(input('capacity:simulated')).toMatchObject({ basis: 'simulated', unit: 'turns per second' });
    expect(input('capacity:simulated')?.high).toBeCloseTo(39, 6);
  });

  test('stated correlations stand beside those that were drawn', () => {
    const { section } = uncertaintyOf(of('kubernetes'));
    expect(section.correlations.length).toBeGreaterThan(5);
    for (const pair of section.correlations) {
      expect(Math.abs(pair.drawnRankCorrelation - pair.rankCorrelation)).toBeLessThan(0.04);
      expect(section.inputs.map(({ key }) => key)).toEqual(expect.arrayContaining([pair.a, pair.b]));
    }
  });

  test('lines carry their own intervals, in their order', () => {
    const options = of('kubernetes');
    const { lines } = sizeMode(options);
    const { section } = uncertaintyOf(options);
    expect(section.usdPerMonth.lines.map(({ line }) => line)).toEqual(lines.map(({ line }) => line.line));
    section.usdPerMonth.lines.forEach(({ p10, p50, p90 }, index) => {
      const usd = lines[index]?.line.usdPerMonth ?? 0;
      expect(p10).toBeLessThanOrEqual(p50);
      expect(p50).toBeLessThanOrEqual(p90);
      // One price, one volume: the control plane costs what it costs.
      if (lines[index]?.driver === 'fixed' && lines[index]?.factors.length === 0) {
        expect([p10, p90]).toEqual([usd, usd]);
      }
    });
    expect(section.usdPerMonth.total.p50).toBeGreaterThan(section.usdPerMonth.machine.p90);
  });

  test('the machine of a month is its cost per interaction times the interactions', () => {
    const { section, usdPerInteraction } = uncertaintyOf(of('onprem'));
    const perMonth = PER_DAY * (730 / 24);
    expect(section.usdPerMonth.machine.p90).toBeCloseTo(usdPerInteraction.ai.p90 * perMonth, 4);
  });
});

describe('correlations move the spread of a sum and not its parts', () => {
  /** Blended cost over independent draws: the closed form of nothing, so simulated ten times. */
  const people = (id: 'kubernetes', rankCorrelation: number) =>
    uncertaintyOf(of(id), {
      correlations: [
        ...INDEPENDENT,
        { a: 'escalationRatio', b: 'operatorUsdPerHour', rankCorrelation, reason: 'stated by the test' },
      ]
        .filter(({ a, b }) => !(a === 'escalationRatio' && b === 'humanContactUsd'))
        .concat([
          { a: 'escalationRatio', b: 'humanContactUsd', rankCorrelation, reason: 'stated by the test' },
        ]),
    }).usdPerInteraction.blended;

  const width = ({ p10, p90 }: { p10: number; p90: number }): number => p90 - p10;

  test('together they widen the cost of people, against each other they narrow it', () => {
    const [against, none, together] = [
      people('kubernetes', -0.6),
      people('kubernetes', 0),
      people('kubernetes', 0.6),
    ];
    expect(width(against)).toBeLessThan(0.9 * width(none));
    expect(width(together)).toBeGreaterThan(1.05 * width(none));
  });

  test('without any, escalation and contact cost give what an independent simulation gives', () => {
    const { context } = sizeMode(of('kubernetes'));
    const { escalation, humanContactUsd } = context.assumptions;
    const { section, usdPerInteraction } = uncertaintyOf(of('kubernetes'), { correlations: INDEPENDENT });
    const p90s = Array.from({ length: 10 }, (_, seed) => {
      const uniform = mulberry(seed + 1);
      const usd = Array.from(
        { length: 10_000 },
        () =>
          triangle(uniform, escalation.low, escalation.value, escalation.high) *
          triangle(uniform, humanContactUsd.low, humanContactUsd.value, humanContactUsd.high),
      ).sort((a, b) => a - b);
      return usd[9000] ?? Number.NaN;
    });
    const mean = p90s.reduce((a, b) => a + b, 0) / 10;
    const machine = section.central.usdPerInteraction.ai;
    expect(Math.abs(usdPerInteraction.blended.p90 - machine - mean) / mean).toBeLessThan(0.02);
  });
});

describe('people over the draws', () => {
  test('scheduled agents at P10, P50 and P90 are those of an independent simulation', () => {
    const options = of('kubernetes');
    const { context } = sizeMode(options);
    const { assumptions } = context;
    const { low, value, high } = assumptions.escalation;
    const uniform = mulberry(9);
    const agents = Array.from({ length: 4_000 }, () => {
      const contactsPerS =
        ((PER_DAY * triangle(uniform, 0.08, 0.15, 0.18)) / 3600) * triangle(uniform, low, value, high);
      return sizeStaffing({
        contactsPerS,
        averageHandleTimeS: assumptions.averageHandleTimeS.value,
        answeredRatio: assumptions.answeredRatio.value,
        targetWaitS: assumptions.targetWaitS.value,
        meanPatienceS: assumptions.patienceS.value,
        maxOccupancy: assumptions.maxOccupancy.value,
        shrinkage: assumptions.shrinkage.value,
      }).scheduledAgents;
    }).sort((a, b) => a - b);
    const { scheduledAgents } = uncertaintyOf(options, { correlations: INDEPENDENT }).section;
    const at = (share: number): number => agents[Math.floor(share * agents.length)] ?? Number.NaN;
    expect(Math.abs((scheduledAgents?.p10 ?? 0) / at(0.1) - 1)).toBeLessThan(0.03);
    expect(Math.abs((scheduledAgents?.p50 ?? 0) / at(0.5) - 1)).toBeLessThan(0.03);
    expect(Math.abs((scheduledAgents?.p90 ?? 0) / at(0.9) - 1)).toBeLessThan(0.03);
  });

  test('handle time with a range: twice as long needs twice the agents, about, and no more machines', () => {
    const overrides = { averageHandleTimeS: { value: 360, low: 180, high: 720 } };
    const { section } = uncertaintyOf(of('kubernetes', { overrides }));
    const row = section.tornado.find(({ input }) => input === 'averageHandleTimeS');
    const { atP10, atP90 } = row?.scheduledAgents ?? { atP10: 0, atP90: 0 };
    expect(atP90 / atP10 / ((row?.p90 ?? 0) / (row?.p10 ?? 1))).toBeGreaterThan(0.9);
    expect(atP90 / atP10 / ((row?.p90 ?? 0) / (row?.p10 ?? 1))).toBeLessThan(1.1);
    expect(row?.replicas).toEqual([]);
    expect(row?.swingUsdPerResolved).toBe(0);
    const electricity = section.tornado.find(({ input }) => input === 'operatorUsdPerHour');
    expect(electricity?.scheduledAgents).toBeUndefined();
  });

  test('contacts that go to people at once come on top, with their range', () => {
    const overrides = {
      directToHumanRatio: { value: 0.1, low: 0.05, high: 0.2 },
      escalationRatio: 0.2,
      busyHourShareRatio: 0.15,
    };
    const { scheduledAgents } = uncertaintyOf(of('kubernetes', { overrides })).section;
    const without = uncertaintyOf(
      of('kubernetes', { overrides: { escalationRatio: 0.2, busyHourShareRatio: 0.15 } }),
    ).section.scheduledAgents;
    // At its P10 of 7.7 % the direct ones are 0.083 per interaction beside the 0.2 that are escalated.
    const p10 = 0.05 + Math.sqrt(0.1 * 0.15 * 0.05);
    expect((scheduledAgents?.p10 ?? 0) / (without?.p10 ?? 1)).toBeCloseTo((0.2 + 1 / (1 - p10) - 1) / 0.2, 1);
  });

  test('nobody escalated, no agents', () => {
    const { section } = uncertaintyOf(of('kubernetes', { overrides: { escalationRatio: 0 } }));
    expect(section.scheduledAgents).toBeUndefined();
    expect(section.usdPerMonth.total).toEqual(section.usdPerMonth.machine);
  });
});

describe('what is given has no range', () => {
  test('nothing is drawn of it, and no row of the tornado names it', () => {
    const overrides = {
      busyHourShareRatio: 0.15,
      escalationRatio: 0.2,
      humanContactUsd: 8,
      repeatRatio: 0.1,
    };
    const { section } = uncertaintyOf(of('compose', { overrides }));
    for (const key of Object.keys(overrides)) {
      expect(section.inputs.map((input) => input.key)).not.toContain(key);
      expect(section.tornado.map(({ input }) => input)).not.toContain(key);
    }
    expect(section.scheduledAgents?.p10).toBe(section.scheduledAgents?.p90);
  });

  test('a price without a range moves its line and no spread', () => {
    const dearer = scaledCatalogue('aws/eks-cluster', 'usdPerMonth', 10);
    const [one, ten] = [
      uncertaintyOf(of('kubernetes')),
      uncertaintyOf(of('kubernetes', { catalogue: dearer })),
    ];
    const width = ({ usdPerInteraction: { ai } }: typeof one): number => ai.p90 - ai.p10;
    expect(width(ten)).toBeCloseTo(width(one), 12);
    expect(CATALOGUE.entries.has('aws/eks-cluster')).toBe(true);
  });
});
