import type { PlanFile, PlannedMode } from '../../vocabulary/plan-file.ts';
import { type Block, type Cell, cell, column, numeric } from '../blocks.ts';
import { ABSENT, formatCount, formatNumber, formatRatio } from '../numbers.ts';
import { plannedModes } from '../plan-reading.ts';

function modeRow(mode: PlannedMode): Cell[][] {
  const { availability, latency, title } = mode;
  if (availability === undefined) return [];
  const lostP95Ms = latency.whenLost?.turnP95Ms;
  return [
    [
      { text: title, hint: availability.explanation },
      cell(formatRatio(availability.ratio)),
      cell(`${formatNumber(availability.downMinutesPerMonth)} min`),
      cell(formatRatio(availability.independentRatio)),
      availability.zoneAvailabilityRatio === undefined
        ? { text: ABSENT, muted: true }
        : cell(formatRatio(availability.zoneAvailabilityRatio)),
      latency.turnP95Ms === undefined ? { text: ABSENT, muted: true } : cell(formatNumber(latency.turnP95Ms)),
      lostP95Ms === undefined
        ? { text: ABSENT, muted: true, hint: latency.whenLost?.explanation ?? 'not predicted' }
        : { text: formatNumber(lostP95Ms), hint: latency.whenLost?.explanation ?? '' },
    ],
  ];
}

function tierRows({ availability, tiers, title }: PlannedMode): Cell[][] {
  return (availability?.tiers ?? []).map(({ tier, replicas, needed, ratio }) => {
    const lost = tiers.find((each) => each.tier === tier)?.whenLost;
    return [
      cell(title),
      cell(tier),
      cell(`${formatCount(needed)} of ${formatCount(replicas)}`),
      cell(formatRatio(ratio)),
      lost === undefined
        ? { text: ABSENT, muted: true }
        : cell(`${formatCount(lost.replicas)}, ${formatRatio(lost.utilisation)} busy`),
    ];
  });
}

/** Availability with whole zones lost, and the state after the planned losses. Nothing where no mode has the section. */
export function availabilityTables(plan: PlanFile): Block[] {
  const modes = plannedModes(plan);
  const rows = modes.flatMap(modeRow);
  if (rows.length === 0) return [];
  return [
    {
      kind: 'table',
      caption:
        'Share of time in which the busy hour is carried, whole zones lost at once; and latency in the lost state',
      columns: [
        column('mode'),
        numeric('availability'),
        numeric('down a month'),
        numeric('if all failed by themselves'),
        numeric('one zone'),
        numeric('turn p95 ms'),
        numeric('after the planned losses'),
      ],
      rows,
    },
    {
      kind: 'table',
      caption:
        'Replicas that must be up, tier by tier, zones taken as up; and what is left after the planned losses',
      columns: [
        column('mode'),
        column('tier'),
        numeric('needed'),
        numeric('availability'),
        numeric('left after losses'),
      ],
      rows: modes.flatMap(tierRows),
    },
  ];
}
