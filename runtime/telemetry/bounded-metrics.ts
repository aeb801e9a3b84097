import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { type LabelValues, type MetricRow, OTHER } from './metric-row.ts';

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

const definitionOf = (name: string, row: MetricRow, registry: Registry) => ({
  name,
  help: row.help,
  labelNames: Object.keys(row.labels),
  registers: [registry],
});

/** A counter of the table. */
export class BoundedCounter {
  readonly #counter: Counter;
  readonly #guard: LabelsGuard;

  constructor(name: string, row: MetricRow, registry: Registry) {
    this.#counter = new Counter(definitionOf(name, row, registry));
    this.#guard = new LabelsGuard(row);
  }

  add(labels: Labels, by = 1): void {
    this.#counter.inc(this.#guard.of(labels), by);
  }
}

/** A histogram of the table; values in its base unit. */
export class BoundedHistogram {
  readonly #histogram: Histogram;
  readonly #guard: LabelsGuard;

  constructor(name: string, row: MetricRow, registry: Registry) {
    const buckets = row.buckets === undefined ? {} : { buckets: [...row.buckets] };
    this.#histogram = new Histogram({ ...definitionOf(name, row, registry), ...buckets });
    this.#guard = new LabelsGuard(row);
  }

  observe(labels: Labels, value: number): void {
    this.#histogram.observe(this.#guard.of(labels), value);
  }
}

/** A gauge of the table, set by the code or, with `read`, asked for on each scrape. */
export class BoundedGauge {
  readonly #gauge: Gauge;
  readonly #guard: LabelsGuard;

  constructor(name: string, row: MetricRow, registry: Registry, collect?: (gauge: BoundedGauge) => void) {
    this.#guard = new LabelsGuard(row);
    this.#gauge = new Gauge({
      ...definitionOf(name, row, registry),
      ...(collect === undefined ? {} : { collect: () => collect(this) }),
    });
  }

  set(labels: Labels, value: number): void {
    this.#gauge.set(this.#guard.of(labels), value);
  }
}
