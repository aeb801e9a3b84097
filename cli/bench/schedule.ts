import type { RunBenchOptions } from '../../bench/run/run-context.ts';
import { readSchedule } from '../../bench/workload/schedule-file.ts';
import { withOverrides } from '../../scenarios/scenario.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import type { BenchOptions } from './options.ts';

/** The scenario of a printed schedule, with its own steps and seed, and the interactions of each step. */
export function scheduleFrom(
  options: BenchOptions,
  path: string,
): Pick<RunBenchOptions, 'scenario' | 'schedule'> {
  const { slo, maxInFlight } = options;
  const { scenario, seed: drawnWith, steps } = unwrap(readSchedule(path));
  const ofFile = unwrap(
    withOverrides(scenario, {
      seed: drawnWith,
      ...(slo === undefined ? {} : { slos: [...slo] }),
      maxInFlight,
      load: {
        kind: 'steps',
        steps: steps.map(({ interactionsPerS, warmUpMs, windowMs }) => ({
          interactionsPerS,
          warmUpMs,
          windowMs,
        })),
      },
    }),
  );
  const schedule = new Map(steps.map(({ interactions }, i) => [`step ${i + 1}`, interactions]));
  return { scenario: ofFile, schedule };
}
