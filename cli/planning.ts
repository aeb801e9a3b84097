import { join } from 'node:path';
import { type PlanInput, planModes } from '../planner/index.ts';
import { FOCUS_COLUMNS, focusRows } from '../planner/money/focus.ts';
import { writeCsv } from '../presentation/csv.ts';
import { formatAnswerTable } from '../presentation/terminal.ts';
import { writeReport } from '../presentation/write-report.ts';
import { readCatalogue } from '../scenarios/catalogue.ts';
import { readDemandFile } from '../scenarios/demand.ts';
import { type DeploymentMode, readAllModes, readMode } from '../scenarios/mode.ts';
import { BusyhourError, createFailure, type Issue, ok, type Result, unwrap } from '../vocabulary/errors.ts';
import { writeFileAtomic } from '../vocabulary/files.ts';
import { type PlanFile, writePlanFile } from '../vocabulary/plan-file.ts';
import type { ResultFile } from '../vocabulary/result-file.ts';
import type { Slo } from '../vocabulary/slo.ts';
import { percentileIntervalOf } from './report-intervals.ts';

export interface PlanningRequest {
  readonly results: readonly ResultFile[];
  /** Absent: DEFAULT_INTERACTIONS_PER_DAY, or the measured arrivals when a result replays a trace. */
  readonly interactionsPerDay?: number | undefined;
  /** A demand file; figures that are given here win over its. */
  readonly demandFile?: string | undefined;
  /** Objectives; those of the demand file or the results where absent. */
  readonly slos?: readonly Slo[] | undefined;
  /** Names or files; every built-in mode where absent, or with `all`. */
  readonly modes?: readonly string[] | undefined;
  readonly priceFiles?: readonly string[] | undefined;
  readonly seed: number;
}

const ALL_MODES = 'all';

function readModes(
  names: readonly string[] | undefined,
  catalogue: Parameters<typeof readMode>[1],
): Result<DeploymentMode[]> {
  return names === undefined || (names.length === 1 && names[0] === ALL_MODES)
    ? readAllModes(catalogue)
    : ok(names.map((name) => unwrap(readMode(name, catalogue))));
}

/** A result and the file that it came from. */
export interface NamedResult {
  readonly path: string;
  readonly result: ResultFile;
}

const FIX_NO_SAMPLES =
  'import the file with every request (vLLM: --save-detailed; AIPerf: profile_export.jsonl; k6: --points), or run busyhour bench';

/** What a result lacks that a plan reads: a step, and the latencies of single requests in each. */
function lackingIssues({ path, result }: NamedResult): Issue[] {
  const { steps, micro, importedFrom } = result;
  if (steps.length === 0) {
    const got = micro === undefined ? 'none' : 'none: it times hot paths';
    return [{ path: `${path}: steps`, expected: 'at least one step', got, fix: FIX_NO_SAMPLES }];
  }
  const means = `only means${importedFrom === undefined ? '' : `, as ${importedFrom.tool} summed them up`}`;
  return steps.flatMap(({ histograms, counts, summaries }, i) =>
    counts.completed === 0 || Object.keys(histograms).length > 0
      ? []
      : [
          {
            path: `${path}: steps[${i}].histograms`,
            expected: 'latencies of single requests',
            got: summaries === undefined ? 'none' : means,
            fix: FIX_NO_SAMPLES,
          },
        ],
  );
}

/** The results, where a plan can be made from each; throws INVALID_RESULT_FILE that names every file that lacks what it takes. */
export function plannableResults(files: readonly NamedResult[]): ResultFile[] {
  const issues = files.flatMap(lackingIssues);
  if (issues.length === 0) return files.map(({ result }) => result);
  throw new BusyhourError(
    createFailure('INVALID_RESULT_FILE', 'no plan can be made: a result holds no samples', {
      issues,
      hint: 'Percentiles and capacity come from single requests; means cannot be judged by an objective.',
    }),
  );
}

/** Everything a plan reads besides results, so that a wrong name is told before any measuring. */
export function readPlanningInputs(request: Pick<PlanningRequest, 'modes' | 'priceFiles'>) {
  const catalogue = unwrap(readCatalogue(request.priceFiles));
  return { catalogue, modes: unwrap(readModes(request.modes, catalogue)) };
}

export const DEFAULT_INTERACTIONS_PER_DAY = 25_000;

/** A trace brings its own arrivals, and a demand file its volume. */
const defaultDemand = ({ results, demandFile }: PlanningRequest): number | undefined =>
  demandFile !== undefined || results.some(({ trace }) => trace !== undefined)
    ? undefined
    : DEFAULT_INTERACTIONS_PER_DAY;

/** Everything that the plan follows from; the day is today. Throws BusyhourError for bad input. */
export function planInputFrom(request: PlanningRequest): PlanInput {
  const { catalogue, modes } = readPlanningInputs(request);
  return {
    results: request.results,
    interactionsPerDay: request.interactionsPerDay ?? defaultDemand(request),
    slos: request.slos,
    ...(request.demandFile === undefined ? {} : { demand: unwrap(readDemandFile(request.demandFile)) }),
    modes,
    catalogue,
    seed: request.seed,
    nowUnixMs: Date.now(),
  };
}

/** Plans the modes from measured results. Throws BusyhourError for bad input and NO_FEASIBLE_PLAN. */
export const planFrom = (request: PlanningRequest): PlanFile => unwrap(planModes(planInputFrom(request)));

/** The plan's cost in the columns of FOCUS, so that plan and bill fit one table. */
const focusCsv = (plan: PlanFile): string => writeCsv(FOCUS_COLUMNS, focusRows(plan));

/** Writes plan.json, focus.csv and the report, and gives the table for the terminal. */
export function writePlanOutputs(out: string, plan: PlanFile, results: readonly ResultFile[]): string {
  unwrap(writePlanFile(join(out, 'plan.json'), plan));
  unwrap(writeFileAtomic(join(out, 'focus.csv'), focusCsv(plan)));
  unwrap(writeReport(out, { results, plan, intervalOf: percentileIntervalOf }));
  return formatAnswerTable(plan, results);
}
