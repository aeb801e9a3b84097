import { describe, expect, test } from 'vitest';
import { planModes } from '../../planner/index.ts';
import { readCatalogue } from '../../scenarios/catalogue.ts';
import { readAllModes } from '../../scenarios/mode.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import type { PlannedMode } from '../../vocabulary/plan-file.ts';
import { llamaResult, simulatedResult } from './fixtures/result.ts';

/**
 * Each mode worked out as a spreadsheet would: every price is the figure that stands in the catalogue, every formula is
 * written out, and nothing of the planner is used. A changed price in the catalogue changes a number here, on purpose.
 */
const catalogue = unwrap(readCatalogue());
const modes = unwrap(readAllModes(catalogue));

function planned(id: string, interactionsPerDay: number): PlannedMode {
  const plan = unwrap(
    planModes({
      results: [llamaResult(), simulatedResult()],
      interactionsPerDay,
      modes,
      catalogue,
      seed: 11,
      nowUnixMs: Date.UTC(2026, 10, 21),
    }),
  );
  const mode = plan.modes.find((other) => other.mode === id);
  if (mode?.kind !== 'planned') throw new Error(`${id} was refused: ${mode?.reason}`);
  return mode;
}

// The measured workload: 5 turns, 500 tokens in and 200 out per turn, 4 ms of gateway CPU per turn, 20 s of thinking.
const TURNS = 5;
const DAYS = 730 / 24;

/** Rows common to every sheet. */
function volumes(perDay: number) {
  const interactions = perDay * DAYS;
  const turns = interactions * TURNS;
  return {
    interactions,
    turns,
    turnsPerS: (perDay * 0.15 * TURNS) / 3600,
    historyGb: ((turns * 4000) / 1e9) * 13,
    egressGb: (turns * 8000) / 1e9,
    logGb: (turns * 2000) / 1e9,
  };
}

type Row = readonly [line: string | RegExp, usdPerMonth: number];

/** Lines in the order of the sheet, each to 1e-9 of its value, and their sum per month and per interaction. */
function expectSheet(mode: PlannedMode, rows: readonly Row[], perDay: number): void {
  expect(mode.costLines).toHaveLength(rows.length);
  rows.forEach(([name, usd], index) => {
    const line = mode.costLines[index];
    expect(line?.line).toMatch(name);
    expect(Math.abs((line?.usdPerMonth ?? 0) - usd)).toBeLessThanOrEqual(1e-9 * Math.max(1, usd));
  });
  const total = rows.reduce((sum, [, usd]) => sum + usd, 0);
  expect(Math.abs(mode.usdPerMonth / total - 1)).toBeLessThan(1e-12);
  const people = rows[rows.length - 1]?.[1] ?? 0;
  const { people: peopleUsd = 0, ...machine } = mode.byCategoryUsdPerInteraction;
  const { interactions } = volumes(perDay);
  expect(Math.abs(peopleUsd - people / interactions)).toBeLessThan(1e-9);
  const machineUsd = Object.values(machine).reduce((sum, usd) => sum + usd, 0);
  expect(Math.abs(machineUsd - (total - people) / interactions)).toBeLessThan(1e-9);
}

const replicasOf = (mode: PlannedMode) =>
  Object.fromEntries(
    mode.tiers.map(({ tier, replicasForLoad, replicas }) => [tier, [replicasForLoad, replicas]]),
  );

/** M/M/1 at μ turns/s meets p95 ≤ L up to μ − ln 20 / L. */
const mm1Capacity = (servicePerS: number, limitS: number): number => servicePerS - Math.log(20) / limitS;

describe('compose, 25,000 interactions a day', () => {
  const perDay = 25_000;
  const { interactions, historyGb, egressGb, turnsPerS } = volumes(perDay);

  test('one host: 5.2 turns/s of 0.8 × 18.5', () => {
    // 2,000 ms less 30 ms of links; a host of 2 vCPU for the 1.28 cores that were used.
    const carries = 0.8 * mm1Capacity(20, 1.97);
    expect(Math.ceil(turnsPerS / carries)).toBe(1);
    const mode = planned('compose', perDay);
    expect(replicasOf(mode)).toEqual({ host: [1, 1], gateway: [1, 1] });
    expect(mode.bindingConstraint).toBe('host: load');
    expect(mode.tiers[0]?.utilisation).toBeCloseTo(turnsPerS / mm1Capacity(20, 1.97), 2);
  });

  test('cost', () => {
    expectSheet(
      planned('compose', perDay),
      [
        [/^m7i\.large/, 730 * 0.1008],
        ['disk for history', historyGb * 0.115],
        ['answers to the internet', egressGb * 0.09],
        ['operators of the platform', 6 * 75],
        ['contacts escalated to people', interactions * 0.2 * 7.68],
      ],
      perDay,
    );
  });

  test('availability: host and gateway both up, in a zone that is', () => {
    expect(planned('compose', perDay).availabilityRatio).toBeCloseTo(0.995 * 0.999 * 0.9995, 12);
  });
});

describe('kubernetes', () => {
  const sheet = (perDay: number, gateways: number): readonly Row[] => {
    const { interactions, turns, historyGb, egressGb, logGb } = volumes(perDay);
    const millions = (perTurn: number) => (turns * 1.01 * perTurn) / 1e6;
    const lcu = Math.max(egressGb / 730, turns / (730 * 3600) / 25);
    return [
      [/^c7i\.large/, gateways * 730 * 0.08925],
      ['NAT gateways', 3 * 32.85],
      ['calls to the vendor through NAT', egressGb * 0.045],
      ['calls to the vendor over the internet', egressGb * 0.09],
      ['gpt-4o-mini input', millions(500) * 0.15],
      ['gpt-4o-mini cached input', 0],
      ['gpt-4o-mini output', millions(200) * 0.6],
      ['cache nodes', 2 * 113.88],
      ['database', 2 * 105.85],
      ['history on disk of primary and standby', 2 * historyGb * 0.115],
      ['load balancer', 16.43],
      ['load balancer capacity units', lcu * 5.84],
      ['answers to the internet', egressGb * 0.09],
      ['logs', logGb * 0.5],
      ['control plane', 73],
      ['operators of the platform', 20 * 75],
      ['contacts escalated to people', interactions * 0.2 * 7.68],
    ];
  };

  test('25,000 a day: two gateways so that one is left', () => {
    const mode = planned('kubernetes', 25_000);
    expect(replicasOf(mode)).toMatchObject({
      gateway: [1, 2],
      llm: [1, 1],
      context: [1, 2],
      history: [1, 2],
      edge: [1, 1],
    });
    expectSheet(mode, sheet(25_000, 2), 25_000);
  });

  test('2 million a day: five gateways, two accounts', () => {
    const { turnsPerS } = volumes(2_000_000);
    // 0.6 of a core ÷ 4 ms is 150 turns/s; 3 must be left of 2 + 2 + 1 when a full zone goes.
    expect(Math.ceil(turnsPerS / 150)).toBe(3);
    // 80 % of 30,000 requests a minute, 1 % of them made twice.
    expect(Math.ceil((turnsPerS * 60 * 1.01) / 24_000)).toBe(2);
    const mode = planned('kubernetes', 2_000_000);
    expect(replicasOf(mode)).toMatchObject({ gateway: [3, 5], llm: [2, 2] });
    expectSheet(mode, sheet(2_000_000, 5), 2_000_000);
  });

  test('availability: 3 of 5 gateways over three zones, a vendor, a context node and a database in the first two', () => {
    const up = (n: number, k: number, p: number): number => {
      let sum = 0;
      for (let i = Math.max(0, k); i <= n; i++) sum += choose(n, i) * p ** i * (1 - p) ** (n - i);
      return sum;
    };
    let expected = 0;
    for (const a of [0, 1]) {
      for (const b of [0, 1]) {
        for (const c of [0, 1]) {
          const zones = [a, b, c].reduce((product, isUp) => product * (isUp ? 0.9995 : 0.0005), 1);
          const gateways = up(2 * a + 2 * b + c, 3, 0.995);
          const stores = up(a + b, 1, 0.999) ** 2;
          expected += zones * gateways * stores;
        }
      }
    }
    const mode = planned('kubernetes', 2_000_000);
    expect(mode.availabilityRatio).toBeCloseTo(expected * 0.995 * 0.9999, 12);
    expect(mode.availability?.ratio).toBe(mode.availabilityRatio);
    expect(mode.availability?.downMinutesPerMonth).toBeCloseTo((1 - mode.availabilityRatio) * 43_800, 6);
  });

  test('latency: what is assumed of the vendor, 50 ms of links, 2 ms of gateway', () => {
    const { latency } = planned('kubernetes', 25_000);
    expect(latency.turnP50Ms).toBeCloseTo(800 + 50 + 2, 9);
    expect(latency.turnP95Ms).toBeCloseTo(1800 + 50 + 2, 9);
    expect(latency.basis).toBe('assumed');
  });
});

const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);

describe('onprem', () => {
  const sheet = (perDay: number, nodes: number): readonly Row[] => [
    [/^DGX H100 node purchase/, (nodes * 270_000) / (5.5 * 12)],
    ['DGX H100 node maintenance', (nodes * 270_000 * 0.08) / 12],
    [/^electricity at 10.2 kW/, nodes * 10.2 * 1.54 * 730 * 0.146],
    ['rack space and power capacity', nodes * 10.2 * 184],
    ['operators of the platform', 60 * 75],
    ['contacts escalated to people', volumes(perDay).interactions * 0.2 * 7.68],
  ];

  test('25,000 a day: one node in each room', () => {
    const mode = planned('onprem', 25_000);
    expect(replicasOf(mode)).toMatchObject({ inference: [1, 2], gateway: [1, 2], context: [1, 2] });
    expectSheet(mode, sheet(25_000, 2), 25_000);
  });

  test('2 million a day: four nodes carry it, and four more if a room is lost', () => {
    const { turnsPerS } = volumes(2_000_000);
    // Four servers of two H100 in a node of eight, 20 % kept free, 5 ms of links.
    const carries = 4 * 0.8 * mm1Capacity(40, 1.995);
    expect(Math.ceil(turnsPerS / carries)).toBe(4);
    const mode = planned('onprem', 2_000_000);
    expect(replicasOf(mode)).toMatchObject({ inference: [4, 8], gateway: [3, 6] });
    expectSheet(mode, sheet(2_000_000, 8), 2_000_000);
  });

  test('latency on the M/M/1 curve: p50 and p95 at the load of one measured server', () => {
    const perServer =
      volumes(4_000_000).turnsPerS / (planned('onprem', 4_000_000).tiers[0]?.replicas ?? 0) / 4;
    const { latency } = planned('onprem', 4_000_000);
    // Between rates of 10 and 20 on a log–log cubic: within 6 % of ln 2 and ln 20 over the spare rate.
    expect(
      Math.abs((latency.turnP50Ms ?? 0) / (5 + (Math.log(2) / (40 - perServer)) * 1000) - 1),
    ).toBeLessThan(0.06);
    expect(
      Math.abs((latency.turnP95Ms ?? 0) / (5 + (Math.log(20) / (40 - perServer)) * 1000) - 1),
    ).toBeLessThan(0.06);
  });
});

describe('people and machine stand apart', () => {
  test.each(['compose', 'kubernetes', 'onprem'])('%s: one line of people, last, and no other', (id) => {
    const mode = planned(id, 25_000);
    const people = mode.costLines.filter(({ category }) => category === 'people');
    expect(people).toHaveLength(1);
    const [line] = people;
    // 760,417 contacts a month, a fifth of them at 7.68 USD: about 1.17 million, whatever the machine.
    expect(line?.usdPerMonth).toBeCloseTo(25_000 * DAYS * 0.2 * 7.68, 6);
    const machine = mode.usdPerMonth - (line?.usdPerMonth ?? 0);
    expect(machine).toBeLessThan(30_000);
    const { ai } = mode.usdPerInteraction;
    expect(ai.p10).toBeLessThan((machine / (25_000 * DAYS)) * 1.05);
    expect(ai.p90).toBeGreaterThan((machine / (25_000 * DAYS)) * 0.95);
  });
});
