import { METRICS } from '../../../vocabulary/metrics.ts';
import type { ResultFile } from '../../../vocabulary/result-file.ts';
import { msFromS, sFromMs } from '../../../vocabulary/units.ts';
import { BUCKET_BOUNDS_S, type Distribution, readFigures } from './step-figures.ts';

/** One series: a name, its labels and a number. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Samples of one metric with what is said of it. */
export interface Family {
  readonly name: string;
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** Buckets (each with all below it), sum and count of a histogram, in seconds. */
export function histogramSamples({ name, histogram }: Distribution, labels: Sample['labels']): Sample[] {
  const bucket = (le: string, value: number): Sample => ({
    name: `${name}_bucket`,
    labels: { ...labels, le },
    value,
  });
  return [
    ...BUCKET_BOUNDS_S.map((boundS) =>
      bucket(String(boundS), histogram.count - histogram.countAbove(msFromS(boundS))),
    ),
    bucket('+Inf', histogram.count),
    { name: `${name}_sum`, labels, value: sFromMs((histogram.meanMs ?? 0) * histogram.count) },
    { name: `${name}_count`, labels, value: histogram.count },
  ];
}

/** Every metric of a result with its samples; a step's are told apart by the label `step`. */
export function familiesOf(result: ResultFile): Family[] {
  const families = new Map<string, { family: Omit<Family, 'samples'>; samples: Sample[] }>();
  const add = (family: Omit<Family, 'samples'>, samples: readonly Sample[]): void => {
    const known = families.get(family.name) ?? { family, samples: [] };
    known.samples.push(...samples);
    families.set(family.name, known);
  };
  for (const { labels, figures, distributions } of readFigures(result)) {
    for (const { name, kind, help, labels: own, value } of figures)
      add({ name, type: kind, help }, [{ name, labels: own, value }]);
    for (const each of distributions) {
      const { formula } = METRICS[each.metric];
      add({ name: each.name, type: 'histogram', help: formula }, histogramSamples(each, labels));
    }
  }
  return [...families.values()].map(({ family, samples }) => ({ ...family, samples }));
}

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
const escapeLabel = (text: string): string => escapeHelp(text).replaceAll('"', '\\"');

const formatLabels = (labels: Sample['labels']): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`)
    .join(',');

/** The text exposition format 0.0.4. */
export function formatPrometheusText(result: ResultFile): string {
  const lines = familiesOf(result).flatMap(({ name, type, help, samples }) => [
    `# HELP ${name} ${escapeHelp(help)}`,
    `# TYPE ${name} ${type}`,
    ...samples.map((sample) => `${sample.name}{${formatLabels(sample.labels)}} ${sample.value}`),
  ]);
  return `${lines.join('\n')}\n`;
}
