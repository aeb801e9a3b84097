/** Number of single-letter edits between two texts (Levenshtein 1966), by one rolling row. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitute, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** The `count` names nearest to `wanted`; a name that contains it, or is contained, comes first. */
export function nearNames(wanted: string, names: readonly string[], count = 3): string[] {
  const lower = wanted.toLowerCase();
  const scoreOf = (name: string): number => {
    const other = name.toLowerCase();
    return other.includes(lower) || lower.includes(other) ? 0 : editDistance(lower, other);
  };
  return names
    .map((name) => ({ name, score: scoreOf(name) }))
    .sort((a, b) => a.score - b.score || a.name.localeCompare(b.name))
    .slice(0, count)
    .map(({ name }) => name);
}
