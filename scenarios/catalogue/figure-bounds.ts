/** What a figure can be at all: beyond it lies a slip of sign or unit. */
interface FigureBounds {
  readonly min: number;
  readonly max: number;
  readonly minExcluded?: boolean;
  readonly maxExcluded?: boolean;
}

const LARGEST = 1e12;

/** Bounds by the name of a field; the first pattern that fits holds. */
const BOUNDS: readonly (readonly [RegExp, FigureBounds])[] = [
  // Logarithms may be below 0.
  [/Mu$/, { min: -100, max: 100 }],
  [/^minPrefixTokens$/, { min: 0, max: LARGEST }],
  // What others are divided by.
  [/(Years|PerPtu|Ptus|Gpus|Vcpus|Tokens)$/, { min: 0, max: LARGEST, minExcluded: true }],
  [/^discountRatio$/, { min: 0, max: 1 }],
  [/^interruptedPerMonthRatio$/, { min: 0, max: 1, maxExcluded: true }],
  [/Ratio$/, { min: 0, max: 1000 }],
  [/UsdPerMTokens$/, { min: 0, max: 1e6 }],
  [/Usd|usd/, { min: 0, max: 1e9 }],
];

const NATURAL: FigureBounds = { min: 0, max: LARGEST };

const boundsOf = (field: string): FigureBounds =>
  BOUNDS.find(([pattern]) => pattern.test(field))?.[1] ?? NATURAL;

/** What the field can be, in words; undefined when the value is within it. NaN is not. */
export function figureProblem(field: string, value: number): string | undefined {
  const { min, max, minExcluded, maxExcluded } = boundsOf(field);
  const above = minExcluded ? value > min : value >= min;
  const below = maxExcluded ? value < max : value <= max;
  if (above && below) return undefined;
  return `a number ${minExcluded ? 'above' : 'from'} ${min} ${maxExcluded ? 'and below' : 'to'} ${max}`;
}
