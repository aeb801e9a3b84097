import { describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { planModes } from '../../planner/index.ts';
import { packageVersion } from '../../planner/package-version.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import { BASES, type PlanFile } from '../../vocabulary/plan-file.ts';
import { planOf } from './fixtures/plan-of.ts';
import { buildResult, simulatedResult } from './fixtures/result.ts';
import { CATALOGUE, MODES } from './fixtures/sized.ts';

interface Claim {
  readonly where: string;
  readonly basis: string;
  readonly source: string;
  readonly unit: string;
  readonly date?: string | undefined;
}

/** Everything in a plan that has a basis. */
function claimsOf(plan: PlanFile): Claim[] {
  return [
    ...plan.demand.figures.map(({ name, ...figure }) => ({ where: `demand ${name}`, ...figure })),
    ...plan.modes.flatMap((mode) =>
      mode.kind === 'refused'
        ? []
        : [
            ...mode.tiers.flatMap(({ tier, capacity }) =>
              capacity.map(({ name, ...figure }) => ({ where: `${mode.mode} ${tier} ${name}`, ...figure })),
            ),
            ...mode.costLines.map(({ line, ...cost }) => ({ where: `${mode.mode} ${line}`, ...cost })),
          ],
    ),
  ];
}

const ISO = /^\d{4}(-\d{2}(-\d{2})?)?$/;

describe('where figures come from', () => {
  const claims = claimsOf(planOf());

  test('every figure and every cost line says what it rests on, in which unit and from where', () => {
    expect(claims.length).toBeGreaterThan(60);
    for (const { where, basis, source, unit } of claims) {
      expect(BASES, where).toContain(basis);
      expect(source.trim().length, where).toBeGreaterThan(3);
      expect(unit.trim().length, where).toBeGreaterThan(0);
    }
  });

  test('what comes from the catalogue has its entry and its date', () => {
    const catalogued = claims.filter(({ basis }) => basis === 'catalogue');
    expect(catalogued.length).toBeGreaterThan(20);
    for (const { where, source, date } of catalogued) {
      expect(date, where).toMatch(ISO);
      const id = source.split(': ')[0] ?? '';
      expect(CATALOGUE.entries.has(id), `${where}: ${id}`).toBe(true);
      expect(CATALOGUE.entries.get(id)?.entry.date).toBe(date);
    }
  });

  test('a line that rests on several entries names them all', () => {
    const electricity = claims.find(({ where }) => where.includes('electricity at'));
    expect(electricity?.source).toContain('default/dgx-h100-power');
    expect(electricity?.source).toContain('pue/industry-average');
    const purchase = claims.find(({ where }) => where.includes('purchase over'));
    expect(purchase?.source).toContain('depreciation/amazon');
  });

  test('defaults of the tool are assumptions wherever they appear', () => {
    for (const { where, source, basis } of claims) {
      if (source.startsWith('default/')) expect(basis, where).toBe('assumed');
    }
  });

  test('measured tokens, turns and the service level that people are staffed for are figures of the demand', () => {
    const names = planOf().demand.figures.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        'inputTokensPerTurn',
        'outputTokensPerTurn',
        'turnsPerInteraction',
        'answeredRatio',
        'targetWaitS',
        'patienceS',
      ]),
    );
    expect(new Set(names).size).toBe(names.length);
  });

  test("patience is that of the bank's callers, not of a staffing convention", () => {
    const patience = planOf().demand.figures.find(({ name }) => name === 'patienceS');
    expect(patience).toMatchObject({ value: 299, basis: 'catalogue', date: '1999' });
    expect(patience?.source).toContain('service-time/anonymous-bank-1999');
  });

  test('every entry of the catalogue carries a source and a date', () => {
    for (const [id, { entry }] of CATALOGUE.entries) {
      expect(entry.date, id).toMatch(ISO);
      expect(entry.source.length, id).toBeGreaterThan(3);
    }
  });
});

describe('what is simulated', () => {
  test('is never called measured', () => {
    const only = unwrap(
      planModes({
        results: [simulatedResult()],
        interactionsPerDay: 25_000,
        modes: [MODES.onprem],
        catalogue: CATALOGUE,
        seed: 1,
        nowUnixMs: Date.UTC(2026, 10, 21),
      }),
    );
    const ofEngine = ['meanTurnLatency', 'capacityTurnsPerS', 'inputTokensPerTurn', 'outputTokensPerTurn'];
    for (const { where, basis } of claimsOf(only)) {
      if (ofEngine.some((name) => where.endsWith(name))) expect(basis, where).toBe('simulated');
    }
  });
});

describe('the maker of a plan', () => {
  test('is this package, unless the caller says otherwise', () => {
    expect(packageVersion()).toBe(packageJson.version);
    expect(planOf().tool).toEqual({ name: 'busyhour', version: packageJson.version });
    expect(planOf({ toolVersion: '9.9.9' }).tool.version).toBe('9.9.9');
  });

  test('a run id of each measured figure leads back to its result', () => {
    const plan = unwrap(
      planModes({
        results: [
          buildResult({
            engine: 'llama',
            rates: [5, 10, 17, 19],
            servicePerS: 20,
            runId: 'run-42',
            step: { gatewayCpuSPerTurn: 0.004 },
          }),
        ],
        interactionsPerDay: 25_000,
        modes: [MODES.compose],
        catalogue: CATALOGUE,
        seed: 1,
        nowUnixMs: Date.UTC(2026, 10, 21),
      }),
    );
    for (const { basis, source, where } of claimsOf(plan)) {
      if (basis === 'measured') expect(source, where).toContain('run-42');
    }
  });
});
