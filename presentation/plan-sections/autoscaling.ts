import type { PlanFile, PlannedMode } from '../../vocabulary/plan-file.ts';
import type {
  AutoscalingSection,
  ScaledTier,
  ScalingPolicyRow,
  ServerlessComparison,
  UnscaledTier,
} from '../../vocabulary/plan-sections/autoscaling.ts';
import { HOURS_PER_DAY } from '../../vocabulary/units.ts';
import {
  type Block,
  basisBadge,
  type Cell,
  cell,
  column,
  numeric,
  paragraph,
  type Section,
} from '../blocks.ts';
import { type HourSeries, hoursChart } from '../charts/over-hours.ts';
import type { Ink } from '../charts/palette.ts';
import { asSentence, capitalised } from '../escape.ts';
import { ABSENT, formatCompact, formatCount, formatNumber, formatRatio, formatUsd } from '../numbers.ts';
import { plannedModes } from '../plan-reading.ts';

interface Scaled {
  readonly mode: PlannedMode;
  readonly section: AutoscalingSection;
}

const INKS = { hpa: 'p50', keda: 'p95', schedule: 'good', static: 'limit' } as const satisfies Record<
  ScalingPolicyRow['kind'],
  Ink
>;

/** Replicas that are always there, for policies without hours. */
const fixedValues = ({ outcome }: ScalingPolicyRow, hours: number): number[] =>
  Array.from({ length: hours }, () => outcome.maxReplicas);

function seriesOf(tier: ScaledTier, weekTurnsPerS: readonly number[]): HourSeries[] {
  const asked = weekTurnsPerS.map((turnsPerS) => turnsPerS / tier.replica.turnsPerSAtObjectives);
  return [
    { text: 'replicas that the load needs', ink: 'offered', mark: 'area', values: asked },
    ...tier.policies.map(
      (policy): HourSeries => ({
        text: policy.title,
        ink: INKS[policy.kind],
        mark: policy.hours === undefined ? 'dash' : 'line',
        values:
          policy.hours?.map(({ meanReplicas }) => meanReplicas) ?? fixedValues(policy, weekTurnsPerS.length),
      }),
    ),
  ];
}

function weekChart(tier: ScaledTier, { mode, section }: Scaled, id: string): Block {
  const said = tier.policies.map(
    ({ title, outcome }) =>
      `${title}: ${formatCount(outcome.minReplicas)} to ${formatCount(outcome.maxReplicas)} replicas, ${formatNumber(outcome.replicaHours)} replica-hours, ${formatRatio(outcome.rejectedRatio)} rejected, ${formatRatio(outcome.lateRatio)} late`,
  );
  const svg = hoursChart({
    id,
    title: `${mode.title}, ${tier.tier}: replicas over a week`,
    description: said.join('. '),
    simulated: true,
    unit: 'replicas, mean of the hour',
    intervalHours: (7 * HOURS_PER_DAY) / section.weekTurnsPerS.length,
    series: seriesOf(tier, section.weekTurnsPerS),
  });
  return { kind: 'chart', svg, width: 'full' };
}

function policyRow(tier: ScaledTier, policy: ScalingPolicyRow, index: number): Cell[] {
  const { outcome } = policy;
  const isCheapest = tier.cheapestPolicy === index;
  return [
    {
      text: policy.title,
      hint: policy.settings
        .map(({ name, value, unit, basis }) => `${name} ${formatNumber(value)} ${unit} (${basis})`)
        .join('; '),
      ...(isCheapest ? { badge: { kind: 'good' as const, text: 'cheapest that keeps the objectives' } } : {}),
    },
    cell(
      outcome.minReplicas === outcome.maxReplicas
        ? formatCount(outcome.maxReplicas)
        : `${formatCount(outcome.minReplicas)}–${formatCount(outcome.maxReplicas)}`,
    ),
    cell(formatNumber(outcome.meanReplicas)),
    cell(formatCount(outcome.replicaHours)),
    outcome.usdPerMonth === undefined ? { text: ABSENT, muted: true } : cell(formatUsd(outcome.usdPerMonth)),
    cell(formatRatio(outcome.rejectedRatio)),
    cell(formatRatio(outcome.lateRatio)),
    cell(`${formatNumber(outcome.longestShortageS)} s`),
    cell(`${formatCount(outcome.scaleUps)} up, ${formatCount(outcome.scaleDowns)} down`),
    {
      text: '',
      badge: outcome.withinObjectives ? { kind: 'good', text: 'kept' } : { kind: 'bad', text: 'missed' },
    },
  ];
}

const policiesTable = (tier: ScaledTier, { mode }: Scaled): Block => ({
  kind: 'table',
  caption: `${mode.title}, ${tier.tier}: the same week of arrivals under each policy (${formatNumber(tier.startLagS)} s until a new replica answers)`,
  badge: basisBadge('simulated'),
  columns: [
    column('policy'),
    numeric('replicas'),
    numeric('mean'),
    numeric('replica-hours a week'),
    numeric('USD per month'),
    numeric('rejected'),
    numeric('late'),
    numeric('longest shortage'),
    numeric('changes'),
    column('objectives'),
  ],
  rows: tier.policies.map((policy, index) => policyRow(tier, policy, index)),
});

const scaledBlocks = (tier: ScaledTier, scaled: Scaled, id: string): Block[] => [
  weekChart(tier, scaled, id),
  paragraph(capitalised(`${asSentence(tier.sentence)} ${capitalised(asSentence(tier.headroom.sentence))}`)),
  policiesTable(tier, scaled),
];

const serverlessRow = (mode: PlannedMode, each: ServerlessComparison): Cell[] => [
  cell(mode.title),
  cell(each.tier),
  cell(each.offer),
  cell(formatRatio(each.coldStartRatio)),
  cell(`${formatRatio(each.quietestHourColdStartRatio)} – ${formatRatio(each.busiestHourColdStartRatio)}`),
  cell(formatUsd(each.usdPerMonth)),
  cell(formatUsd(each.containersUsdPerMonth)),
  each.breakEvenInteractionsPerDay === undefined
    ? { text: 'none', muted: true }
    : cell(formatCompact(each.breakEvenInteractionsPerDay)),
  cell(each.sentence),
];

function serverlessTable(all: readonly Scaled[]): Block[] {
  const rows = all.flatMap(({ mode, section }) =>
    section.serverless.map((each) => serverlessRow(mode, each)),
  );
  if (rows.length === 0) return [];
  return [
    {
      kind: 'table',
      caption: 'Functions that are paid by use, instead of the containers of a tier',
      badge: basisBadge('simulated'),
      columns: [
        column('mode'),
        column('tier'),
        column('offer'),
        numeric('cold starts'),
        numeric('quietest – busiest hour'),
        numeric('USD per month'),
        numeric('containers, USD per month'),
        numeric('cheaper below, interactions a day'),
        column('in words'),
      ],
      rows,
    },
  ];
}

function unscaledTable(all: readonly Scaled[]): Block[] {
  const rows = all.flatMap(({ mode, section }) =>
    section.tiers
      .filter((tier): tier is UnscaledTier => tier.kind === 'not-scaled')
      .map((tier) => [cell(mode.title), cell(tier.tier), cell(tier.reason)]),
  );
  if (rows.length === 0) return [];
  return [
    {
      kind: 'table',
      caption: 'Tiers whose replicas do not follow the hours',
      columns: [column('mode'), column('tier'), column('why')],
      rows,
    },
  ];
}

/** Replicas over a week under each policy, and functions instead. Nothing where no mode has the section. */
export function autoscalingSections(plan: PlanFile): Section[] {
  const all = plannedModes(plan).flatMap((mode) =>
    mode.autoscaling === undefined ? [] : [{ mode, section: mode.autoscaling }],
  );
  const [first] = all;
  if (first === undefined) return [];
  const tiers = all.flatMap((scaled, modeAt) =>
    scaled.section.tiers.flatMap((tier, tierAt) =>
      tier.kind === 'scaled' ? scaledBlocks(tier, scaled, `week-${modeAt}-${tierAt}`) : [],
    ),
  );
  return [
    {
      id: 'autoscaling',
      title: 'Replicas over a week',
      blocks: [
        paragraph(
          `Simulated from the plan’s demand and capacity over ${first.section.profile} (${first.section.profileBasis}); every hour is in autoscaling.csv. Shares are of all turns of the week.`,
        ),
        ...tiers,
        ...serverlessTable(all),
        ...unscaledTable(all),
      ],
    },
  ];
}
