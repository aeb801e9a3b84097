/** Samples of a Prometheus text page, summed over label sets: name → value. */
export type MetricsPage = ReadonlyMap<string, number>;

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{.*\})?\s+(\S+)/;

/** Special values of the text format 0.0.4. */
const SPECIAL: Readonly<Record<string, number>> = {
  '+Inf': Number.POSITIVE_INFINITY,
  '-Inf': Number.NEGATIVE_INFINITY,
};

/**
 * Reads the text exposition format 0.0.4. Bucket samples are left out, lines that are not samples are skipped, NaN
 * counts as absent.
 */
export function parseMetricsPage(text: string): MetricsPage {
  const page = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = line.startsWith('#') ? null : SAMPLE.exec(line);
    const [, name, shown] = match ?? [];
    if (name === undefined || shown === undefined || name.endsWith('_bucket')) continue;
    const value = SPECIAL[shown] ?? Number(shown);
    if (!Number.isNaN(value)) page.set(name, (page.get(name) ?? 0) + value);
  }
  return page;
}
