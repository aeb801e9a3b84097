import type { PlanFile } from '../../vocabulary/plan-file.ts';
import type { TierWaiting, WaitingReading } from '../../vocabulary/plan-sections/waiting.ts';
import { type Row, writeCsv } from '../csv.ts';
import { plannedModes } from '../plan-reading.ts';

const COLUMNS = [
  'mode',
  'tier',
  'state',
  'queues',
  'servers',
  'arrivalRatePerS',
  'meanServiceMs',
  'serviceBasis',
  'method',
  'model',
  'utilisation',
  'waitProbability',
  'meanWaitMs',
  'meanWaitLowMs',
  'meanWaitHighMs',
  'p95WaitMs',
  'explanation',
] as const;

function readingRow(reading: WaitingReading): Row {
  if (reading.kind === 'overloaded') {
    return { method: 'overloaded', utilisation: reading.utilisation, explanation: reading.explanation };
  }
  const { kind: _, simulation: __, ...figures } = reading;
  return figures;
}

function tierRows(mode: string, waiting: TierWaiting): Row[] {
  const { tier, queues, servers, arrivalRatePerS, meanServiceMs, serviceBasis } = waiting;
  const common = { mode, tier, queues, servers, arrivalRatePerS, meanServiceMs, serviceBasis };
  return [
    { ...common, state: 'all up', ...readingRow(waiting.allUp) },
    ...(waiting.afterLosses === undefined
      ? []
      : [{ ...common, state: 'after losses', ...readingRow(waiting.afterLosses) }]),
  ];
}

/** Waiting by mode, tier and state; undefined where no queue was modelled. */
export function waitingCsv(plan: PlanFile): string | undefined {
  const rows = plannedModes(plan).flatMap(({ mode, waiting }) =>
    (waiting?.tiers ?? []).flatMap((tier) => (tier.kind === 'modelled' ? tierRows(mode, tier) : [])),
  );
  return rows.length === 0 ? undefined : writeCsv(COLUMNS, rows);
}
