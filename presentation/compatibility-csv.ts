import { FOREIGN_DEFINITIONS, readForeignMeanMs, readForeignPercentile } from './compatibility.ts';
import { type Row, writeCsv } from './csv.ts';
import type { ResultReading, StepReading } from './step-reading.ts';

const COLUMNS = [
  'runId',
  'target',
  'simulated',
  'step',
  'tool',
  'figure',
  'samples',
  'meanMs',
  'p50Ms',
  'p90Ms',
  'p95Ms',
  'p99Ms',
  'percentiles',
  'definition',
  'source',
] as const;

const PERCENTS = [50, 90, 95, 99] as const;

function rowsOf({ result }: ResultReading, step: StepReading): Row[] {
  return FOREIGN_DEFINITIONS.flatMap((each) => {
    const samples = step.histograms.get(each.samplesOf ?? each.metric)?.count ?? 0;
    if (samples === 0) return [];
    const percentiles = PERCENTS.map((percent) => {
      const reading = readForeignPercentile(step, each, percent);
      return [`p${percent}Ms`, reading.kind === 'certified' ? reading.value : undefined] as const;
    });
    return [
      {
        runId: result.runId,
        target: result.target.name,
        simulated: result.target.simulated,
        step: step.step.name,
        tool: each.tool,
        figure: each.name,
        samples,
        meanMs: readForeignMeanMs(step, each),
        ...Object.fromEntries(percentiles),
        percentiles: each.rank,
        definition: each.definition,
        source: each.source,
      },
    ];
  });
}

/** Every step in the definitions of other tools, one row per tool and figure; percentiles without enough samples stay empty. */
export const compatibilityCsv = (readings: readonly ResultReading[]): string =>
  writeCsv(
    COLUMNS,
    readings.flatMap((reading) => reading.steps.flatMap((step) => rowsOf(reading, step))),
  );
