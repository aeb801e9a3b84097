import { isDeepStrictEqual } from 'node:util';
import type { Issue } from '../../vocabulary/errors.ts';
import type { ResultFile } from '../../vocabulary/result-file.ts';

/**
 * Of a scenario's record, what does not change what is measured; hot paths are matched by their names. The last five are what a run
 * noted of itself: what a search saw on its way is an answer, no part of the question.
 */
const BESIDE_THE_POINT = new Set([
  ...['name', 'description', 'seed', 'slos', 'cases'],
  ...['probe', 'confirmation', 'calibration', 'sweep', 'variants'],
]);

function scenarioCore(result: ResultFile): Record<string, unknown> {
  return Object.fromEntries(Object.entries(result.scenario).filter(([key]) => !BESIDE_THE_POINT.has(key)));
}

const TARGET_FIELDS = ['protocol', 'engine', 'simulated', 'model', 'hardware', 'mode', 'replicas'] as const;
const MACHINE_FIELDS = ['cpuModel', 'cores', 'memoryBytes', 'platform'] as const;

const shown = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));

const issue = (path: string, expected: unknown, got: unknown, fix: string): Issue => ({
  path,
  expected: shown(expected),
  got: shown(got),
  fix,
});

/** Memory is what the system reports at the time: a few pages less is the same machine. */
const isSameMemory = (a: number, b: number): boolean => Math.abs(a - b) <= 0.02 * Math.max(a, b);

function machineMismatches(baseline: ResultFile, candidate: ResultFile): Issue[] {
  return MACHINE_FIELDS.filter((field) =>
    field === 'memoryBytes'
      ? !isSameMemory(baseline.machine.memoryBytes, candidate.machine.memoryBytes)
      : baseline.machine[field] !== candidate.machine[field],
  ).map((field) =>
    issue(
      `machine.${field}`,
      baseline.machine[field],
      candidate.machine[field],
      'measure both on one machine, or make a baseline for this one',
    ),
  );
}

/** What differs in the question that two results answer: `wrong` ones cannot be compared at all, `machine` ones not by speed. */
export interface Mismatches {
  readonly wrong: readonly Issue[];
  readonly machine: readonly Issue[];
}

export function findMismatches(baseline: ResultFile, candidate: ResultFile): Mismatches {
  const [before, after] = [scenarioCore(baseline), scenarioCore(candidate)];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  const scenario = [...keys]
    .filter((key) => !isDeepStrictEqual(before[key], after[key]))
    .map((key) =>
      issue(`scenario.${key}`, before[key], after[key], 'run the same scenario, or make a new baseline'),
    );
  const target = TARGET_FIELDS.filter((field) => baseline.target[field] !== candidate.target[field]).map(
    (field) =>
      issue(
        `target.${field}`,
        baseline.target[field],
        candidate.target[field],
        'measure the same target, or make a new baseline',
      ),
  );
  return { wrong: [...target, ...scenario], machine: machineMismatches(baseline, candidate) };
}

const briefly = ({ path, expected, got }: Issue): string => {
  const text = `${path} is ${got}, ${expected} in the baseline`;
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
};

/** Why no figure of these results may be compared, as sentences, the gravest first; empty where they may. */
export function describeMismatches(
  baseline: readonly ResultFile[],
  candidate: readonly ResultFile[],
  isPaired: boolean,
): string[] {
  const [first] = baseline;
  if (first === undefined) return ['there is no baseline'];
  const partial = [...baseline, ...candidate].filter(({ state }) => state === 'partial');
  const found = [...baseline.slice(1), ...candidate].flatMap((result) => {
    const { wrong, machine } = findMismatches(first, result);
    return [...wrong, ...(isPaired ? [] : machine)];
  });
  return [
    ...new Set(found.map(briefly)),
    ...(partial.length === 0
      ? []
      : [`${partial.map(({ runId }) => runId).join(', ')} was stopped before its end`]),
  ];
}
