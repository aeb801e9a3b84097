import type { PlanFile } from '../../vocabulary/plan-file.ts';
import { type Row, writeCsv } from '../csv.ts';
import { plannedModes } from '../plan-reading.ts';

const SCALING_COLUMNS = [
  'mode',
  'tier',
  'policy',
  'hourOfWeek',
  'turnsPerS',
  'meanReplicas',
  'minReplicas',
  'maxReplicas',
  'rejectedRatio',
  'lateRatio',
  'basis',
] as const;

/** Replicas by hour of the week, tier and policy, all simulated; undefined where nothing was. */
export function autoscalingCsv(plan: PlanFile): string | undefined {
  const rows = plannedModes(plan).flatMap((mode) =>
    (mode.autoscaling?.tiers ?? []).flatMap((tier) =>
      tier.kind === 'not-scaled'
        ? []
        : tier.policies.flatMap((policy) =>
            (policy.hours ?? []).map(
              (hour, hourOfWeek): Row => ({
                mode: mode.mode,
                tier: tier.tier,
                policy: policy.title,
                hourOfWeek,
                ...hour,
                basis: 'simulated',
              }),
            ),
          ),
    ),
  );
  return rows.length === 0 ? undefined : writeCsv(SCALING_COLUMNS, rows);
}

const PEOPLE_COLUMNS = [
  'mode',
  'startMinute',
  'contactsPerS',
  'offeredErlangs',
  'agents',
  'scheduledAgents',
  'binding',
  'serviceLevelRatio',
  'abandonProbability',
  'meanWaitS',
  'occupancyRatio',
] as const;

/** People by interval and mode; undefined where nobody is planned. */
export function peopleCsv(plan: PlanFile): string | undefined {
  const rows = plannedModes(plan).flatMap((mode) =>
    (mode.people?.intervals ?? []).map((interval): Row => ({ mode: mode.mode, ...interval })),
  );
  return rows.length === 0 ? undefined : writeCsv(PEOPLE_COLUMNS, rows);
}

const BREAK_EVEN_COLUMNS = [
  'comparison',
  'option',
  'title',
  'interactionsPerDay',
  'usdPerMonth',
  'usdPerInteraction',
  'units',
  'basis',
  'source',
  'date',
] as const;

/** Cost of each option over volume; undefined without the section. */
export function breakEvenCsv({ breakEven }: PlanFile): string | undefined {
  if (breakEven === undefined) return undefined;
  const rows = (['modes', 'inference'] as const).flatMap((comparison) =>
    breakEven[comparison].curves.flatMap(({ id, title, basis, source, date, points }) =>
      points.map((point): Row => ({ comparison, option: id, title, ...point, basis, source, date })),
    ),
  );
  return rows.length === 0 ? undefined : writeCsv(BREAK_EVEN_COLUMNS, rows);
}
