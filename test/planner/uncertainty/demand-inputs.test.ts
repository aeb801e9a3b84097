import { describe, expect, test } from 'vitest';
import { planModes } from '../../../planner/plan-modes.ts';
import { parseDemand } from '../../../scenarios/demand.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { llamaResult, simulatedResult } from '../fixtures/result.ts';
import { CATALOGUE, MODES, unbounded } from '../fixtures/sized.ts';

const PER_DAY = 'volume: { kind: per-day, interactionsPerDay: 25000 }';

const planWith = (lines: string) => {
  const text = `kind: busyhour-demand\nschemaVersion: 1\nname: shop\nsource: the forecast of 2026\n${lines}\n`;
  return planModes({
    results: [llamaResult(), simulatedResult()],
    demand: { path: 'demand.yaml', spec: unwrap(parseDemand(text, 'demand.yaml')) },
    modes: [unbounded(MODES.onprem)],
    catalogue: CATALOGUE,
    seed: 1,
    nowUnixMs: 1_795_000_000_000,
  });
};

function sectionWith(lines: string) {
  const [mode] = unwrap(planWith(lines)).modes;
  if (mode?.kind !== 'planned' || mode.uncertainty === undefined) throw new Error('not planned');
  return mode.uncertainty;
}

const inputOf = (section: ReturnType<typeof sectionWith>, key: string) =>
  section.inputs.find((input) => input.key === key);

const rowOf = (section: ReturnType<typeof sectionWith>, key: string) => {
  const row = section.tornado.find(({ input }) => input === key);
  if (row === undefined) throw new Error(`no row ${key}`);
  return row;
};

/** P10 and P90 of a triangle by hand, its likeliest value between them. */
const ends = (low: number, mode: number, high: number): [number, number] => [
  low + Math.sqrt(0.1 * (high - low) * (mode - low)),
  high - Math.sqrt(0.1 * (high - low) * (high - mode)),
];

describe('ranges of a demand file', () => {
  test('a daily volume with a range moves replicas and what machines cost each interaction', () => {
    const section = sectionWith(
      'volume: { kind: per-day, interactionsPerDay: { value: 5000000, low: 4000000, high: 7000000 } }\nprofile: { busyHourShareRatio: 0.15 }',
    );
    expect(inputOf(section, 'interactionsPerDay')).toMatchObject({
      low: 4_000_000,
      value: 5_000_000,
      high: 7_000_000,
      source: 'demand shop: the forecast of 2026',
    });
    const [p10, p90] = ends(4e6, 5e6, 7e6);
    const row = rowOf(section, 'interactionsPerDay');
    expect(row.p10).toBeCloseTo(p10, 3);
    expect(row.p90).toBeCloseTo(p90, 3);
    const inference = row.replicas.find(({ tier }) => tier === 'inference');
    // Nodes follow the volume, so each interaction costs about as much.
    expect((inference?.atP90 ?? 0) / (inference?.atP10 ?? 1)).toBeCloseTo(p90 / p10, 0);
    const { ai } = row.usdPerInteraction;
    expect(Math.abs(ai.atP90 / ai.atP10 - 1)).toBeLessThan(0.2);
  });

  test('attempts of the busy hour: they move the peak, the share of the day moves the volume and no replica', () => {
    const section = sectionWith(
      'volume: { kind: busy-hour, busyHourCallAttempts: { value: 750000, low: 600000, high: 900000 } }',
    );
    expect(rowOf(section, 'busyHourCallAttempts').replicas.map(({ tier }) => tier)).toContain('inference');
    const share = rowOf(section, 'busyHourShareRatio');
    const { ai } = share.usdPerInteraction;
    expect(share.replicas.map(({ tier }) => tier)).not.toContain('inference');
    // A larger share of the same peak is a smaller day: machines cost each of its interactions more.
    expect(ai.atP90).toBeGreaterThan(1.3 * ai.atP10);
  });

  test('growth: the factor over the months, by hand', () => {
    const section = sectionWith(
      `${PER_DAY}\ngrowth: { months: 18, ratioPerYear: { value: 0.3, low: 0.1, high: 0.6 } }`,
    );
    const input = inputOf(section, 'growthFactor');
    expect(input?.low).toBeCloseTo(1.1 ** 1.5, 9);
    expect(input?.value).toBeCloseTo(1.3 ** 1.5, 9);
    expect(input?.high).toBeCloseTo(1.6 ** 1.5, 9);
  });

  test('turns per interaction: more turns are more load, and as many interactions', () => {
    const section = sectionWith(
      'volume: { kind: per-day, interactionsPerDay: 5000000 }\ninteraction: { turns: { value: 5, low: 3, high: 8 } }',
    );
    const [p10, p90] = ends(3, 5, 8);
    const row = rowOf(section, 'turnsPerInteraction');
    const inference = row.replicas.find(({ tier }) => tier === 'inference');
    expect((inference?.atP90 ?? 0) / (inference?.atP10 ?? 1)).toBeCloseTo(p90 / p10, 0);
    expect(row.usdPerInteraction.ai.atP90).toBeGreaterThan(1.3 * row.usdPerInteraction.ai.atP10);
  });

  test('minutes of speech: they move the cost, and more turns do not make them longer', () => {
    const section = sectionWith(
      `${PER_DAY}\nvoice: { minutesPerInteraction: { value: 4, low: 3, high: 6, source: call records }, spokenRatio: 0.5 }\ninteraction: { turns: { value: 5, low: 4, high: 9 } }`,
    );
    expect(inputOf(section, 'voice/minutesPerInteraction')).toMatchObject({
      low: 3,
      value: 4,
      high: 6,
      unit: 'minutes',
      basis: 'assumed',
      source: 'demand shop: call records',
    });
    const [p10, p90] = ends(3, 4, 6);
    const line = section.usdPerMonth.lines.find((one) => one.line === 'telephone line');
    // One input and a fixed price: the line follows the minutes alone.
    expect((line?.p90 ?? 0) / (line?.p10 ?? 1)).toBeCloseTo(p90 / p10, 1);
    expect(section.usdPerMonth.lines.map((one) => one.line)).not.toContain('recording');
  });

  test('one number is drawn nowhere', () => {
    const keys = sectionWith(
      `${PER_DAY}\npeakFactor: 1.4\ngrowth: { months: 6, ratioPerYear: 0.2 }`,
    ).inputs.map(({ key }) => key);
    for (const key of ['interactionsPerDay', 'peakFactor', 'growthFactor']) expect(keys).not.toContain(key);
  });

  test('a range that is not drawn is said, and no other', () => {
    const said = (lines: string): string =>
      unwrap(planWith(`${PER_DAY}\n${lines}`))
        .diagnostics.filter(({ message }) => message.startsWith('ranges that the plan does not draw'))
        .map(({ message }) => message)
        .join();
    expect(
      said(
        'interaction: { thinkTimeS: { value: 20, low: 10, high: 40 }, turns: { value: 5, low: 4, high: 6 } }',
      ),
    ).toContain('does not draw: interaction.thinkTimeS; it takes');
    expect(
      said('people: { targetWaitS: { samples: [15, 20] }, contactUsd: { value: 7, low: 5, high: 9 } }'),
    ).toContain('does not draw: people.targetWaitS; it takes');
    expect(said('escalation: { repeatRatio: { value: 0.1, low: 0.05, high: 0.2 } }')).toBe('');
  });

  test('values that were seen are drawn as they are', () => {
    const section = sectionWith(
      `${PER_DAY}\nescalation: { repeatRatio: { samples: [0.3, 0.1, 0.1, 0.1, 0.1], source: five quarters } }`,
    );
    expect(inputOf(section, 'repeatRatio')).toMatchObject({
      distribution: 'empirical',
      low: 0.1,
      value: 0.1,
      p10: 0.1,
      p90: 0.3,
      high: 0.3,
      source: 'demand shop: five quarters',
    });
  });
});

describe('correlations of a demand file', () => {
  const pair = (a: string, b: string, rankCorrelation: number): string =>
    `  - { a: ${a}, b: ${b}, rankCorrelation: ${rankCorrelation} }`;

  test('replace the assumed ones', () => {
    const section = sectionWith(
      [PER_DAY, 'correlations:', pair('repeatRatio', 'escalationRatio', -0.4)].join('\n'),
    );
    const [stated] = section.correlations.filter(({ a, b }) => [a, b].includes('repeatRatio'));
    expect(stated).toMatchObject({ rankCorrelation: -0.4, reason: 'demand shop: the forecast of 2026' });
    expect(stated?.drawnRankCorrelation).toBeCloseTo(-0.4, 1);
  });

  test('a contradiction is refused with the inputs among which it is', () => {
    const plan = planWith(
      [
        PER_DAY,
        'correlations:',
        pair('escalationRatio', 'repeatRatio', 0.9),
        pair('repeatRatio', 'humanContactUsd', 0.9),
        pair('escalationRatio', 'humanContactUsd', -0.9),
      ].join('\n'),
    );
    if (plan.kind !== 'failed') throw new Error('planned');
    expect(plan.failure.code).toBe('INVALID_DEMAND');
    expect(plan.failure.issues[0]).toMatchObject({ path: 'correlations' });
    expect(plan.failure.issues[0]?.got).toContain('humanContactUsd');
  });

  test('one that contradicts the assumed ones says that they stand beside it; stating them lifts it', () => {
    const against = pair('historyBytesPerTurn', 'logBytesPerTurn', -0.9);
    const plan = planWith([PER_DAY, 'correlations:', against].join('\n'));
    if (plan.kind !== 'failed') throw new Error('planned');
    expect(plan.failure.issues[0]?.fix).toContain('state them too, 0 for none');
    const apart = ['egressBytesPerTurn', 'vendorEgressBytesPerTurn', 'tokens-per-turn'].flatMap((other) => [
      pair('historyBytesPerTurn', other, 0),
      pair('logBytesPerTurn', other, 0),
    ]);
    expect(planWith([PER_DAY, 'correlations:', against, ...apart].join('\n')).kind).toBe('ok');
  });

  test('a key that no mode draws is said', () => {
    const plan = unwrap(
      planWith([PER_DAY, 'correlations:', pair('escalationRatio', 'repeatRate', 0.2)].join('\n')),
    );
    const said = plan.diagnostics.filter(({ message }) => message.includes('no mode draws repeatRate'));
    expect(said).toHaveLength(1);
  });
});
