export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: Sample[];
}

const TYPES = new Set(['counter', 'gauge', 'histogram', 'summary', 'untyped']);
const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`);
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/;

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let rest = text;
  while (rest !== '') {
    const match = LABEL.exec(rest);
    if (match === null) throw new Error(`bad labels: ${text}`);
    const [whole, name = '', value = ''] = match;
    if (Object.hasOwn(labels, name)) throw new Error(`label ${name} twice`);
    labels[name] = value.replace(/\\(.)/g, (_all, char: string) => (char === 'n' ? '\n' : char));
    rest = rest.slice(whole.length);
  }
  return labels;
}

function parseValue(text: string): number {
  if (text === 'Nan' || text === 'NaN') return Number.NaN;
  const infinite = /^([+-])Inf$/.exec(text);
  if (infinite !== null) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) throw new Error(`bad value: ${text}`);
  return Number(text);
}

function parseSample(line: string): Sample {
  const match = SAMPLE.exec(line);
  if (match === null) throw new Error(`bad sample: ${line}`);
  const [, name = '', labels = '', value = ''] = match;
  return { name, labels: parseLabels(labels), value: parseValue(value) };
}

/** Whether a sample of this name belongs to the family. */
const belongs = ({ name, type }: Family, sample: string): boolean =>
  sample === name ||
  (type === 'histogram' && [`${name}_bucket`, `${name}_sum`, `${name}_count`].includes(sample)) ||
  (type === 'summary' && [`${name}_sum`, `${name}_count`].includes(sample));

class Exposition {
  readonly families = new Map<string, Family>();
  readonly #series = new Set<string>();
  #current: Family | undefined;
  #help = '';

  take(line: string): void {
    if (line.startsWith('# HELP ')) this.#help = line.split(' ').slice(3).join(' ');
    else if (line.startsWith('# TYPE ')) this.#begin(line);
    else if (line !== '' && !line.startsWith('#')) this.#add(line);
  }

  #begin(line: string): void {
    const [, , name = '', type = ''] = line.split(' ');
    if (!TYPES.has(type) || this.families.has(name)) throw new Error(`bad type: ${line}`);
    this.#current = { name, type, help: this.#help, samples: [] };
    this.#help = '';
    this.families.set(name, this.#current);
  }

  #add(line: string): void {
    const sample = parseSample(line);
    const key = sample.name + JSON.stringify(sample.labels);
    if (this.#current === undefined || !belongs(this.#current, sample.name) || this.#series.has(key)) {
      throw new Error(`out of place: ${line}`);
    }
    this.#series.add(key);
    this.#current.samples.push(sample);
  }
}

/**
 * Prometheus text format 0.0.4, strictly: each family is one block that begins with its type, every sample belongs to
 * the block that it stands in, no series twice, every line ended. Throws at the first departure.
 */
export function parseExposition(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const exposition = new Exposition();
  for (const line of text.split('\n')) exposition.take(line);
  return exposition.families;
}
