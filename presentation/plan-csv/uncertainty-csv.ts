import type { PlanFile, PlannedMode } from '../../vocabulary/plan-file.ts';
import type { Interval } from '../../vocabulary/plan-sections/figures.ts';
import type { TornadoRow, UncertaintySection } from '../../vocabulary/plan-sections/uncertainty.ts';
import { type Row, writeCsv } from '../csv.ts';
import { plannedModes } from '../plan-reading.ts';

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

const drawn = (plan: PlanFile): { mode: PlannedMode; section: UncertaintySection }[] =>
  plannedModes(plan).flatMap((mode) =>
    mode.uncertainty === undefined ? [] : [{ mode, section: mode.uncertainty }],
  );

/** USD per interaction with one input at a time at its P10 and at its P90; undefined where nothing was drawn. */
export function tornadoCsv(plan: PlanFile): string | undefined {
  const rows = drawn(plan).flatMap(({ mode, section }) => section.tornado.map((row) => tornadoRow(mode, row)));
  return rows.length === 0 ? undefined : writeCsv(TORNADO_COLUMNS, rows);
}

const RANGE_COLUMNS = ['mode', 'simulated', 'kind', 'item', 'unit', 'planned', 'p10', 'p50', 'p90'] as const;

function rangeRows({ mode, section }: { mode: PlannedMode; section: UncertaintySection }): Row[] {
  const common = { mode: mode.mode, simulated: mode.simulated };
  const row = (kind: string, item: string, unit: string, interval: Interval, planned?: number): Row => ({
    ...common,
    kind,
    item,
    unit,
    planned,
    p10: interval.p10,
    p50: interval.p50,
    p90: interval.p90,
  });
  const risk = section.missProbability;
  return [
    ...section.replicas.map(({ tier, needed, planned }) => row('replicas', tier, 'replicas', needed, planned)),
    ...(['ai', 'blended', 'resolved'] as const).map((view) =>
      row(
        'usdPerInteraction',
        view,
        'USD per interaction',
        mode.usdPerInteraction[view],
        section.central.usdPerInteraction[view],
      ),
    ),
    row('usdPerMonth', 'machine', 'USD per month', section.usdPerMonth.machine),
    row('usdPerMonth', 'total', 'USD per month', section.usdPerMonth.total, mode.usdPerMonth),
    ...section.usdPerMonth.lines.map((line, index) =>
      row('usdPerMonth:line', line.line, 'USD per month', line, mode.costLines[index]?.usdPerMonth),
    ),
    ...(['allUp', 'afterLosses', 'aboveMaxRatio'] as const).map((state) => ({
      ...common,
      kind: 'missProbability',
      item: state,
      unit: 'probability',
      planned: risk[state],
    })),
  ];
}

/** P10, P50 and P90 of replicas and money, and the probability of a missed objective; undefined where nothing was drawn. */
export function rangesCsv(plan: PlanFile): string | undefined {
  const rows = drawn(plan).flatMap(rangeRows);
  return rows.length === 0 ? undefined : writeCsv(RANGE_COLUMNS, rows);
}
