import { Gauge, type Metric, type Registry } from 'prom-client';
import { type LabelValues, type MetricRow, OTHER, SPAN_BUCKETS_S } from './metric-row.ts';

type Labels = Readonly<Record<string, string>>;

/** Lets values of a label through up to its bound; the rest reads `other`, so that no input makes series. */
class LabelGuard {
  readonly #known: Set<string>;
  readonly #atMost: number;

  constructor(values: LabelValues) {
    const isList = !('atMost' in values);
    this.#known = new Set(isList ? values : []);
    this.#atMost = isList ? values.length : values.atMost;
  }

  takes(value: string): boolean {
    if (this.#known.has(value)) return true;
    if (this.#known.size >= this.#atMost) return false;
    this.#known.add(value);
    return true;
  }
}

/** The labels as they may be exported; the same object where all are known, which is nearly always. */
class LabelsGuard {
  readonly #guards: readonly (readonly [name: string, guard: LabelGuard])[];

  constructor(row: MetricRow) {
    this.#guards = Object.entries(row.labels).map(([name, values]) => [name, new LabelGuard(values)]);
  }

  of(labels: Labels): Labels {
    let safe = labels;
    for (const [name, guard] of this.#guards) {
      if (!guard.takes(labels[name] ?? '')) safe = { ...safe, [name]: OTHER };
    }
    return safe;
  }
}

const SEPARATOR = '\u0001';

/**
 * The series of one metric, found by their label values. prom-client checks and hashes labels on every call, which for the
 * twenty or so figures of a request is more than the rest of them costs; here a known series is one look into a map.
 */
class Series<T> {
  readonly #names: readonly string[];
  readonly #guard: LabelsGuard;
  readonly #known = new Map<string, T>();
  readonly #create: (labels: Labels) => T;

  constructor(row: MetricRow, create: (labels: Labels) => T) {
    this.#names = Object.keys(row.labels);
    this.#guard = new LabelsGuard(row);
    this.#create = create;
  }

  #keyOf(labels: Labels): string {
    let key = '';
    for (const name of this.#names) key += (labels[name] ?? '') + SEPARATOR;
    return key;
  }

  /** Values that are not known yet pass the guard once; afterwards their key is known. */
  of(labels: Labels): T {
    return this.#known.get(this.#keyOf(labels)) ?? this.#add(this.#guard.of(labels));
  }

  #add(safe: Labels): T {
    const key = this.#keyOf(safe);
    const found = this.#known.get(key) ?? this.#create({ ...safe });
    this.#known.set(key, found);
    return found;
  }

  all(): T[] {
    return [...this.#known.values()];
  }
}

interface Sample {
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** As a registry of prom-client reads a metric, for the page and for adding up processes. */
function register(registry: Registry, name: string, row: MetricRow, read: () => Sample[]): void {
  const { help, type } = row;
  const get = async () => ({ name, help, type, aggregator: 'sum', values: read() });
  registry.registerMetric({ name, get } as unknown as Metric);
}

interface Count {
  readonly labels: Labels;
  value: number;
}

/** A counter of the table. */
export class BoundedCounter {
  readonly #series: Series<Count>;

  constructor(name: string, row: MetricRow, registry: Registry) {
    this.#series = new Series(row, (labels) => ({ labels, value: 0 }));
    if (Object.keys(row.labels).length === 0) this.#series.of({});
    register(registry, name, row, () => this.#series.all());
  }

  add(labels: Labels, by = 1): void {
    this.#series.of(labels).value += by;
  }
}

interface Distribution {
  readonly labels: Labels;
  /** Of each bucket alone, the last one for what is above every bound. */
  readonly counts: Float64Array;
  sum: number;
}

/** A histogram of the table; values in its base unit. */
export class BoundedHistogram {
  readonly #bounds: readonly number[];
  readonly #series: Series<Distribution>;

  constructor(name: string, row: MetricRow, registry: Registry) {
    const bounds = row.buckets ?? SPAN_BUCKETS_S;
    this.#bounds = bounds;
    this.#series = new Series(row, (labels) => ({
      labels,
      counts: new Float64Array(bounds.length + 1),
      sum: 0,
    }));
    if (Object.keys(row.labels).length === 0) this.#series.of({});
    register(registry, name, row, () => this.#series.all().flatMap((each) => this.#samplesOf(name, each)));
  }

  observe(labels: Labels, value: number): void {
    const series = this.#series.of(labels);
    let bucket = 0;
    while (value > (this.#bounds[bucket] ?? Number.POSITIVE_INFINITY)) bucket++;
    series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
    series.sum += value;
  }

  #samplesOf(name: string, { labels, counts, sum }: Distribution): Sample[] {
    let count = 0;
    const buckets: Sample[] = [...counts].map((own, bucket) => {
      count += own;
      return {
        metricName: `${name}_bucket`,
        labels: { ...labels, le: this.#bounds[bucket] ?? '+Inf' },
        value: count,
      };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }
}

/** A gauge of the table, set by the code or, with `read`, asked for on each scrape. */
export class BoundedGauge {
  readonly #gauge: Gauge;
  readonly #guard: LabelsGuard;

  constructor(name: string, row: MetricRow, registry: Registry, collect?: (gauge: BoundedGauge) => void) {
    this.#guard = new LabelsGuard(row);
    this.#gauge = new Gauge({
      name,
      help: row.help,
      labelNames: Object.keys(row.labels),
      registers: [registry],
      ...(collect === undefined ? {} : { collect: () => collect(this) }),
    });
  }

  set(labels: Labels, value: number): void {
    this.#gauge.set(this.#guard.of(labels), value);
  }
}
