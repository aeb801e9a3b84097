import type { PercentileReading } from '../vocabulary/percentiles.ts';
import { type Block, type Cell, cell, column, numeric, paragraph } from './blocks.ts';
import {
  FOREIGN_DEFINITIONS,
  FOREIGN_TOOLS,
  type ForeignDefinition,
  type ForeignTool,
  readForeignMeanMs,
  readForeignPercentile,
  SHARED_NAMES,
  type SharedName,
} from './compatibility.ts';
import { ABSENT, formatNumber } from './numbers.ts';
import { compactReadingCell, WITHHELD_NOTE } from './reading-cell.ts';
import { type ResultReading, readPercentile, type StepReading } from './step-reading.ts';

const PERCENTS = [50, 95, 99] as const;
type Statistic = 'mean' | (typeof PERCENTS)[number];
const STATISTICS: readonly Statistic[] = ['mean', ...PERCENTS];

const NAMES = Object.keys(SHARED_NAMES) as SharedName[];

const numberOf = (definition: ForeignDefinition): number => FOREIGN_DEFINITIONS.indexOf(definition) + 1;

const absent: Cell = { text: ABSENT, muted: true };

function meanCell(ms: number | undefined): Cell {
  return ms === undefined ? absent : cell(formatNumber(ms));
}

const noted = (shown: Cell, note: string): Cell =>
  shown.text === ABSENT ? shown : { ...shown, text: `${shown.text} ${note}` };

function ownCell(step: StepReading, name: SharedName, statistic: Statistic): Cell {
  const metric = SHARED_NAMES[name];
  return statistic === 'mean'
    ? meanCell(step.histograms.get(metric)?.meanMs)
    : compactReadingCell(readPercentile(step, metric, statistic));
}

function foreignCell(step: StepReading, definition: ForeignDefinition, statistic: Statistic): Cell {
  const reading: PercentileReading | undefined =
    statistic === 'mean' ? undefined : readForeignPercentile(step, definition, statistic);
  const shown =
    reading === undefined ? meanCell(readForeignMeanMs(step, definition)) : compactReadingCell(reading);
  return noted(shown, `[${numberOf(definition)}]`);
}

const definitionOf = (tool: ForeignTool, name: SharedName): ForeignDefinition | undefined =>
  FOREIGN_DEFINITIONS.find((each) => each.tool === tool && each.name === name);

function rowsOf(step: StepReading): Cell[][] {
  return NAMES.flatMap((name) =>
    STATISTICS.map((statistic): Cell[] => [
      cell(`${name}, ${statistic === 'mean' ? 'mean' : `p${statistic}`}`),
      ownCell(step, name, statistic),
      ...FOREIGN_TOOLS.map((tool) => {
        const definition = definitionOf(tool, name);
        return definition === undefined ? absent : foreignCell(step, definition, statistic);
      }),
    ]),
  ).filter(([, ...cells]) => cells.some(({ text }) => text !== ABSENT));
}

const figuresTable = (step: StepReading, simulated: boolean): Block => ({
  kind: 'table',
  caption: `${step.step.name}, the same requests in each tool's definitions, ms; [n] is the definition below; ${WITHHELD_NOTE}`,
  ...(simulated ? { badge: { kind: 'simulated', text: 'SIMULATED' } as const } : {}),
  dense: true,
  columns: [column('figure'), numeric('busyhour'), ...FOREIGN_TOOLS.map((tool) => numeric(tool))],
  rows: rowsOf(step),
});

const definitionsTable = (): Block => ({
  kind: 'table',
  caption: 'What each tool means by the name',
  columns: [column('no.'), column('tool'), column('figure'), column('definition')],
  rows: FOREIGN_DEFINITIONS.map((each) => [
    cell(`[${numberOf(each)}]`),
    cell(each.tool),
    cell(each.name),
    cell(each.definition),
  ]),
});

/** Where each tool says so, and how it takes percentiles. */
const sourceParagraphs = (): Block[] =>
  FOREIGN_TOOLS.flatMap((tool) => {
    const each = FOREIGN_DEFINITIONS.find((definition) => definition.tool === tool);
    if (each === undefined) return [];
    const ranks = each.rank === 'linear' ? 'interpolated at (n − 1) × p' : 'nearest rank';
    return [paragraph(`${tool}: ${each.source}. Percentiles: ${ranks}.`)];
  });

/** The step that other tools would be compared on: the highest load that was not missed, else the first one. */
export function referenceStep({ steps }: ResultReading): StepReading | undefined {
  const streaming = steps.filter((step) => step.histograms.has('wireTimeToLastTokenMs'));
  const held = streaming.filter((step) => step.verdict !== 'missed');
  const byLoad = held.toSorted((a, b) => a.offeredPerS - b.offeredPerS);
  return byLoad.at(-1) ?? streaming[0];
}

const CAVEATS =
  'All of these count from the actual send and leave out what a generator is late by; busyhour counts from the scheduled instant. Chunks here are those with content, whereas vLLM also times a chunk that only names the role or the reason for the end: it would show an earlier first chunk and one more gap where a server sends such chunks apart. Rates are not given: these tools divide by the time from their first send to their last end, busyhour by the measured window.';

/** The same run as vLLM, GuideLLM and AIPerf would print it; nothing for a run without a token stream. */
export function compatibilityBlocks(reading: ResultReading): Block[] {
  const step = referenceStep(reading);
  if (step === undefined) return [];
  return [
    { kind: 'heading', text: 'In the definitions of other tools' },
    paragraph(CAVEATS),
    figuresTable(step, reading.result.target.simulated),
    definitionsTable(),
    ...sourceParagraphs(),
  ];
}
