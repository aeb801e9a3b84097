import type { PlanFile } from '../vocabulary/plan-file.ts';
import type { ResultFile } from '../vocabulary/result-file.ts';
import { mibFromBytes } from '../vocabulary/units.ts';
import { type Block, cell, column, numeric, type Section } from './blocks.ts';
import { shellCommand } from './escape.ts';
import { ABSENT, formatCount, formatDuration, formatInstant } from './numbers.ts';

const versionsText = (versions: Readonly<Record<string, string>>): string =>
  Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ') || ABSENT;

/** Each command once, in the order of the runs. */
const commands = (results: readonly ResultFile[]): Block[] =>
  [...new Set(results.map((result) => shellCommand(result.command)))].map((text) => ({
    kind: 'command',
    text,
  }));

/** An import of a tool that says neither its seed nor its machine; k6 and autocannon are run as engines. */
const isOfAnotherTool = ({ engine, importedFrom }: ResultFile): boolean =>
  importedFrom !== undefined && engine === undefined;

function machineText(result: ResultFile): string {
  if (isOfAnotherTool(result)) return 'not reported';
  const { cpuModel, cores, memoryBytes, platform } = result.machine;
  return `${cpuModel}, ${cores} cores, ${formatCount(mibFromBytes(memoryBytes))} MiB, ${platform}`;
}

const runsTable = (results: readonly ResultFile[]): Block => ({
  kind: 'table',
  caption: 'Runs',
  columns: [
    column('run'),
    column('target'),
    column('started'),
    column('took'),
    numeric('seed'),
    column('tool'),
    column('machine'),
    column('node'),
    column('versions of the target'),
  ],
  rows: results.map((result) => [
    cell(`${result.runId}${result.state === 'partial' ? ' (partial)' : ''}`),
    cell(`${result.target.name}${result.target.simulated ? ' (SIMULATED)' : ''}`),
    cell(formatInstant(result.startedAtUnixMs)),
    cell(formatDuration(result.finishedAtUnixMs - result.startedAtUnixMs)),
    cell(isOfAnotherTool(result) ? ABSENT : String(result.seed)),
    cell(`${result.tool.name} ${result.tool.version}`),
    cell(machineText(result)),
    cell(isOfAnotherTool(result) ? ABSENT : result.machine.node),
    cell(versionsText(result.target.versions)),
  ]),
});

const planTable = (plan: PlanFile): Block => ({
  kind: 'table',
  caption: 'Plan',
  columns: [column('made'), column('tool'), numeric('seed'), column('rests on runs')],
  rows: [
    [
      cell(formatInstant(plan.createdAtUnixMs)),
      cell(`${plan.tool.name} ${plan.tool.version}`),
      cell(String(plan.seed)),
      cell(plan.measurements.map((measurement) => measurement.runId).join(', ') || ABSENT),
    ],
  ],
});

/** The command that repeats it, the machine and the versions. */
export const repeatSection = (results: readonly ResultFile[], plan: PlanFile | undefined): Section => ({
  id: 'repeat',
  title: 'Repeat it',
  blocks: [
    ...commands(results),
    ...(results.length === 0 ? [] : [runsTable(results)]),
    ...(plan === undefined ? [] : [planTable(plan)]),
  ],
});
