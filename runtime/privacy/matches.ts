export interface Match {
  readonly start: number;
  readonly end: number;
}

/** Every match of a global expression that never matches nothing. Uses the expression itself, where matchAll clones it. */
export function findMatches(expression: RegExp, text: string): readonly Match[] {
  const matches: Match[] = [];
  expression.lastIndex = 0;
  for (let match = expression.exec(text); match !== null; match = expression.exec(text)) {
    matches.push({ start: match.index, end: match.index + match[0].length });
  }
  return matches;
}
