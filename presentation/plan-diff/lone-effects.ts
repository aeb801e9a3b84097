import type { ComparedMode, LoneEffect, LoneInput, PlanDiff } from '../../vocabulary/plan-diff.ts';
import { type Block, type Cell, cell, column, numeric } from '../blocks.ts';
import { formatCount } from '../numbers.ts';
import { comparedModes } from './changes-section.ts';
import { formatUsdDelta } from './words.ts';

const INPUTS = {
  release: 'release',
  demand: 'demand',
  objectives: 'objectives',
  measurements: 'measurements',
  prices: 'prices and defaults',
  settings: 'settings of the mode',
} as const satisfies Record<LoneInput, string>;

type Moved = Extract<LoneEffect, { kind: 'moved' }>;

interface Rest {
  readonly machineUsdPerMonth: number;
  readonly usdPerMonth: number;
  readonly replicas: number;
}

const changeOf = ({ before = 0, after = 0 }: { before?: number | undefined; after?: number | undefined }) =>
  after - before;

/** What inputs do together beyond the sum of what each does alone; unknown where one alone is refused. */
function restOf({ alone = [], money, replicas }: ComparedMode): Rest | undefined {
  const moved = alone.filter((effect): effect is Moved => effect.kind === 'moved');
  if (moved.length < alone.length) return undefined;
  const left = (whole: number, part: (effect: Moved) => number): number =>
    moved.reduce((rest, effect) => rest - part(effect), whole);
  return {
    machineUsdPerMonth: left(changeOf(money.machineUsdPerMonth), (each) => each.machineUsdPerMonth),
    usdPerMonth: left(changeOf(money.usdPerMonth), (each) => each.usdPerMonth),
    replicas: left(changeOf(replicas), (each) => each.replicas),
  };
}

const formatReplicas = (replicas: number): string =>
  replicas === 0 ? '0' : `${replicas < 0 ? '−' : '+'}${formatCount(Math.abs(replicas))}`;

const MIN_SHOWN_USD = 0.005;

const isFelt = (effect: LoneEffect): boolean =>
  effect.kind === 'refused' || Math.abs(effect.machineUsdPerMonth) >= MIN_SHOWN_USD;

/** `demand −$1,094, prices and defaults +$20; together −$3 more`; undefined where none is known to move the month. */
export function formatLoneEffects(mode: ComparedMode): string | undefined {
  const felt = (mode.alone ?? []).filter(isFelt);
  if (felt.length === 0) return undefined;
  const said = felt.map((effect) =>
    effect.kind === 'refused'
      ? `${INPUTS[effect.input]} refused`
      : `${INPUTS[effect.input]} ${formatUsdDelta(effect.machineUsdPerMonth)}`,
  );
  const rest = restOf(mode);
  const isWhole = rest === undefined || Math.abs(rest.machineUsdPerMonth) < MIN_SHOWN_USD;
  return `${said.join(', ')}${isWhole ? '' : `; together ${formatUsdDelta(rest.machineUsdPerMonth)} more`}`;
}

const moneyCells = ({ machineUsdPerMonth, usdPerMonth, replicas }: Rest): Cell[] => [
  cell(formatReplicas(replicas)),
  cell(formatUsdDelta(machineUsdPerMonth)),
  cell(formatUsdDelta(usdPerMonth)),
];

function rowsOf(mode: ComparedMode): Cell[][] {
  const rest = restOf(mode);
  return [
    ...(mode.alone ?? []).map((effect) => [
      cell(mode.title),
      cell(INPUTS[effect.input]),
      ...(effect.kind === 'moved'
        ? moneyCells(effect)
        : [cell(`refused: ${effect.reason}`), cell(''), cell('')]),
    ]),
    ...(rest === undefined
      ? []
      : [
          [
            cell(mode.title),
            { text: 'together, beyond their sum', muted: true as const },
            ...moneyCells(rest),
          ],
        ]),
  ];
}

/** What each input does by itself; nothing where it is not known. */
export function loneEffectsTable(diff: PlanDiff): Block[] {
  const rows = comparedModes(diff)
    .filter(({ alone = [] }) => alone.length > 0)
    .flatMap(rowsOf);
  if (rows.length === 0) return [];
  return [
    {
      kind: 'table',
      caption: 'The earlier plan made again with one input of the later one, all others as they were',
      columns: [
        column('mode'),
        column('input'),
        numeric('replicas'),
        numeric('USD per month, machine'),
        numeric('USD per month, with people'),
      ],
      rows,
    },
  ];
}
