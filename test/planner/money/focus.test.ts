import { describe, expect, test } from 'vitest';
import { planModes } from '../../../planner/index.ts';
import { FOCUS_COLUMNS, focusRows } from '../../../planner/money/focus.ts';
import { regionOfSku, sellerOfSku } from '../../../planner/money/sku-vendors.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import type { PlanFile, PlannedMode } from '../../../vocabulary/plan-file.ts';
import { llamaResult, simulatedResult } from '../fixtures/result.ts';
import { CATALOGUE, MODES } from '../fixtures/sized.ts';

const plan: PlanFile = unwrap(
  planModes({
    results: [llamaResult(), simulatedResult()],
    interactionsPerDay: 25_000,
    modes: Object.values(MODES),
    catalogue: CATALOGUE,
    seed: 3,
    nowUnixMs: Date.UTC(2026, 10, 21),
  }),
);
const rows = focusRows(plan);
const planned = plan.modes.filter((mode): mode is PlannedMode => mode.kind === 'planned');
const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

/** Allowed values of FOCUS 1.2. */
const SERVICE_CATEGORIES = [
  'AI and Machine Learning',
  'Analytics',
  'Business Applications',
  'Compute',
  'Databases',
  'Developer Tools',
  'Identity',
  'Integration',
  'Internet of Things',
  'Management and Governance',
  'Media',
  'Migration',
  'Mobile',
  'Multicloud',
  'Networking',
  'Other',
  'Security',
  'Storage',
  'Web',
];

/** Columns that the specification never leaves empty. */
const MANDATORY = [
  'BilledCost',
  'BillingAccountId',
  'BillingCurrency',
  'BillingPeriodStart',
  'BillingPeriodEnd',
  'ChargeCategory',
  'ChargePeriodStart',
  'ChargePeriodEnd',
  'ContractedCost',
  'EffectiveCost',
  'InvoiceIssuerName',
  'ListCost',
  'ProviderName',
  'PublisherName',
  'ServiceCategory',
  'ServiceName',
] as const;

/** Columns that the rules of FOCUS 1.0 ask to be there, empty or not. */
const PRESENT = [
  ...MANDATORY,
  'BillingAccountName',
  'ChargeClass',
  'ChargeDescription',
  'ChargeFrequency',
  'CommitmentDiscountCategory',
  'CommitmentDiscountId',
  'CommitmentDiscountName',
  'CommitmentDiscountStatus',
  'CommitmentDiscountType',
  'ConsumedQuantity',
  'ConsumedUnit',
  'ContractedUnitPrice',
  'ListUnitPrice',
  'PricingCategory',
  'PricingQuantity',
  'PricingUnit',
  'RegionId',
  'RegionName',
  'ResourceId',
  'ResourceName',
  'ResourceType',
  'SkuId',
  'SkuPriceId',
  'SubAccountId',
  'SubAccountName',
  'Tags',
];

describe('FOCUS rows of a plan', () => {
  test('every column that the rules ask for is there', () => {
    for (const column of PRESENT) expect(FOCUS_COLUMNS).toContain(column);
    expect(new Set(FOCUS_COLUMNS).size).toBe(FOCUS_COLUMNS.length);
  });

  test('three modes, each adding up to what it costs', () => {
    expect(planned).toHaveLength(3);
    for (const mode of planned) {
      const own = focusRows(plan, mode.mode);
      expect(sum(own.map(({ BilledCost }) => Number(BilledCost))) / mode.usdPerMonth).toBeCloseTo(1, 12);
      expect(own).toEqual(rows.filter((row) => row.x_Mode === mode.mode));
    }
    expect(focusRows(plan, 'no-such-mode')).toEqual([]);
  });

  test('columns are of the specification, or begin with x_; mandatory ones are filled', () => {
    for (const row of rows) {
      for (const column of Object.keys(row)) expect(FOCUS_COLUMNS).toContain(column);
      for (const column of MANDATORY) expect(row[column], column).not.toBe(undefined);
      expect(SERVICE_CATEGORIES).toContain(row.ServiceCategory);
      expect(row.BillingCurrency).toBe('USD');
      expect(() => JSON.parse(String(row.Tags))).not.toThrow();
    }
    for (const column of FOCUS_COLUMNS) expect(column).toMatch(/^([A-Z][A-Za-z]+|x_[A-Z][A-Za-z0-9]+)$/);
  });

  test('the month after the plan, in UTC', () => {
    expect(rows[0]).toMatchObject({
      BillingPeriodStart: '2026-12-01T00:00:00Z',
      BillingPeriodEnd: '2027-01-01T00:00:00Z',
    });
  });

  test('quantity × unit price is the cost on every row', () => {
    for (const row of rows) {
      const usd = Number(row.PricingQuantity) * Number(row.ListUnitPrice);
      expect(Math.abs(usd - Number(row.BilledCost))).toBeLessThanOrEqual(1e-9 * Math.max(1, usd));
    }
  });

  test('idle and shared cost on rows of their own, by hand for the GPU nodes', () => {
    const own = rows.filter((row) => row.x_Mode === 'onprem' && row.x_Tier === 'inference');
    const part = (allocation: string): number =>
      sum(own.filter((row) => row.x_Allocation === allocation).map(({ BilledCost }) => Number(BilledCost)));
    // 1.45 turns/s in the mean of the day on two nodes of 4 × 38.5 turns/s: half a per cent is used.
    const used = (25_000 * 5) / 86_400 / (2 * 4 * (40 - Math.log(20) / 1.995));
    expect(part('used') / (part('used') + part('idle'))).toBeCloseTo(used, 3);
    const shared = rows.filter((row) => row.x_Allocation === 'shared');
    expect(shared.map(({ ChargeDescription }) => String(ChargeDescription)).join()).toContain('operators');
    for (const row of rows.filter(({ ServiceCategory }) => ServiceCategory === 'AI and Machine Learning')) {
      expect(row.x_Allocation).toBe('used');
    }
  });

  test('P10 ≤ P50 ≤ P90, and the bill lies near them', () => {
    for (const row of rows) {
      const [low, middle, high] = [row.x_ForecastP10, row.x_ForecastP50, row.x_ForecastP90].map(Number);
      expect(low).toBeLessThanOrEqual(middle ?? Number.NaN);
      expect(middle).toBeLessThanOrEqual(high ?? Number.NaN);
      expect(Number(row.BilledCost)).toBeGreaterThanOrEqual((low ?? 0) * 0.5);
      expect(Number(row.BilledCost)).toBeLessThanOrEqual((high ?? 0) * 2);
    }
  });

  test('a plan without draws has no forecast, not a made-up one', () => {
    const bare = {
      ...plan,
      modes: plan.modes.map((mode) => {
        if (mode.kind === 'refused') return mode;
        const { uncertainty: _, ...rest } = mode;
        return rest;
      }),
    };
    for (const row of focusRows(bare)) expect(row.x_ForecastP50).toBeUndefined();
  });
});

describe('sellers and regions', () => {
  test.each([
    ['aws/c7i.large', 'Amazon Web Services', undefined],
    ['aws/egress/us-east-1', 'Amazon Web Services', 'us-east-1'],
    ['gcp/europe-west4/e2-medium', 'Google Cloud', 'europe-west4'],
    ['openai/gpt-4o-mini', 'OpenAI', undefined],
    ['purchase/DGX-H100-8GPU', 'Own premises', undefined],
    ['acme/box', 'acme', undefined],
    [undefined, 'Own organisation', undefined],
  ])('%s', (sku, seller, region) => {
    expect(sellerOfSku(sku)).toBe(seller);
    expect(regionOfSku(sku)).toBe(region);
  });
});
