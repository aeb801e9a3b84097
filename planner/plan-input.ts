import type { Catalogue } from '../scenarios/catalogue.ts';
import { type DemandFile, MAX_INTERACTIONS_PER_DAY, MIN_INTERACTIONS_PER_DAY } from '../scenarios/demand.ts';
import type { DeploymentMode } from '../scenarios/mode.ts';
import type { Issue } from '../vocabulary/errors.ts';
import type { ResultFile } from '../vocabulary/result-file.ts';
import type { Slo } from '../vocabulary/slo.ts';
import type { PlanOverrides } from './demand/assumptions.ts';
import { repeatedRuns } from './plausible/repeated-runs.ts';

/** Everything that a plan follows from; time and chance included. */
export interface PlanInput {
  readonly results: readonly ResultFile[];
  /** Wins over the volume of `demand`. Both may be left out when a result replays a trace: its rate is the busy hour. */
  readonly interactionsPerDay?: number | undefined;
  /** What arrives, when and in what shape; what it leaves out is measured or assumed. */
  readonly demand?: DemandFile | undefined;
  readonly modes: readonly DeploymentMode[];
  readonly catalogue: Catalogue;
  /** Objectives; those of the demand file, else of the result, when absent. */
  readonly slos?: readonly Slo[] | undefined;
  readonly overrides?: PlanOverrides | undefined;
  /** Version that the plan names as its maker; that of this package when absent. */
  readonly toolVersion?: string | undefined;
  readonly seed: number;
  readonly nowUnixMs: number;
}

/** NaN is not. */
const isPlausibleDay = (perDay: number): boolean =>
  perDay >= MIN_INTERACTIONS_PER_DAY && perDay <= MAX_INTERACTIONS_PER_DAY;

/** Nobody says how much arrives: neither the plan, nor a demand file, nor a trace. */
const needsVolume = ({ interactionsPerDay, demand, results }: PlanInput): boolean =>
  interactionsPerDay === undefined &&
  demand === undefined &&
  results.length > 0 &&
  !results.some(({ trace }) => trace);

/** A mode is known by its id: in the plan, its comparisons and budgets. */
const repeatedModes = (modes: readonly DeploymentMode[]): Issue[] =>
  modes.flatMap(({ id }, index) =>
    modes.findIndex((mode) => mode.id === id) === index
      ? []
      : [
          {
            path: `modes[${index}]`,
            expected: 'each mode once',
            got: `${id} again`,
            fix: 'leave one out, or give one of the two files another id',
          },
        ],
  );

/** What keeps a plan from starting, everything at once. */
export function inputIssues(input: PlanInput): Issue[] {
  const { interactionsPerDay, results, modes, seed } = input;
  const issues: Issue[] = [...repeatedModes(modes), ...repeatedRuns(results)];
  if (results.length === 0) {
    issues.push({
      path: 'results',
      expected: 'at least one result',
      got: 'none',
      fix: 'run busyhour bench first',
    });
  }
  if (modes.length === 0) {
    issues.push({ path: 'modes', expected: 'at least one mode', got: 'none', fix: 'name a mode, or all' });
  }
  if (interactionsPerDay !== undefined && !isPlausibleDay(interactionsPerDay)) {
    issues.push({
      path: 'interactionsPerDay',
      expected: `a number from ${MIN_INTERACTIONS_PER_DAY} to ${MAX_INTERACTIONS_PER_DAY}`,
      got: String(interactionsPerDay),
      fix: 'give the number of conversations on one day',
    });
  }
  if (needsVolume(input)) {
    issues.push({
      path: 'interactionsPerDay',
      expected: 'a number > 0, since no result replays a trace',
      got: 'nothing',
      fix: 'give the daily volume, a demand file, or the result of bench --trace',
    });
  }
  if (!Number.isInteger(seed) || seed < 0) {
    issues.push({
      path: 'seed',
      expected: 'a whole number ≥ 0',
      got: String(seed),
      fix: 'give another seed',
    });
  }
  return issues;
}

/** The objectives that hold: those given, else of the demand file, else of the first result that has some. */
export function slosOf(input: PlanInput): { readonly slos: readonly Slo[]; readonly issues: Issue[] } {
  const slos =
    input.slos ??
    input.demand?.spec.slos ??
    input.results.find((result) => result.slos.length > 0)?.slos ??
    [];
  const issues =
    slos.length > 0 || input.results.length === 0
      ? []
      : [
          {
            path: 'slos',
            expected: 'at least one objective',
            got: 'none in the plan and none in the results',
            fix: 'state one: a capacity without an objective has no meaning',
          },
        ];
  return { slos, issues };
}
