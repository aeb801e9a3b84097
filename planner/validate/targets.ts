/** Figures of a validation by name; percentages where the name ends in Pct, shares where it ends in Ratio. */
export type ValidationFigures = Readonly<Record<string, number>>;

interface Target {
  readonly figure: string;
  readonly words: string;
  /** At most (or in size), at least, or within two points of a nominal share. */
  readonly kind: 'at-most' | 'size-at-most' | 'at-least' | 'near';
  readonly limit: number;
  /** Best published result that we know, in words. */
  readonly published: string;
}

/** Coverage may miss its nominal share by this much. */
const COVERAGE_TOLERANCE = 0.02;
export const NOMINAL_COVERAGE = 0.9;

/** What the planner sets out to reach on measurements that its fits did not see. */
export const TARGETS: readonly Target[] = [
  {
    figure: 'reqPerSMapePct',
    words: 'requests/s, mean error',
    kind: 'at-most',
    limit: 4,
    published: '4.6 %',
  },
  { figure: 'reqPerSP90Pct', words: 'requests/s, p90 of error', kind: 'at-most', limit: 9, published: '—' },
  { figure: 'reqPerSBiasPct', words: 'requests/s, bias', kind: 'size-at-most', limit: 1, published: '—' },
  {
    figure: 'tpotMapePct',
    words: 'time per output token, mean error',
    kind: 'at-most',
    limit: 4,
    published: '4.1 %',
  },
  {
    figure: 'ttftMapePct',
    words: 'time to first token below 80 % utilisation, mean error',
    kind: 'at-most',
    limit: 13,
    published: '18 %',
  },
  {
    figure: 'latencyMapePct',
    words: 'whole request, mean error',
    kind: 'at-most',
    limit: 6,
    published: '9.1 %',
  },
  {
    figure: 'capacityAtSloErrorPct',
    words: 'capacity at an objective, adaptive points, mean error',
    kind: 'at-most',
    limit: 5,
    published: '—',
  },
  {
    figure: 'capacityAtSloP90Pct',
    words: 'capacity at an objective, adaptive points, p90 of error',
    kind: 'at-most',
    limit: 10,
    published: '—',
  },
  {
    figure: 'decisionSufficientRatio',
    words: 'replica decisions that suffice',
    kind: 'at-least',
    limit: 0.95,
    published: '0.80',
  },
  {
    figure: 'decisionOverspendRatio',
    words: 'replicas bought too many',
    kind: 'at-most',
    limit: 0.12,
    published: '0.199',
  },
  {
    figure: 'coverageRatio',
    words: `share inside intervals of ${100 * NOMINAL_COVERAGE} %`,
    kind: 'near',
    limit: NOMINAL_COVERAGE,
    published: '—',
  },
];

export interface TargetVerdict {
  readonly figure: string;
  readonly words: string;
  readonly target: string;
  readonly published: string;
  readonly value: number | undefined;
  readonly verdict: 'met' | 'missed' | 'not judged';
}

const SIGNS = { 'at-most': '≤ ', 'size-at-most': '± ', 'at-least': '≥ ', near: '' } as const;

function isMet({ kind, limit }: Target, value: number): boolean {
  switch (kind) {
    case 'at-most':
      return value <= limit;
    case 'size-at-most':
      return Math.abs(value) <= limit;
    case 'at-least':
      return value >= limit;
    case 'near':
      return Math.abs(value - limit) <= COVERAGE_TOLERANCE;
  }
}

const written = ({ figure, kind, limit }: Target): string =>
  `${SIGNS[kind]}${limit}${figure.endsWith('Pct') ? ' %' : ''}${kind === 'near' ? ` ± ${COVERAGE_TOLERANCE}` : ''}`;

/** Each target with what was reached; a figure that could not be judged is said, and is not a miss. */
export const judgeTargets = (figures: ValidationFigures): TargetVerdict[] =>
  TARGETS.map((target) => {
    const value = figures[target.figure];
    const verdict = value === undefined ? 'not judged' : isMet(target, value) ? 'met' : 'missed';
    const { figure, words, published } = target;
    return { figure, words, target: written(target), published, value, verdict };
  });
