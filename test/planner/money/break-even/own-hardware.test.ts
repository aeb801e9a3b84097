import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { computeBreakEvenUtilisation } from '../../../../planner/money/break-even/utilisation.ts';
import { computeUsefulHourUsd } from '../../../../planner/money/own-gpu.ts';
import { CATALOGUE } from '../../fixtures/sized.ts';

describe('own hardware', () => {
  test('270,000 USD over five years at 40 %, 10.2 kW at PUE 1.54 and 0.146: as the equation says', () => {
    const usd = computeUsefulHourUsd({
      capexUsd: 270_000,
      lifeYears: 5,
      utilisationRatio: 0.4,
      kw: 10.2,
      pueRatio: 1.54,
      usdPerKwh: 0.146,
      otherUsdPerMonth: 0,
    });
    expect(usd).toBeCloseTo(270_000 / (5 * 8760 * 0.4) + 10.2 * 1.54 * 0.146, 9);
    expect(() =>
      computeUsefulHourUsd({
        capexUsd: 1,
        lifeYears: 1,
        utilisationRatio: 0,
        kw: 1,
        pueRatio: 1,
        usdPerKwh: 1,
        otherUsdPerMonth: 0,
      }),
    ).toThrow('(0, 1]');
  });

  test('a full H100 of a DGX with its space costs what a published model of ownership says', () => {
    const perGpuHour =
      computeUsefulHourUsd({
        capexUsd: 270_000,
        lifeYears: 5.5,
        utilisationRatio: 1,
        kw: 10.2,
        pueRatio: 1.54,
        usdPerKwh: 0.146,
        otherUsdPerMonth: 10.2 * 184,
      }) / 8;
    const entry = CATALOGUE.entries.get('semianalysis-tco/H100');
    if (entry?.group !== 'gpu-prices') throw new Error('no such entry');
    const { ownHyperscalerUsdPerGpuHour: low = 0, ownNeocloudUsdPerGpuHour: high = 0 } = entry.entry;
    // 1.30 for the largest buyers, 1.69 for others: capital of 0.70, energy of 0.29 and space of 0.32 lie between them.
    expect(perGpuHour).toBeGreaterThan(low);
    expect(perGpuHour).toBeLessThan(high);
  });

  test('at the break-even utilisation both cost the same', () => {
    const positive = fc.double({ min: 1e-3, max: 1e3, noNaN: true });
    fc.assert(
      fc.property(positive, positive, positive, (ownUsdPerUnitHour, turnsPerSPerUnit, boughtUsdPerTurn) => {
        const ratio = computeBreakEvenUtilisation({ ownUsdPerUnitHour, turnsPerSPerUnit, boughtUsdPerTurn });
        const boughtPerHour = ratio * turnsPerSPerUnit * 3600 * boughtUsdPerTurn;
        expect(boughtPerHour / ownUsdPerUnitHour).toBeCloseTo(1, 9);
      }),
    );
  });
});
