/** Fields whose words the schemas fix. */
const CLOSED: ReadonlySet<string> = new Set([
  'kind',
  'code',
  'basis',
  'engine',
  'state',
  'data',
  'encoding',
  'unit',
  'category',
  'verdict',
  'metric',
  'method',
  'distribution',
  'binding',
  'cheaper',
  'cheapest',
  'profileBasis',
  'serviceBasis',
]);

/** Every string in a value replaced, keys and the closed words that the schemas fix excepted. */
export function poison<T>(value: T, hostile: string, keep: ReadonlySet<string>): T {
  if (typeof value === 'string') return (keep.has(value) || value.length > 400 ? value : hostile) as T;
  if (Array.isArray(value)) return value.map((item) => poison(item, hostile, keep)) as T;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, CLOSED.has(key) ? item : poison(item, hostile, keep)]),
  ) as T;
}
