import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { billGraduated, computeGraduatedUsd, trafficSteps } from '../../../planner/money/graduated.ts';
import { computeProvisionedUsdPerMonth, sizeProvisioned } from '../../../planner/money/provisioned.ts';
import { computeServerlessUsd } from '../../../planner/money/serverless.ts';
import { findFigure, readCatalogue } from '../../../scenarios/catalogue.ts';
import { unwrap } from '../../../vocabulary/errors.ts';

const catalogue = unwrap(readCatalogue());
const figure = (id: string, field: string): number => unwrap(findFigure(catalogue, id, field)).value;

describe('graduated prices', () => {
  const aws = trafficSteps({
    usdPerGb: figure('aws/egress/us-east-1', 'usdPerGb'),
    next40TbUsdPerGb: figure('aws/egress/us-east-1', 'next40TbUsdPerGb'),
    next100TbUsdPerGb: figure('aws/egress/us-east-1', 'next100TbUsdPerGb'),
  });

  test('60 TB to the internet: 10 at 0.09, 40 at 0.085, 10 at 0.07', () => {
    expect(computeGraduatedUsd(60_000, aws)).toBeCloseTo(900 + 3400 + 700, 9);
    expect(billGraduated(60_000, aws).map(({ quantity }) => quantity)).toEqual([10_000, 40_000, 10_000]);
    expect(computeGraduatedUsd(1_000_000, aws)).toBeCloseTo(900 + 3400 + 950_000 * 0.07, 6);
  });

  test('no jump at a bound, never dearer than the first price, and one price stays one price', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), (gb) => {
        const usd = computeGraduatedUsd(gb, aws);
        expect(usd).toBeLessThanOrEqual(gb * 0.09 + 1e-9);
        expect(computeGraduatedUsd(gb + 1, aws) - usd).toBeLessThan(0.0900001);
        expect(computeGraduatedUsd(gb, trafficSteps({ usdPerGb: 0.12 }))).toBeCloseTo(gb * 0.12, 6);
      }),
    );
  });
});

describe('provisioned throughput (Azure OpenAI units)', () => {
  const terms = {
    inputTokensPerMinPerUnit: figure('azure-ptu/gpt-4o-mini', 'inputTokensPerMinPerPtu'),
    outputTokenWeightRatio: figure('azure-ptu/gpt-4o-mini', 'outputTokenWeightRatio'),
    minUnits: figure('azure-ptu/min-and-increment', 'minPtus'),
    incrementUnits: figure('azure-ptu/min-and-increment', 'incrementPtus'),
  };

  test('1 M input and 200,000 output tokens a minute are 1.8 M ÷ 37,000 = 48.6: 50 units', () => {
    const rate = { inputTokensPerMin: 1e6, cachedInputTokensPerMin: 0, outputTokensPerMin: 2e5 };
    expect(sizeProvisioned(rate, terms)).toEqual({ units: 50, utilisation: 1.8e6 / 37_000 / 50 });
    // Cached input is deducted whole: 1.3 M ÷ 37,000 = 35.1.
    expect(sizeProvisioned({ ...rate, cachedInputTokensPerMin: 5e5 }, terms).units).toBe(40);
    expect(computeProvisionedUsdPerMonth(50, { usdPerUnitHour: 2 })).toBe(73_000);
    expect(computeProvisionedUsdPerMonth(50, { usdPerUnitMonth: 221 })).toBe(11_050);
  });

  test('never below the least that is sold, always a step that is sold, and enough', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (outputTokensPerMin) => {
        const rate = { inputTokensPerMin: 0, cachedInputTokensPerMin: 0, outputTokensPerMin };
        const { units, utilisation } = sizeProvisioned(rate, terms);
        expect(units).toBeGreaterThanOrEqual(15);
        expect((units - 15) % 5).toBe(0);
        expect(utilisation).toBeLessThanOrEqual(1 + 1e-9);
        if (units > 15) expect((utilisation * units) / (units - 5)).toBeGreaterThan(1 - 1e-9);
      }),
    );
  });
});

describe('serverless', () => {
  const lambda = {
    usdPerMRequests: figure('aws/lambda/request', 'usdPerMRequests'),
    gbSteps: [
      { upTo: 6e9, unitPriceUsd: figure('aws/lambda/gb-second/x86', 'usdPerGbS') },
      { upTo: 15e9, unitPriceUsd: figure('aws/lambda/gb-second/x86', 'next9BUsdPerGbS') },
      { upTo: 15e9, unitPriceUsd: figure('aws/lambda/gb-second/x86', 'over15BUsdPerGbS') },
    ],
    freeRequests: 1e6,
    freeGbS: 400_000,
  };

  test("the vendor's worked example: 3 M requests of 1 s and 512 MB cost 18.74 USD", () => {
    // 1.5 M GB-s less 0.4 M at 0.0000166667 is 18.33; 2 M requests at 0.20 are 0.40.
    const cost = computeServerlessUsd({ requests: 3e6, billedS: 1, memoryGb: 0.5 }, lambda);
    expect(cost.gbSUsd).toBeCloseTo(18.33, 2);
    expect(cost.requestsUsd).toBeCloseTo(0.4, 9);
    expect(cost.usdPerMonth).toBeCloseTo(18.73, 1);
  });
});
