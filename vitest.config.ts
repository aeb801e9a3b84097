import { defineConfig } from 'vitest/config';

const report = process.env.BUSYHOUR_TEST_REPORT;
const LIMITS = { testTimeout: 30_000, hookTimeout: 30_000, pool: 'forks' } as const;
/** Tests that start whole processes and measure in real time: alone on the machine, after all others. */
const WHOLE_PROCESSES = ['test/end-to-end/**/*.test.ts', 'test/docs/**/*.test.ts'];

export default defineConfig({
  test: {
    maxWorkers: 2,
    ...(report === undefined ? {} : { reporters: ['default', 'json'], outputFile: { json: report } }),
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
