import type { CostLine, PlanFile, PlannedMode } from '../../vocabulary/plan-file.ts';
import type { Interval } from '../../vocabulary/plan-sections/figures.ts';
import { regionOfSku, sellerOfSku } from './sku-vendors.ts';

/**
 * Columns of the FinOps Open Cost and Usage Specification (FOCUS 1.0 to 1.2), those that a forecast cannot fill left
 * empty, and own columns, which the specification asks to begin with `x_`. A bill of a provider in FOCUS form has the
 * same names: both fit one table.
 */
export const FOCUS_COLUMNS = [
  'BilledCost',
  'BillingAccountId',
  'BillingAccountName',
  'BillingCurrency',
  'BillingPeriodEnd',
  'BillingPeriodStart',
  'ChargeCategory',
  'ChargeClass',
  'ChargeDescription',
  'ChargeFrequency',
  'ChargePeriodEnd',
  'ChargePeriodStart',
  'CommitmentDiscountCategory',
  'CommitmentDiscountId',
  'CommitmentDiscountName',
  'CommitmentDiscountStatus',
  'CommitmentDiscountType',
  'ConsumedQuantity',
  'ConsumedUnit',
  'ContractedCost',
  'ContractedUnitPrice',
  'EffectiveCost',
  'InvoiceIssuerName',
  'ListCost',
  'ListUnitPrice',
  'PricingCategory',
  'PricingQuantity',
  'PricingUnit',
  'ProviderName',
  'PublisherName',
  'RegionId',
  'RegionName',
  'ResourceId',
  'ResourceName',
  'ResourceType',
  'ServiceCategory',
  'ServiceName',
  'SkuId',
  'SkuPriceId',
  'SubAccountId',
  'SubAccountName',
  'Tags',
  'x_Allocation',
  'x_Basis',
  'x_ForecastP10',
  'x_ForecastP50',
  'x_ForecastP90',
  'x_Mode',
  'x_Source',
  'x_SourceDate',
  'x_Tier',
] as const;

export type FocusColumn = (typeof FOCUS_COLUMNS)[number];

/** A row by column. Absent is null in the sense of FOCUS: an empty cell. */
export type FocusRow = Readonly<Partial<Record<FocusColumn, string | number>>>;

/** What a row pays for: work done, capacity that stands unused, or what all interactions share whatever their number. */
export type Allocation = 'used' | 'idle' | 'shared';

/** Kinds of service that an entry's id tells, before the category of the cost line does. */
const SERVICE_CATEGORY_BY_ID: readonly (readonly [RegExp, string])[] = [
  [/rds|cloudsql|postgres|mysql|redis|elasticache|memorystore|dynamo|cosmos/, 'Databases'],
  [/cloudwatch|log-analytics|logging|monitor/, 'Management and Governance'],
  [/eks-cluster|gke-cluster|lambda|functions|cloud-run|fargate/, 'Compute'],
  [/waf/, 'Security'],
];

/** The nearest of the service categories that FOCUS allows. People are no cloud service: Other. */
const SERVICE_CATEGORY: Readonly<Record<CostLine['category'], string>> = {
  compute: 'Compute',
  llm: 'AI and Machine Learning',
  gpu: 'Compute',
  storage: 'Storage',
  network: 'Networking',
  people: 'Other',
  operations: 'Other',
  voice: 'AI and Machine Learning',
};

const serviceCategory = ({ skuId, category }: CostLine): string =>
  SERVICE_CATEGORY_BY_ID.find(([pattern]) => skuId !== undefined && pattern.test(skuId))?.[1] ??
  SERVICE_CATEGORY[category];

/** The calendar month after the plan was made, UTC: the first whole month that it can be held against. */
function billingPeriod(createdAtUnixMs: number): { readonly start: string; readonly end: string } {
  const made = new Date(createdAtUnixMs);
  const month = (ahead: number): string =>
    `${new Date(Date.UTC(made.getUTCFullYear(), made.getUTCMonth() + ahead, 1)).toISOString().slice(0, 19)}Z`;
  return { start: month(1), end: month(2) };
}

interface Part {
  readonly allocation: Allocation;
  readonly ratio: number;
}

/** One part, or two where some of what is paid stands unused. Ratios add up to 1. */
function partsOf({ idleRatio, shared }: CostLine): Part[] {
  if (shared === true) return [{ allocation: 'shared', ratio: 1 }];
  if (idleRatio === undefined || idleRatio === 0) return [{ allocation: 'used', ratio: 1 }];
  const idle: Part = { allocation: 'idle', ratio: idleRatio };
  return idleRatio === 1 ? [idle] : [{ allocation: 'used', ratio: 1 - idleRatio }, idle];
}

const NOUN: Readonly<Record<Allocation, string>> = {
  used: 'used',
  idle: 'idle capacity',
  shared: 'shared by all interactions',
};

interface RowInput {
  readonly plan: PlanFile;
  readonly mode: PlannedMode;
  readonly line: CostLine;
  readonly forecast: Interval | undefined;
}

const serviceOf = ({ mode, line }: RowInput): string =>
  mode.tiers.find(({ tier }) => tier === line.tier)?.service ?? line.line;

function costCells({ line, forecast }: RowInput, ratio: number): FocusRow {
  const usd = line.usdPerMonth * ratio;
  const quantity = line.quantity * ratio;
  return {
    BilledCost: usd,
    ContractedCost: usd,
    EffectiveCost: usd,
    ListCost: usd,
    ContractedUnitPrice: line.unitPriceUsd,
    ListUnitPrice: line.unitPriceUsd,
    ConsumedQuantity: quantity,
    ConsumedUnit: line.unit,
    PricingQuantity: quantity,
    PricingUnit: line.unit,
    ...(forecast === undefined
      ? {}
      : {
          x_ForecastP10: forecast.p10 * ratio,
          x_ForecastP50: forecast.p50 * ratio,
          x_ForecastP90: forecast.p90 * ratio,
        }),
  };
}

function nameCells(input: RowInput, allocation: Allocation): FocusRow {
  const { line, mode } = input;
  const seller = sellerOfSku(line.skuId);
  const region = regionOfSku(line.skuId);
  const tags = { 'busyhour:mode': mode.mode, 'busyhour:tier': line.tier, 'busyhour:allocation': allocation };
  return {
    ChargeDescription: `${line.line}, ${NOUN[allocation]} (forecast of busyhour, ${line.basis})`,
    ProviderName: seller,
    PublisherName: seller,
    InvoiceIssuerName: seller,
    ServiceCategory: serviceCategory(line),
    ServiceName: serviceOf(input),
    ResourceId: [mode.mode, line.tier, line.line].filter((part) => part !== undefined).join('/'),
    ResourceType: line.category,
    ResourceName: line.line,
    // An entry of the catalogue is a thing at one price, so it names both.
    ...(line.skuId === undefined ? {} : { SkuId: line.skuId, SkuPriceId: line.skuId }),
    ...(region === undefined ? {} : { RegionId: region, RegionName: region }),
    ...(line.tier === undefined ? {} : { SubAccountId: line.tier, SubAccountName: serviceOf(input) }),
    Tags: JSON.stringify(tags),
    x_Allocation: allocation,
    x_Basis: line.basis,
    x_Mode: mode.mode,
    x_Source: line.source,
    ...(line.date === undefined ? {} : { x_SourceDate: line.date }),
    ...(line.tier === undefined ? {} : { x_Tier: line.tier }),
  };
}

function rowsOfLine(input: RowInput): FocusRow[] {
  const { plan, mode, line } = input;
  const { start, end } = billingPeriod(plan.createdAtUnixMs);
  return partsOf(line).map(({ allocation, ratio }) => ({
    ...costCells(input, ratio),
    ...nameCells(input, allocation),
    BillingAccountId: `plan:${mode.mode}`,
    BillingAccountName: mode.title,
    BillingCurrency: 'USD',
    BillingPeriodStart: start,
    BillingPeriodEnd: end,
    ChargePeriodStart: start,
    ChargePeriodEnd: end,
    ChargeCategory: 'Usage',
    ChargeFrequency: line.shared === true ? 'Recurring' : 'Usage-Based',
    PricingCategory: 'Standard',
  }));
}

/** The forecast of a line: by place, since lines of an uncertainty section come in the order of the cost lines. */
function forecastOf(mode: PlannedMode, index: number): Interval | undefined {
  const drawn = mode.uncertainty?.usdPerMonth.lines[index];
  return drawn === undefined || drawn.line !== mode.costLines[index]?.line ? undefined : drawn;
}

/**
 * One row per cost line of every planned mode, or of one, idle and shared cost on rows of their own. Costs are of an
 * average month (730 h) and dated to the calendar month after the plan. Rows of a mode add up to its cost; percentiles
 * of rows do not add up to those of their sum, since not everything is dear at once.
 */
export function focusRows(plan: PlanFile, modeId?: string): FocusRow[] {
  return plan.modes.flatMap((mode) =>
    mode.kind === 'refused' || (modeId !== undefined && mode.mode !== modeId)
      ? []
      : mode.costLines.flatMap((line, index) =>
          rowsOfLine({ plan, mode, line, forecast: forecastOf(mode, index) }),
        ),
  );
}
