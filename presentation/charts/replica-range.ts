import type { TierUncertainty } from '../../vocabulary/plan-sections/uncertainty.ts';
import { formatCount } from '../numbers.ts';
import { wrapText } from '../text-table.ts';
import { drawFrame, drawXAxis, FULL_FRAME, layOut, type Scale, spanScale, ticksOf } from './frame.ts';
import { element, filled, label, stroked, tooltip } from './svg.ts';

/** A tier of a mode with what the draws ask for. */
export interface ReplicaRange {
  readonly modeTitle: string;
  readonly simulated: boolean;
  readonly tier: TierUncertainty;
}

const ROW_PX = 30;
const LABEL_PX = 250;
const LABEL_CHARS = 36;
const AXIS_PX = 40;

/** `planned 6, needs 4 [3–7]`: median of the draws, then P10–P90. */
export const rangeWords = ({ planned, needed }: TierUncertainty): string =>
  `planned ${formatCount(planned)}, needs ${formatCount(needed.p50)} [${formatCount(needed.p10)}–${formatCount(needed.p90)}]`;

function drawRange({ modeTitle, simulated, tier }: ReplicaRange, x: Scale, topPx: number): string[] {
  const middlePx = topPx + ROW_PX / 2;
  const { needed, planned } = tier;
  const [fromPx, toPx] = [x(needed.p10), x(needed.p90)];
  const name = `${modeTitle}: ${tier.tier}${simulated ? ' (SIMULATED)' : ''}`;
  const lines = wrapText(name, LABEL_CHARS).slice(0, 2);
  return [
    ...lines.map((text, index) =>
      label(text, {
        x: LABEL_PX - 10,
        y: middlePx + 4 + (index - (lines.length - 1) / 2) * 12,
        'text-anchor': 'end',
        'font-size': 11,
      }),
    ),
    element(
      'rect',
      { x: fromPx, y: middlePx - 5, width: Math.max(2, toPx - fromPx), height: 10, ...filled('p50') },
      tooltip(`${name}: ${rangeWords(tier)}`),
    ),
    element('path', {
      d: `M${x(needed.p50).toFixed(2)} ${middlePx - 5}v10`,
      'stroke-width': 2,
      ...stroked('paper'),
    }),
    element('path', {
      d: `M${x(planned).toFixed(2)} ${middlePx - 10}v20`,
      'stroke-width': 2.4,
      ...stroked('limit'),
    }),
    label(rangeWords(tier), {
      x: Math.max(toPx, x(planned)) + 8,
      y: middlePx + 4,
      'font-size': 11,
    }),
  ];
}

/** P10–P90 of the replicas that the draws ask for, beside what the plan gives. Undefined without tiers. */
export function replicaRangeChart(ranges: readonly ReplicaRange[], id: string): string | undefined {
  if (ranges.length === 0) return undefined;
  const draft = layOut({
    ...FULL_FRAME,
    leftPx: LABEL_PX,
    rightPx: 220,
    id,
    title: 'Replicas that the draws ask for, and the plan',
    description: ranges
      .map(({ modeTitle, tier }) => `${modeTitle}, ${tier.tier}: ${rangeWords(tier)}`)
      .join('. '),
    simulated: ranges.every(({ simulated }) => simulated),
    legend: [
      { text: 'P10–P90 of the draws, gap at the median', ink: 'p50', mark: 'box' },
      { text: 'planned', ink: 'limit', mark: 'line' },
    ],
  });
  const topPx = draft.topPx - 14;
  const bottomPx = topPx + ranges.length * ROW_PX;
  const frame = { ...draft, topPx, bottomPx, heightPx: bottomPx + AXIS_PX };
  const values = ranges.flatMap(({ tier }) => [tier.needed.p10, tier.needed.p90, tier.planned]);
  const x = spanScale(values, frame.leftPx, frame.widthPx - frame.rightPx);
  return drawFrame(
    frame,
    ...drawXAxis(frame, x, { ticks: ticksOf(x, 5), title: 'replicas', format: formatCount }),
    ...ranges.flatMap((range, index) => drawRange(range, x, topPx + index * ROW_PX)),
  );
}
