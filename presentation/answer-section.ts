import type {
  PlanFile,
  PlanMeasurement,
  PlannedMode,
  RefusedMode,
  TierPlan,
} from '../vocabulary/plan-file.ts';
import { formatSlo } from '../vocabulary/slo.ts';
import {
  type Block,
  basisBadge,
  type Cell,
  cell,
  column,
  numeric,
  paragraph,
  type Section,
} from './blocks.ts';
import { asSentence } from './escape.ts';
import { ABSENT, formatCount, formatNumber, formatRatio, formatUsd, formatUsdInterval } from './numbers.ts';
import { basisOfMode, cheapestMode, machineUsdPerMonth, plannedModes } from './plan-reading.ts';

const tierText = (tier: TierPlan): string => `${formatCount(tier.replicas)} ${tier.tier}`;

const instances = (mode: PlannedMode): number => mode.tiers.reduce((sum, tier) => sum + tier.replicas, 0);

/** With every replica up; what is left after the planned losses is in the tooltip and in its own section. */
function riskCell({ uncertainty }: PlannedMode): Cell {
  if (uncertainty === undefined) return { text: ABSENT, muted: true };
  const { allUp, afterLosses } = uncertainty.missProbability;
  return { text: formatRatio(allUp), hint: `after the planned losses ${formatRatio(afterLosses)}` };
}

function plannedRow(mode: PlannedMode, hasRisk: boolean): Cell[] {
  const p95Ms = mode.latency.turnP95Ms;
  return [
    { text: mode.title, badge: basisBadge(basisOfMode(mode)) },
    { text: `${formatCount(instances(mode))}: ${mode.tiers.map(tierText).join(', ')}` },
    cell(mode.bindingConstraint),
    cell(formatUsdInterval(mode.usdPerInteraction.ai)),
    cell(formatUsdInterval(mode.usdPerInteraction.blended)),
    cell(formatUsd(machineUsdPerMonth(mode))),
    { text: p95Ms === undefined ? ABSENT : formatNumber(p95Ms), hint: mode.latency.explanation },
    cell(formatRatio(mode.availabilityRatio)),
    ...(hasRisk ? [riskCell(mode)] : []),
  ];
}

const refusedRow = (mode: RefusedMode, hasRisk: boolean): Cell[] => [
  { text: mode.title, badge: { kind: 'bad', text: 'refused' } },
  { text: 'no plan', muted: true },
  cell(`${asSentence(mode.reason)} Lifted by: ${mode.liftedBy}`),
  ...Array.from({ length: hasRisk ? 6 : 5 }, (): Cell => ({ text: ABSENT, muted: true })),
];

function modesTable(plan: PlanFile): Block {
  const hasRisk = plannedModes(plan).some(({ uncertainty }) => uncertainty !== undefined);
  return {
    kind: 'table',
    caption: 'Each way of deploying it. USD per interaction: median, then P10–P90 in brackets.',
    columns: [
      column('mode'),
      column('instances'),
      column('binding constraint'),
      numeric('USD per interaction, machine'),
      numeric('USD per interaction, with people'),
      numeric('USD per month, machine'),
      numeric('turn p95 ms'),
      numeric('availability'),
      ...(hasRisk ? [numeric('misses an objective')] : []),
    ],
    rows: plan.modes.map((mode) =>
      mode.kind === 'planned' ? plannedRow(mode, hasRisk) : refusedRow(mode, hasRisk),
    ),
  };
}

/** Rates that would say most about where the capacity lies. */
const nextCell = ({ nextTurnsPerS = [] }: PlanMeasurement): Cell =>
  nextTurnsPerS.length === 0
    ? { text: ABSENT, muted: true }
    : cell(nextTurnsPerS.map(formatNumber).join(' and '));

function capacityRow(measurement: PlanMeasurement, hasNext: boolean): Cell[] {
  const capacity = measurement.capacityTurnsPerS;
  const highest = Math.max(0, ...measurement.points.map((point) => point.turnsPerS));
  const requests = measurement.points.reduce((sum, point) => sum + point.requests, 0);
  return [
    { text: measurement.target, badge: basisBadge(measurement.simulated ? 'simulated' : 'measured') },
    cell(measurement.engine),
    capacity === undefined
      ? { text: `refused: ${measurement.refusal ?? 'no capacity was found'}`, muted: true }
      : cell(formatNumber(capacity)),
    cell(measurement.points.length === 0 ? ABSENT : formatNumber(highest)),
    cell(formatCount(requests)),
    ...(hasNext ? [nextCell(measurement)] : []),
  ];
}

function capacityTable(plan: PlanFile): Block {
  const hasNext = plan.measurements.some(({ nextTurnsPerS = [] }) => nextTurnsPerS.length > 0);
  return {
    kind: 'table',
    caption: `Capacity of one replica at the objective: ${plan.slos.map(formatSlo).join(', ') || 'none set'}`,
    columns: [
      column('target'),
      column('engine'),
      numeric('capacity, turns/s'),
      numeric('highest load driven, turns/s'),
      numeric('requests'),
      ...(hasNext ? [numeric('measure next, turns/s')] : []),
    ],
    rows: plan.measurements.map((measurement) => capacityRow(measurement, hasNext)),
  };
}

/** The question and the shortest answer to it, in words. */
function leadText(plan: PlanFile): string {
  const { demand } = plan;
  const asked = `${formatCount(demand.interactionsPerDay)} interactions a day put ${formatNumber(
    demand.busyHourTurnsPerS,
  )} turns/s on the system in the busy hour: ${formatNumber(demand.busyHourTurnsInFlight)} turns being answered and ${formatNumber(
    demand.busyHourOpenInteractions,
  )} conversations open at once.`;
  const mode = cheapestMode(plan);
  if (mode === undefined)
    return `${asked} No mode can be planned from what is known; each says what would lift that.`;
  const count = formatCount(instances(mode));
  const simulated = mode.simulated ? ' (SIMULATED)' : '';
  return `${asked} Least machine cost: ${mode.title}${simulated}, ${count} instances, ${formatUsd(
    mode.usdPerInteraction.ai.p50,
  )} per interaction; what sets its size is ${mode.bindingConstraint}.`;
}

/** First screen: instances per mode, binding constraint, USD per interaction, capacity at the objective. */
export const answerSection = (plan: PlanFile): Section => ({
  id: 'answer',
  title: 'The answer',
  blocks: [paragraph(leadText(plan)), modesTable(plan), capacityTable(plan)],
});
