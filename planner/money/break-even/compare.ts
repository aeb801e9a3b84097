import type {
  CostComparison,
  CostCrossing,
  CostCurve,
} from '../../../vocabulary/plan-sections/break-even.ts';
import { DAYS_PER_MONTH } from '../../../vocabulary/units.ts';
import { bisectVolume, findCrossings } from './crossings.ts';
import { type CostOption, remembering } from './option.ts';

type CurveEnd = NonNullable<CostCurve['end']>;

/** Where an option stops: the last volume that it carries, and what it says to more. */
function endOf(option: CostOption, volumes: readonly number[]): CurveEnd | undefined {
  const refusedAt = volumes.findIndex((perDay) => option.priceAt(perDay).kind === 'refused');
  if (refusedAt <= 0) return undefined;
  const [low = 0, high = 0] = [volumes[refusedAt - 1], volumes[refusedAt]];
  const refuses = (perDay: number): boolean => option.priceAt(perDay).kind === 'refused';
  const first = bisectVolume(low, high, refuses);
  const priced = option.priceAt(first);
  return { interactionsPerDay: first, reason: priced.kind === 'refused' ? priced.reason : '' };
}

function curveOf(option: CostOption, volumes: readonly number[]): CostCurve {
  const { id, title, basis, source, date } = option;
  const points = volumes.flatMap((interactionsPerDay) => {
    const priced = option.priceAt(interactionsPerDay);
    if (priced.kind === 'refused') return [];
    const { usdPerMonth, units } = priced;
    const usdPerInteraction = usdPerMonth / (interactionsPerDay * DAYS_PER_MONTH);
    return [
      { interactionsPerDay, usdPerMonth, usdPerInteraction, ...(units === undefined ? {} : { units }) },
    ];
  });
  const end = endOf(option, volumes);
  return {
    id,
    title,
    basis,
    source,
    ...(date === undefined ? {} : { date }),
    points,
    ...(end === undefined ? {} : { end }),
  };
}

/** The cheapest option that carries the volume; the first of those that cost the same. */
function cheapestAt(options: readonly CostOption[], perDay: number): string | undefined {
  let best: { readonly id: string; readonly usd: number } | undefined;
  for (const { id, priceAt } of options) {
    const priced = priceAt(perDay);
    if (priced.kind === 'refused') continue;
    if (best === undefined || priced.usdPerMonth < best.usd) best = { id, usd: priced.usdPerMonth };
  }
  return best?.id;
}

type Span = CostComparison['cheapest'][number];

/** Spans of one cheapest option; volumes that nobody carries are in none. */
function cheapestSpans(options: readonly CostOption[], volumes: readonly number[]): Span[] {
  const spans: Span[] = [];
  volumes.forEach((fromPerDay, index) => {
    const toPerDay = volumes[index + 1];
    const id = cheapestAt(options, fromPerDay);
    if (id === undefined || toPerDay === undefined) return;
    const last = spans[spans.length - 1];
    if (last?.id === id && last.toPerDay === fromPerDay) last.toPerDay = toPerDay;
    else spans.push({ id, fromPerDay, toPerDay });
  });
  return spans;
}

const rounded = (perDay: number): string => Number(perDay.toPrecision(3)).toLocaleString('en-GB');

function crossingsOf(options: readonly CostOption[], volumes: readonly number[]): CostCrossing[] {
  const pairs = options.flatMap((a, index) =>
    options.slice(index + 1).flatMap((b) => findCrossings(a, b, volumes)),
  );
  return pairs
    .map((pair) => {
      const cheapest = cheapestAt(options, pair.interactionsPerDay);
      const sentence = `from ${rounded(pair.interactionsPerDay)} interactions a day ${pair.cheaperAbove} is cheaper than ${pair.cheaperBelow}`;
      return { ...pair, onEnvelope: cheapest === pair.cheaperAbove, sentence };
    })
    .filter(({ lasting, onEnvelope }) => lasting || onEnvelope)
    .sort((a, b) => a.interactionsPerDay - b.interactionsPerDay);
}

/**
 * Cost of every option over the volumes, where the cheaper of two changes, and which is cheapest where. Options that
 * carry none of the volumes are left out.
 */
export function compareOptions(given: readonly CostOption[], volumes: readonly number[]): CostComparison {
  const [lowest = 1] = volumes;
  const options = given.map(remembering).filter(({ priceAt }) => priceAt(lowest).kind === 'priced');
  const curves = options.map((option) => curveOf(option, volumes));
  const crossings = crossingsOf(options, volumes);
  const breaks = [
    ...volumes,
    ...crossings.map(({ interactionsPerDay }) => interactionsPerDay),
    ...curves.flatMap(({ end }) => (end === undefined ? [] : [end.interactionsPerDay])),
  ];
  const sorted = [...new Set(breaks)].sort((a, b) => a - b);
  return { curves, crossings, cheapest: cheapestSpans(options, sorted) };
}
