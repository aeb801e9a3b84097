import type { PlanFile, PlannedMode } from '../../vocabulary/plan-file.ts';
import type { Interval } from '../../vocabulary/plan-sections/figures.ts';
import type { TornadoRow, UncertaintySection } from '../../vocabulary/plan-sections/uncertainty.ts';
import { type Row, writeCsv } from '../csv.ts';
import { machineUsdPerMonth, plannedModes } from '../plan-reading.ts';

const TORNADO_COLUMNS = [
  'mode',
  'simulated',
  'input',
  'unit',
  'inputP10',
  'inputP90',
  'aiAtP10Usd',
  'aiAtP90Usd',
  'blendedAtP10Usd',
  'blendedAtP90Usd',
  'resolvedAtP10Usd',
  'resolvedAtP90Usd',
  'replicas',
] as const;

function tornadoRow(mode: PlannedMode, row: TornadoRow): Row {
  const { ai, blended, resolved } = row.usdPerInteraction;
  return {
    mode: mode.mode,
    simulated: mode.simulated,
    input: row.label,
    unit: row.unit,
    inputP10: row.p10,
    inputP90: row.p90,
    aiAtP10Usd: ai.atP10,
    aiAtP90Usd: ai.atP90,
    blendedAtP10Usd: blended.atP10,
    blendedAtP90Usd: blended.atP90,
    resolvedAtP10Usd: resolved.atP10,
    resolvedAtP90Usd: resolved.atP90,
    replicas: row.replicas.map(({ tier, atP10, atP90 }) => `${tier} ${atP10} to ${atP90}`).join('; '),
  };
}

interface Drawn {
  readonly mode: PlannedMode;
  readonly section: UncertaintySection;
}

const drawn = (plan: PlanFile): Drawn[] =>
  plannedModes(plan).flatMap((mode) =>
    mode.uncertainty === undefined ? [] : [{ mode, section: mode.uncertainty }],
  );

/** USD per interaction with one input at a time at its P10 and at its P90; undefined where nothing was drawn. */
export function tornadoCsv(plan: PlanFile): string | undefined {
  const rows = drawn(plan).flatMap(({ mode, section }) =>
    section.tornado.map((row) => tornadoRow(mode, row)),
  );
  return rows.length === 0 ? undefined : writeCsv(TORNADO_COLUMNS, rows);
}

const RANGE_COLUMNS = ['mode', 'simulated', 'kind', 'item', 'unit', 'planned', 'p10', 'p50', 'p90'] as const;

interface RangeOf {
  readonly kind: string;
  readonly item: string;
  readonly unit: string;
  readonly planned?: number | undefined;
}

const quantiles = (of: RangeOf, { p10, p50, p90 }: Interval): Row => ({ ...of, p10, p50, p90 });

/** Cost per interaction and of the month, whole and by line. */
function moneyRows({ mode, section }: Drawn): Row[] {
  const month = { kind: 'usdPerMonth', unit: 'USD per month' };
  return [
    ...(['ai', 'blended', 'resolved'] as const).map((item) =>
      quantiles(
        {
          kind: 'usdPerInteraction',
          item,
          unit: 'USD per interaction',
          planned: section.central.usdPerInteraction[item],
        },
        mode.usdPerInteraction[item],
      ),
    ),
    quantiles({ ...month, item: 'machine', planned: machineUsdPerMonth(mode) }, section.usdPerMonth.machine),
    quantiles({ ...month, item: 'total', planned: mode.usdPerMonth }, section.usdPerMonth.total),
    ...section.usdPerMonth.lines.map((line, index) =>
      quantiles(
        {
          kind: 'usdPerMonth:line',
          item: line.line,
          unit: 'USD per month',
          planned: mode.costLines[index]?.usdPerMonth,
        },
        line,
      ),
    ),
  ];
}

const RISKS = ['allUp', 'afterLosses', 'aboveMaxRatio'] as const;

function rangeRows(drawn: Drawn): Row[] {
  const { mode, section } = drawn;
  const rows = [
    ...section.replicas.map(({ tier, needed, planned }) =>
      quantiles({ kind: 'replicas', item: tier, unit: 'replicas', planned }, needed),
    ),
    ...moneyRows(drawn),
    ...RISKS.map(
      (item): Row => ({
        kind: 'missProbability',
        item,
        unit: 'probability',
        planned: section.missProbability[item],
      }),
    ),
  ];
  return rows.map((row) => ({ mode: mode.mode, simulated: mode.simulated, ...row }));
}

/** P10, P50 and P90 of replicas and money, and the probability of a missed objective; undefined where nothing was drawn. */
export function rangesCsv(plan: PlanFile): string | undefined {
  const rows = drawn(plan).flatMap(rangeRows);
  return rows.length === 0 ? undefined : writeCsv(RANGE_COLUMNS, rows);
}
