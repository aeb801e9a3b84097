import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node';

/** One test, or a file that could not be run. */
export interface FailedTest {
  /** File, suites and test. */
  readonly name: string;
  /** First lines of what it threw: of a property they hold the seed. */
  readonly message: string;
}

/** What `.ci/run` prints last: a log of thousands of lines is read from its end. */
export interface TestSummary {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures: readonly FailedTest[];
  /** Passed, but not the first time: a fault of the test or of what it tests, to be looked for. */
  readonly flaky: readonly FailedTest[];
}

const MESSAGE_LINES = 3;

const messageOf = (errors: readonly SerializedError[] | undefined): string =>
  (errors?.[0]?.message ?? 'no message').split('\n', MESSAGE_LINES).join(' ');

const fileOf = (module: TestModule): string => relative(process.cwd(), module.moduleId);

/** Sorts finished tests into the summary. */
export function summarise(modules: readonly TestModule[]): TestSummary {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const inState = (state: string): readonly TestCase[] =>
    tests.filter((test) => test.result().state === state);
  const failureOf = (test: TestCase): FailedTest => ({
    name: `${fileOf(test.module)} > ${test.fullName}`,
    message: messageOf(test.result().errors),
  });
  const notRun = modules.flatMap((module) => [
    ...module.errors().map((error) => ({ name: fileOf(module), message: messageOf([error]) })),
    ...[...module.children.allSuites()].flatMap((suite) =>
      suite.errors().map((error) => ({
        name: `${fileOf(module)} > ${suite.fullName}`,
        message: messageOf([error]),
      })),
    ),
  ]);
  const passed = inState('passed');
  const failures = [...inState('failed').map(failureOf), ...notRun];
  return {
    passed: passed.length,
    failed: failures.length,
    skipped: inState('skipped').length,
    failures,
    flaky: passed.filter((test) => test.diagnostic()?.flaky === true).map(failureOf),
  };
}

/** Writes the summary of a run to a file, as JSON. */
export class SummaryReporter implements Reporter {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const summary = summarise(modules);
    const outside = unhandled.map((error) => ({ name: 'outside of any test', message: messageOf([error]) }));
    writeFileSync(
      this.#path,
      JSON.stringify({
        ...summary,
        failed: summary.failed + outside.length,
        failures: [...summary.failures, ...outside],
      }),
    );
  }
}
