import { pathToFileURL } from 'node:url';
import { measureBlock } from './measure-block.ts';
import type { BlockAnswer, BlockRequest, CaseReading, MicroCase } from './micro-case.ts';

/** Measures one block in a process of its own: the request as JSON in argv, the answer as the last line of stdout. */
const request = JSON.parse(process.argv[2] ?? '{}') as BlockRequest;
// The parent holds stdin open; when it is gone, so is this process.
process.stdin.once('end', () => process.exit(1)).resume();

const { MICRO_CASES } = (await import(pathToFileURL(request.casesPath).href)) as {
  MICRO_CASES?: readonly MicroCase[];
};
if (!Array.isArray(MICRO_CASES)) {
  process.stderr.write(`${request.casesPath} exports no MICRO_CASES\n`);
  process.exit(1);
}
const cases = MICRO_CASES as readonly MicroCase[];
const readings: Record<string, CaseReading> = {};
for (const name of request.cases) {
  const micro = cases.find((candidate) => candidate.name === name);
  readings[name] =
    micro === undefined
      ? { kind: 'failed', reason: 'there is no such case' }
      : await measureBlock(micro, request);
}
const answer: BlockAnswer = { available: cases.map(({ name }) => name), readings };
process.stdout.write(`\n${JSON.stringify(answer)}\n`, () => process.exit(0));
