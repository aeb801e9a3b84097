import type { PlanFile, PlannedMode, TierLimit, TierPlan } from '../vocabulary/plan-file.ts';
import {
  type Block,
  basisBadge,
  type Cell,
  type Chart,
  cell,
  column,
  numeric,
  paragraph,
  type Section,
} from './blocks.ts';
import { costChart } from './charts/cost.ts';
import {
  formatCount,
  formatNumber,
  formatRatio,
  formatSlack,
  formatUsd,
  formatUsdInterval,
} from './numbers.ts';
import {
  basisOfMode,
  basisOfTier,
  categoriesOf,
  interactionsPerMonth,
  plannedModes,
} from './plan-reading.ts';
import { availabilityTables } from './plan-sections/availability.ts';

function costTable(mode: PlannedMode, plan: PlanFile): Block {
  const interactions = interactionsPerMonth(plan);
  return {
    kind: 'table',
    caption: `${mode.title}: cost lines of an average month (730 h, ${formatCount(interactions)} interactions)`,
    ...(mode.simulated ? { badge: basisBadge('simulated') } : {}),
    columns: [
      column('line'),
      column('category'),
      numeric('quantity'),
      column('unit'),
      numeric('USD per unit'),
      numeric('USD per month'),
      numeric('USD per interaction'),
      column('price of'),
    ],
    rows: mode.costLines.map((cost): Cell[] => [
      { text: cost.line, hint: [cost.source, cost.date].filter((part) => part !== undefined).join(', ') },
      cell(cost.category),
      cell(formatNumber(cost.quantity)),
      cell(cost.unit),
      cell(formatUsd(cost.unitPriceUsd)),
      cell(formatUsd(cost.usdPerMonth)),
      cell(formatUsd(cost.usdPerMonth / interactions)),
      { text: cost.date ?? '', badge: basisBadge(cost.basis) },
    ]),
  };
}

function limitText({ name, requiredReplicas, explanation, slackRatio }: TierLimit): string {
  const slack = slackRatio === undefined ? '' : `, slack ${formatSlack(slackRatio)}`;
  return `${name} ${requiredReplicas}${slack}: ${explanation}`;
}

function tierRow(mode: PlannedMode, tier: TierPlan): Cell[] {
  const limits = [...tier.limits].sort((a, b) => b.requiredReplicas - a.requiredReplicas);
  return [
    cell(mode.title),
    { text: tier.tier, badge: basisBadge(basisOfTier(mode, tier)) },
    cell(tier.service),
    cell(tier.unit),
    cell(formatCount(tier.replicas)),
    cell(formatCount(tier.replicasForLoad)),
    cell(tier.bindingConstraint),
    cell(formatSlack(tier.slackRatio)),
    cell(formatRatio(tier.utilisation)),
    cell(limits.map(limitText).join('; ')),
  ];
}

const tiersTable = (modes: readonly PlannedMode[]): Block => ({
  kind: 'table',
  caption:
    'Every limit on every tier; the largest binds. Slack is the load that fits before another replica is needed.',
  columns: [
    column('mode'),
    column('tier'),
    column('service'),
    column('one replica is'),
    numeric('replicas'),
    numeric('for load alone'),
    column('binding constraint'),
    numeric('slack'),
    numeric('utilisation'),
    column('limits'),
  ],
  rows: modes.flatMap((mode) => mode.tiers.map((tier) => tierRow(mode, tier))),
});

const perInteractionTable = (modes: readonly PlannedMode[]): Block => ({
  kind: 'table',
  caption: 'USD per interaction: median, then P10–P90',
  columns: [
    column('mode'),
    numeric('machine'),
    numeric('with escalations to people'),
    numeric('per contact resolved'),
  ],
  rows: modes.map((mode) => [
    { text: mode.title, badge: basisBadge(basisOfMode(mode)) },
    cell(formatUsdInterval(mode.usdPerInteraction.ai)),
    cell(formatUsdInterval(mode.usdPerInteraction.blended)),
    cell(formatUsdInterval(mode.usdPerInteraction.resolved)),
  ]),
});

function costCharts(modes: readonly PlannedMode[]): Chart[] {
  const categories = categoriesOf(modes);
  const machine = categories.filter((category) => category !== 'people');
  const views = [
    { id: 'cost-machine', title: 'Machine cost per interaction', categories: machine, view: 'ai' as const },
    { id: 'cost-people', title: 'Cost per interaction, with people', categories, view: 'blended' as const },
  ];
  return views
    .filter(({ view }) => view === 'ai' || categories.includes('people'))
    .map((view): Chart => ({ kind: 'chart', svg: costChart(modes, view), width: 'full' }));
}

/** Cost per interaction by mode, cost lines, and the limits that set the replicas. */
export function costSections(plan: PlanFile): Section[] {
  const modes = plannedModes(plan);
  if (modes.length === 0) return [];
  return [
    {
      id: 'cost',
      title: 'Cost per interaction',
      blocks: [
        paragraph(
          'Bars add up the cost lines at the inputs as stated. Whiskers are P10–P90 over the uncertainty of those inputs, with a tick at the median, which need not be where the bar ends.',
        ),
        ...costCharts(modes),
        perInteractionTable(modes),
        ...modes.map((mode) => costTable(mode, plan)),
      ],
    },
    {
      id: 'sizing',
      title: 'What sets the size',
      blocks: [
        tiersTable(modes),
        ...availabilityTables(plan),
        ...modes.map((mode) => paragraph(`${mode.title}, latency: ${mode.latency.explanation}`)),
      ],
    },
  ];
}
