import { defineConfig } from 'vitest/config';
import { SummaryReporter } from './test/support/summary-reporter.ts';

const report = process.env.BUSYHOUR_TEST_REPORT;
const LIMITS = {
  testTimeout: 30_000,
  hookTimeout: 30_000,
  pool: 'forks',
  // Many tests run real servers in real time on a machine shared with others. One that needs its second try is named at the
  // end of what `.ci/run` prints.
  retry: process.env.CI === undefined ? 0 : 1,
} as const;
/** Tests that start whole processes and measure in real time: alone on the machine, after all others. */
const WHOLE_PROCESSES = ['test/end-to-end/**/*.test.ts', 'test/docs/**/*.test.ts'];

export default defineConfig({
  test: {
    maxWorkers: 2,
    reporters: ['default', ...(report === undefined ? [] : [new SummaryReporter(report)])],
    projects: [
      {
        test: {
          ...LIMITS,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: WHOLE_PROCESSES,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...LIMITS,
          name: 'whole',
          include: WHOLE_PROCESSES,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
