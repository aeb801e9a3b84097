import type { PlanFile, PlannedMode } from '../../vocabulary/plan-file.ts';
import type { TierWaiting, WaitingReading, WaitingSection } from '../../vocabulary/plan-sections/waiting.ts';
import { sFromMs } from '../../vocabulary/units.ts';
import {
  type Badge,
  type Block,
  type Cell,
  cell,
  column,
  numeric,
  paragraph,
  type Section,
} from '../blocks.ts';
import { asSentence } from '../escape.ts';
import { ABSENT, formatCount, formatNumber, formatRatio } from '../numbers.ts';
import { plannedModes } from '../plan-reading.ts';

interface Waiting {
  readonly mode: PlannedMode;
  readonly section: WaitingSection;
}

const METHODS = {
  simulation: { kind: 'simulated', text: 'SIMULATED' },
  'closed-form': { kind: 'derived', text: 'closed form' },
} as const satisfies Record<string, Badge>;

/** From here on seconds read better than thousands of ms. */
const LONG_MS = 10_000;

const ms = (value: number): string =>
  value >= LONG_MS ? `${formatNumber(sFromMs(value))} s` : formatNumber(value);

function readingCells(reading: WaitingReading): Cell[] {
  if (reading.kind === 'overloaded') {
    return [
      { text: '', badge: { kind: 'bad', text: 'overloaded' } },
      cell(formatRatio(reading.utilisation)),
      ...Array.from({ length: 3 }, (): Cell => ({ text: ABSENT, muted: true })),
      cell(reading.explanation),
    ];
  }
  return [
    { text: reading.model, badge: METHODS[reading.method] },
    cell(formatRatio(reading.utilisation)),
    cell(formatRatio(reading.waitProbability)),
    cell(`${ms(reading.meanWaitMs)} [${ms(reading.meanWaitLowMs)}–${ms(reading.meanWaitHighMs)}]`),
    cell(ms(reading.p95WaitMs)),
    cell(reading.explanation),
  ];
}

const queueCells = (mode: PlannedMode, tier: TierWaiting, state: string): Cell[] => [
  cell(mode.title),
  cell(tier.tier),
  cell(state),
  {
    text: `${formatCount(tier.queues)} of ${formatCount(tier.servers)}: ${tier.server}`,
    hint: `${formatNumber(tier.arrivalRatePerS)}/s, ${formatNumber(tier.meanServiceMs)} ms of service (${tier.serviceBasis}: ${tier.serviceSource})`,
  },
];

const tierRows = ({ mode, section }: Waiting): Cell[][] =>
  section.tiers.flatMap((tier) =>
    tier.kind === 'not-modelled'
      ? []
      : [
          [...queueCells(mode, tier, 'all up'), ...readingCells(tier.allUp)],
          ...(tier.afterLosses === undefined
            ? []
            : [[...queueCells(mode, tier, 'after losses'), ...readingCells(tier.afterLosses)]]),
        ],
  );

function notModelledTable(all: readonly Waiting[]): Block[] {
  const rows = all.flatMap(({ mode, section }) =>
    section.tiers.flatMap((tier) =>
      tier.kind === 'modelled'
        ? []
        : [[cell(mode.title), cell(tier.tier), cell(tier.reason), cell(tier.liftedBy)]],
    ),
  );
  if (rows.length === 0) return [];
  return [
    {
      kind: 'table',
      caption: 'Tiers whose waiting is not known',
      columns: [column('mode'), column('tier'), column('why'), column('lifted by')],
      rows,
    },
  ];
}

function waitingTable(all: readonly Waiting[]): Block[] {
  const rows = all.flatMap(tierRows);
  if (rows.length === 0) return [];
  return [
    {
      kind: 'table',
      caption: 'Waiting that a queue adds to a turn in the busy hour, ms; the mean with its 95 % interval',
      columns: [
        column('mode'),
        column('tier'),
        column('state'),
        column('queues of servers'),
        column('found by'),
        numeric('utilisation'),
        numeric('share that waits'),
        numeric('mean wait'),
        numeric('p95 wait'),
        column('why so'),
      ],
      rows,
    },
  ];
}

function sumText({ mode, section }: Waiting): string {
  const { meanWaitMs } = section;
  if (meanWaitMs === undefined) return `${mode.title}: a tier is overloaded, or none is modelled`;
  return `${mode.title}: ${ms(meanWaitMs)}${meanWaitMs >= LONG_MS ? '' : ' ms'}`;
}

/** What arrives is said once for modes that face the same arrivals. */
function leadTexts(all: readonly Waiting[]): string[] {
  const explanations = new Set(all.map(({ section }) => asSentence(section.arrivals.explanation)));
  return [
    `Queues add to a turn, on average and with every replica up: ${all.map(sumText).join('; ')}.`,
    ...explanations,
  ];
}

/** What waiting each tier adds in the busy hour, and how that is known. Nothing where no mode has the section. */
export function waitingSections(plan: PlanFile): Section[] {
  const all = plannedModes(plan).flatMap((mode) =>
    mode.waiting === undefined ? [] : [{ mode, section: mode.waiting }],
  );
  if (all.length === 0) return [];
  return [
    {
      id: 'waiting',
      title: 'Waiting in the busy hour',
      blocks: [...leadTexts(all).map(paragraph), ...waitingTable(all), ...notModelledTable(all)],
    },
  ];
}
