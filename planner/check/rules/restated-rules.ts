import type { Figure } from '../../../scenarios/claims.ts';
import type { CheckContext, Rule } from '../context.ts';
import { broken, type Draft, wrong } from '../finding.ts';
import {
  agrees,
  agreesAsShare,
  claimsOf,
  constant,
  fromClaim,
  over,
  type Quantity,
  sum,
  times,
} from '../quantity.ts';

const isFigure = (value: object): value is Figure => 'kind' in value && value.kind === 'figure';

/** Every figure of the claims, wherever it lies. */
function figuresIn(tree: unknown): Figure[] {
  if (typeof tree !== 'object' || tree === null) return [];
  return isFigure(tree) ? [tree] : Object.values(tree).flatMap(figuresIn);
}

const lineText = (line: number | undefined): string =>
  line === undefined ? 'as assumed' : `on line ${line}`;
/** Fields of shares end so; 99 % and 99.9 % are far apart there. */
const IS_SHARE = /ratio$|utilisation$/i;

function restated({ claims }: CheckContext): Draft[] {
  return figuresIn(claims).flatMap((figure) => {
    const [first, ...others] = claimsOf(figure);
    if (first === undefined) return [];
    const fits = IS_SHARE.test(figure.path) ? agreesAsShare : agrees;
    return others
      .filter((other) => !fits(other, first) && !fits(first, other))
      .map((other) =>
        wrong(other, fromClaim(first), {
          unit: '',
          say: ({ claimed, right }) =>
            `${figure.path} is ${right} ${lineText(first.line)} and ${claimed} ${lineText(other.line)}`,
        }),
      );
  });
}

/** The same tier is said to scale on the same metrics. */
function scalingMetrics({ claims }: CheckContext): Draft[] {
  return claims.tiers.flatMap(({ id, scalesOn }, i) => {
    const [first, ...others] = scalesOn;
    if (first === undefined) return [];
    const place = (j: number, line: number | undefined) => ({ path: `tiers[${i}].scalesOn[${j}]`, line });
    const differing = others.flatMap((other, j) =>
      [...other.metrics].sort().join() === [...first.metrics].sort().join()
        ? []
        : [{ other, place: place(j + 1, other.line) }],
    );
    const [worst] = differing;
    if (worst === undefined) return [];
    const lists = [first, ...differing.map(({ other }) => other)].map(
      ({ metrics, line }) => `${metrics.join(', ')} (${lineText(line)})`,
    );
    return [
      broken({
        place: worst.place,
        against: [place(0, first.line), ...differing.map((each) => each.place)],
        severity: 'doubt',
        sentence: `${id} scales on different metrics: ${lists.join('; ')}`,
      }),
    ];
  });
}

type Maybe = Quantity | undefined;

function resultOf({ sumOf, productOf, quotientOf }: CheckContext['claims']['arithmetic'][number]): Maybe {
  const terms = (sumOf ?? productOf ?? quotientOf ?? []).flatMap((figure) =>
    claimsOf(figure).slice(0, 1).map(fromClaim),
  );
  if (sumOf !== undefined) return sum(terms);
  if (productOf !== undefined) return terms.reduce<Maybe>(times, constant(1));
  const [first, ...divisors] = terms;
  return divisors.reduce<Maybe>(
    (value, divisor) => (divisor.low > 0 ? over(value, divisor) : undefined),
    first,
  );
}

function arithmetic({ claims }: CheckContext): Draft[] {
  return claims.arithmetic.flatMap((row) => {
    const expected = resultOf(row);
    if (expected === undefined) return [];
    return claimsOf(row.result)
      .filter((claim) => !agrees(claim, expected))
      .map((claim) =>
        wrong(claim, expected, {
          unit: row.unit,
          say: ({ claimed, right }) => `${row.name} is ${right}, not ${claimed}`,
        }),
      );
  });
}

export const RESTATED_RULES: readonly Rule[] = [
  { id: 'restated', title: 'a figure that is stated twice has one value', check: restated },
  { id: 'scaling-metrics', title: 'a tier scales on one set of metrics', check: scalingMetrics },
  { id: 'arithmetic', title: 'a result is the sum, product or quotient of its terms', check: arithmetic },
];
