import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { measureBlock } from './measure-block.ts';
import { ANSWER_MARK, type CaseReading, type CaseRequest, type MicroCase } from './micro-case.ts';

/**
 * Measures cases on demand: the module of cases in argv, a request a line on stdin, an answer a line on stdout; the first
 * line names the cases. Ends with its stdin, and so with its parent.
 */
const casesPath = process.argv[2] ?? '';
const { MICRO_CASES } = (await import(pathToFileURL(casesPath).href)) as { MICRO_CASES?: unknown };
if (!Array.isArray(MICRO_CASES)) {
  process.stderr.write(`${casesPath} exports no MICRO_CASES\n`);
  process.exit(1);
}
const cases = MICRO_CASES as readonly MicroCase[];

const answer = (value: readonly string[] | CaseReading): void => {
  process.stdout.write(`\n${ANSWER_MARK}${JSON.stringify(value)}\n`);
};

answer(cases.map(({ name }) => name));
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as CaseRequest;
  const micro = cases.find(({ name }) => name === request.case);
  answer(
    micro === undefined
      ? { kind: 'failed', reason: 'there is no such case' }
      : await measureBlock(micro, request),
  );
}
process.exit(0);
