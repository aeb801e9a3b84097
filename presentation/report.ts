import type { PlanFile } from '../vocabulary/plan-file.ts';
import { answerSection } from './answer-section.ts';
import { basisSection } from './basis-section.ts';
import { type Block, paragraph, type Report, type Section } from './blocks.ts';
import { budgetSection } from './budget-section.ts';
import { costSections } from './cost-section.ts';
import { allDiagnostics, groupDiagnostics } from './diagnostics-text.ts';
import type { PercentileIntervalOf } from './intervals.ts';
import { formatInstant } from './numbers.ts';
import { planIsSimulated } from './plan-reading.ts';
import { autoscalingSections } from './plan-sections/autoscaling.ts';
import { breakEvenSections } from './plan-sections/break-even.ts';
import { peopleSections } from './plan-sections/people.ts';
import { uncertaintySections } from './plan-sections/uncertainty.ts';
import { waitingSections } from './plan-sections/waiting.ts';
import { repeatSection } from './repeat-section.ts';
import { resultSection } from './result-section.ts';
import type { ResultReading } from './step-reading.ts';

function diagnosticsSection(readings: readonly ResultReading[], plan: PlanFile | undefined): Section {
  const results = readings.map((reading) => reading.result);
  const notices = groupDiagnostics(allDiagnostics(results, plan)).map(
    ({ code, severity, meaning, said }): Block => ({
      kind: 'notice',
      severity,
      title: said.length > 1 ? `${code} × ${said.length}` : code,
      text: meaning,
      items: said,
    }),
  );
  return {
    id: 'doubts',
    title: 'What to doubt',
    blocks:
      notices.length === 0 ? [paragraph('Nothing was found that puts these figures in doubt.')] : notices,
  };
}

function simulatedNotice(readings: readonly ResultReading[], plan: PlanFile | undefined): string | undefined {
  const targets = [
    ...readings.filter(({ result }) => result.target.simulated).map(({ result }) => result.target.name),
    ...(plan?.measurements ?? []).filter((each) => each.simulated).map((each) => each.target),
  ];
  const modes = (plan?.modes ?? []).flatMap((mode) =>
    mode.kind === 'planned' && mode.simulated ? [mode.title] : [],
  );
  if (targets.length === 0 && modes.length === 0 && !(plan !== undefined && planIsSimulated(plan)))
    return undefined;
  const said = (what: string, names: readonly string[]): string =>
    names.length === 0 ? '' : ` ${what}: ${[...new Set(names)].join(', ')}.`;
  return `Some figures come from a simulated engine; no such hardware was measured.${said('Simulated targets', targets)}${said(
    'Modes that rest on them',
    modes,
  )} Each such figure is marked.`;
}

const capacityOf = (reading: ResultReading, plan: PlanFile | undefined): number | undefined =>
  plan?.measurements.find((measurement) => measurement.runId === reading.result.runId)?.capacityTurnsPerS;

function subtitleOf(readings: readonly ResultReading[], plan: PlanFile | undefined): string {
  const runs = `${readings.length} ${readings.length === 1 ? 'run' : 'runs'}`;
  const atUnixMs =
    plan?.createdAtUnixMs ?? Math.max(...readings.map((reading) => reading.result.finishedAtUnixMs));
  return `${Number.isFinite(atUnixMs) ? `${formatInstant(atUnixMs)}, ` : ''}from ${runs}`;
}

/** What a plan says beyond its answer; a section that the plan does not have is left out. */
const planSections = (plan: PlanFile): Section[] => [
  ...costSections(plan),
  ...breakEvenSections(plan),
  ...waitingSections(plan),
  ...autoscalingSections(plan),
  ...uncertaintySections(plan),
  ...peopleSections(plan),
];

/**
 * The whole report, format-neutral and a pure function of its files: the answer, the doubts, each target under load, cost,
 * sizing, what each figure rests on, how to repeat it. Without a plan the doubts come first.
 */
export function buildReport(
  readings: readonly ResultReading[],
  plan: PlanFile | undefined,
  intervalOf?: PercentileIntervalOf,
): Report {
  return {
    title: plan === undefined ? 'Load test report' : 'Capacity and cost report',
    subtitle: subtitleOf(readings, plan),
    simulatedNotice: simulatedNotice(readings, plan),
    sections: [
      ...(plan === undefined ? [] : [answerSection(plan)]),
      ...(plan?.budget === undefined ? [] : [budgetSection(plan.budget)]),
      diagnosticsSection(readings, plan),
      ...readings.map((reading, index) =>
        resultSection(reading, {
          id: `run-${index + 1}`,
          capacityTurnsPerS: capacityOf(reading, plan),
          intervalOf,
        }),
      ),
      ...(plan === undefined ? [] : planSections(plan)),
      basisSection(readings, plan),
      repeatSection(
        readings.map((reading) => reading.result),
        plan,
      ),
    ],
  };
}
