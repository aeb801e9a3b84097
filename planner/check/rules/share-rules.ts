import { modelUsd, shareOfBill } from '../bill.ts';
import type { CheckContext, Rule } from '../context.ts';
import { broken, type Draft, hold, wrong } from '../finding.ts';
import {
  type Claim,
  claimOf,
  claimsOf,
  constant,
  minus,
  over,
  type Quantity,
  stated,
  times,
} from '../quantity.ts';
import { show, showRange } from '../text.ts';

/** Ends of a range may be rounded, so that sums miss by this much. */
const SUM_TOLERANCE = 0.015;

interface Part {
  readonly name: string;
  readonly claim: Claim;
}

const total = (parts: readonly Part[], of: (claim: Claim) => number): number =>
  parts.reduce((added, { claim }) => added + of(claim), 0);

/** Parts of a whole: 100 % lies among their sums, in the middle of the ranges, and each end can be reached. */
function sumsOfShares({ claims }: CheckContext): Draft[] {
  return claims.shares.flatMap(({ name, parts }) => {
    const known = parts.flatMap((part) => {
      const claim = claimOf(part.ratio);
      return claim === undefined || claim.high > 1 ? [] : [{ name: part.name, claim }];
    });
    const [first] = known;
    if (first === undefined || known.length !== parts.length) return [];
    const sums = { low: total(known, ({ low }) => low), high: total(known, ({ high }) => high) };
    const middle = (sums.low + sums.high) / 2;
    const reachable = sums.low <= 1 + SUM_TOLERANCE && sums.high >= 1 - SUM_TOLERANCE;
    if (reachable && Math.abs(middle - 1) <= SUM_TOLERANCE) return unreachableEnds(known, sums);
    const ends =
      sums.low === sums.high
        ? showRange(sums, 'ratio')
        : `${showRange(sums, 'ratio')}, ${show(middle, 'ratio')} in the middle`;
    return [
      broken({
        place: first.claim,
        against: known.map(({ claim }) => claim),
        severity: reachable ? 'doubt' : 'contradiction',
        claimed: sums,
        corrected: { low: 1, high: 1 },
        unit: 'ratio',
        sentence: `the parts of ${name} add up to ${ends}, not to 100 %`,
      }),
    ];
  });
}

/** An end that no choice of the other parts completes to the whole. */
function unreachableEnds(parts: readonly Part[], sums: { low: number; high: number }): Draft[] {
  return parts.flatMap(({ name, claim }) => {
    const others = { low: sums.low - claim.low, high: sums.high - claim.high };
    const fits = { low: Math.max(claim.low, 1 - others.high), high: Math.min(claim.high, 1 - others.low) };
    if (Math.abs(fits.low - claim.low) <= SUM_TOLERANCE && Math.abs(fits.high - claim.high) <= SUM_TOLERANCE)
      return [];
    return [
      wrong(
        claim,
        { ...fits, from: parts.map((part) => part.claim) },
        {
          unit: 'ratio',
          severity: 'doubt',
          say: ({ claimed, right }) => `the other parts leave ${right} for ${name}, not ${claimed}`,
        },
      ),
    ];
  });
}

const MODEL_CATEGORY = 'llm';

/** Stated shares of the cost against the stated costs. */
function sharesAgainstCosts({ claims }: CheckContext): Draft[] {
  const parts = claims.shares.filter((share) => share.of === 'cost').flatMap((share) => share.parts);
  const claim = claimOf(parts.find((part) => part.category === MODEL_CATEGORY)?.ratio);
  if (claim === undefined) return [];
  return claims.volumes.flatMap((volume) => {
    const share = over(stated(volume.llmUsd), stated(volume.totalUsd));
    if (share === undefined) return [];
    const isInside = share.low >= claim.low * 0.98 && share.high <= claim.high * 1.02;
    if (isInside) return [];
    const place = claimOf(volume.llmUsd) ?? claim;
    return [
      broken({
        place,
        against: [claim, ...share.from],
        claimed: claim,
        corrected: share,
        unit: 'ratio',
        sentence: `models are ${showRange(share, 'ratio')} of the cost at ${volume.name}, not ${showRange(claim, 'ratio')}`,
      }),
    ];
  });
}

/** Every part of the cost has a line in a bill, and every line a part. */
function partsWithoutLines({ claims }: CheckContext): Draft[] {
  const { bill } = claims;
  const share = claims.shares.find(({ of }) => of === 'cost');
  const parts = share?.parts.filter(({ category }) => category !== undefined) ?? [];
  if (bill === undefined || parts.length === 0) return [];
  const billed = new Set([...bill.lines.map(({ category }) => category), MODEL_CATEGORY]);
  const shared = new Set(parts.map(({ category }) => category));
  const withoutLine = parts.filter(({ category }) => category !== undefined && !billed.has(category));
  const withoutShare = bill.lines.filter(({ category }) => !shared.has(category));
  const places = [
    ...withoutLine.flatMap(({ ratio }) => claimsOf(ratio)),
    ...withoutShare.flatMap(({ usdPerMonth }) => claimsOf(usdPerMonth)),
  ];
  const [place] = places;
  if (place === undefined) return [];
  const names = (rows: readonly { readonly name: string }[]): string =>
    rows.map(({ name }) => name).join(', ');
  const sides = [
    ...(withoutLine.length === 0 ? [] : [`no line of the bill pays for the share of ${names(withoutLine)}`]),
    ...(withoutShare.length === 0 ? [] : [`no share of the cost is for ${names(withoutShare)} of the bill`]),
  ];
  return [broken({ place, against: places, sentence: sides.join(', and ') })];
}

/** Even a discount of this much on the part does not give the saving on the whole. */
const DEEPEST_DISCOUNT = 0.8;

function savingsOnParts(context: CheckContext): Draft[] {
  const { savings } = context.claims;
  return savings.flatMap((saving) => {
    const claim = claimOf(saving.ratio);
    const share =
      saving.on === 'infrastructure' && saving.actsOn !== undefined
        ? shareOfBill(saving.actsOn, context)
        : undefined;
    if (claim === undefined || share === undefined || !Number.isFinite(claim.high)) return [];
    if (claim.high <= share.high * DEEPEST_DISCOUNT) return [];
    const corrected = times({ ...claim, from: [claim] }, share) as Quantity;
    return [
      wrong(claim, corrected, {
        unit: 'ratio',
        severity: claim.low > share.high ? 'contradiction' : 'doubt',
        say: ({ claimed, right }) =>
          `what ${saving.name} saves is saved on ${saving.actsOn}, ${showRange(share, 'ratio')} of the bill of the smallest deployment: ${claimed} of that is ${right} of infrastructure`,
      }),
    ];
  });
}

function savingsByModel(context: CheckContext): Draft[] {
  const { savings, models } = context.claims;
  return savings.flatMap((saving) => {
    const from = models.find(({ name }) => name === saving.from);
    const to = models.find(({ name }) => name === saving.to);
    if (from === undefined || to === undefined) return [];
    const ratio = over(modelUsd(to, context), modelUsd(from, context));
    return hold(saving.ratio, minus(constant(1), ratio), {
      unit: 'ratio',
      say: ({ claimed, right }) =>
        `${to.name} in place of ${from.name} saves ${right} of the model cost, not ${claimed}`,
    });
  });
}

export const SHARE_RULES: readonly Rule[] = [
  { id: 'shares', title: 'parts of a whole add up to 100 %', check: sumsOfShares },
  { id: 'shares-of-cost', title: 'a share of the cost is that cost ÷ the total', check: sharesAgainstCosts },
  {
    id: 'parts-of-cost',
    title: 'every part of the cost has a line in the bill, every line a part',
    check: partsWithoutLines,
  },
  {
    id: 'savings',
    title: 'saving on the whole = saving on the part × its share',
    check: (context) => [...savingsOnParts(context), ...savingsByModel(context)],
  },
];
