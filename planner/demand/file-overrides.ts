import {
  type DemandFile,
  type DemandSpec,
  statedFigure,
  type WrittenFigure,
} from '../../scenarios/demand.ts';
import type { PlanOverrides } from './assumptions.ts';
import { busyHourShareOf, statedWeek } from './week.ts';

/** Where each figure of a demand file goes among what a plan assumes. */
const statedInputs = ({ profile, interaction, escalation, people }: DemandSpec) =>
  ({
    busyHourShareRatio: profile?.busyHourShareRatio,
    escalationRatio: escalation?.escalatedRatio,
    directToHumanRatio: escalation?.directToHumanRatio,
    repeatRatio: escalation?.repeatRatio,
    retryRatio: interaction?.retryRatio,
    humanContactUsd: people?.contactUsd,
    averageHandleTimeS: people?.averageHandleTimeS,
    answeredRatio: people?.answeredRatio,
    targetWaitS: people?.targetWaitS,
    patienceS: people?.meanPatienceS,
    maxOccupancyRatio: people?.maxOccupancyRatio,
    shrinkageRatio: people?.shrinkageRatio,
  }) satisfies Partial<Record<keyof PlanOverrides, WrittenFigure | undefined>>;

/** What a demand file sets instead of the catalogue's defaults, each with its range and source. */
export function overridesFromDemand(file: DemandFile | undefined): PlanOverrides {
  if (file === undefined) return {};
  const { spec } = file;
  const overrides: Record<string, WrittenFigure> = {};
  for (const [name, written] of Object.entries(statedInputs(spec))) {
    if (written === undefined) continue;
    const { value, low, high, samples, source: own } = statedFigure(written);
    const source = `demand ${spec.name}: ${own ?? spec.source}`;
    overrides[name] =
      samples === undefined ? { value, low, high, source } : { samples: [...samples], source };
  }
  const week = statedWeek(file);
  if (week !== undefined && overrides.busyHourShareRatio === undefined) {
    overrides.busyHourShareRatio = { value: Math.min(1, busyHourShareOf(week)), source: week.source };
  }
  return overrides;
}
