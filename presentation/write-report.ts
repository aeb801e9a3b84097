import { join } from 'node:path';
import { ok, type Result } from '../vocabulary/errors.ts';
import { ensureWritableFolder, writeFileAtomic } from '../vocabulary/files.ts';
import type { PlanFile } from '../vocabulary/plan-file.ts';
import type { ResultFile } from '../vocabulary/result-file.ts';
import { compatibilityCsv } from './compatibility-csv.ts';
import { referenceStep } from './compatibility-section.ts';
import { planCsv, resultCsv } from './csv.ts';
import type { PercentileIntervalOf } from './intervals.ts';
import { figuresCsv } from './plan-csv/figures-csv.ts';
import { autoscalingCsv, breakEvenCsv, peopleCsv } from './plan-csv/hours-csv.ts';
import { rangesCsv, tornadoCsv } from './plan-csv/uncertainty-csv.ts';
import { waitingCsv } from './plan-csv/waiting-csv.ts';
import { renderHtml } from './render-html.ts';
import { renderMarkdown } from './render-markdown.ts';
import { buildReport } from './report.ts';
import { type ResultReading, readResult } from './step-reading.ts';

/** What a report is made of. */
export interface ReportInput {
  readonly results: readonly ResultFile[];
  /** Absent for a bench without a plan. */
  readonly plan?: PlanFile | undefined;
  /** Absent: percentiles stand without intervals. */
  readonly intervalOf?: PercentileIntervalOf | undefined;
}

function readAll(results: readonly ResultFile[]): Result<ResultReading[]> {
  const readings: ResultReading[] = [];
  for (const result of results) {
    const reading = readResult(result);
    if (reading.kind === 'failed') return reading;
    readings.push(reading.value);
  }
  return ok(readings);
}

/** The tables of a plan; one whose section the plan does not have is left out. */
function planTables(plan: PlanFile): (readonly [string, string])[] {
  const tables = [
    ['plan.csv', planCsv(plan)],
    ['figures.csv', figuresCsv(plan)],
    ['ranges.csv', rangesCsv(plan)],
    ['tornado.csv', tornadoCsv(plan)],
    ['break-even.csv', breakEvenCsv(plan)],
    ['autoscaling.csv', autoscalingCsv(plan)],
    ['people.csv', peopleCsv(plan)],
    ['waiting.csv', waitingCsv(plan)],
  ] as const;
  return tables.flatMap(([name, text]) => (text === undefined ? [] : [[name, text] as const]));
}

/**
 * Writes report.html, report.md, steps.csv, compatibility.csv where tokens were streamed and, with a plan, plan.csv,
 * figures.csv and the tables of its sections into `dir` (made if need be), each whole or not at
 * all. Gives the paths written. Fails with OUTPUT_NOT_WRITABLE, or INVALID_RESULT_FILE for a damaged histogram.
 */
export function writeReport(dir: string, input: ReportInput): Result<string[]> {
  const readings = readAll(input.results);
  if (readings.kind === 'failed') return readings;
  const folder = ensureWritableFolder(dir);
  if (folder.kind === 'failed') return folder;
  const report = buildReport(readings.value, input.plan, input.intervalOf);
  const hasStream = readings.value.some((reading) => referenceStep(reading) !== undefined);
  const files: readonly (readonly [string, string])[] = [
    ['report.html', renderHtml(report)],
    ['report.md', renderMarkdown(report)],
    ['steps.csv', resultCsv(readings.value)],
    ...(hasStream ? [['compatibility.csv', compatibilityCsv(readings.value)] as const] : []),
    ...(input.plan === undefined ? [] : planTables(input.plan)),
  ];
  const written: string[] = [];
  for (const [name, content] of files) {
    const file = writeFileAtomic(join(dir, name), content);
    if (file.kind === 'failed') return file;
    written.push(file.value);
  }
  return ok(written);
}
