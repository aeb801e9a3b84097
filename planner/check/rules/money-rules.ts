import { findLlmPrice } from '../../../scenarios/catalogue.ts';
import { TOKENS_PER_PRICE_UNIT } from '../../../vocabulary/units.ts';
import { billPerMonth, cheapestModelUsd, instancesForVolume, mixUsd, modelUsd, perMonthOf } from '../bill.ts';
import type { CheckContext, Model, Rule, Tier } from '../context.ts';
import { broken, type Draft, hold, type Said, wrong } from '../finding.ts';
import {
  claimOf,
  claimsOf,
  constant,
  over,
  plus,
  type Quantity,
  roundingOf,
  stated,
  sum,
  times,
} from '../quantity.ts';
import { show, showRange } from '../text.ts';

function modelCosts(context: CheckContext): Draft[] {
  return context.claims.models.flatMap((model) => {
    const part = (direction: 'input' | 'output') => modelUsd(model, context, direction);
    const rows = [
      ['input', model.inputUsd, part('input'), context.inputTokens],
      ['output', model.outputUsd, part('output'), context.outputTokens],
    ] as const;
    const priced = plus(part('input'), part('output'));
    const added = plus(stated(model.inputUsd), stated(model.outputUsd));
    return [
      ...rows.flatMap(([direction, figure, expected, tokens]) =>
        hold(figure, expected, {
          unit: 'USD',
          say: ({ claimed, right }) =>
            `${showRange(tokens ?? constant(0), '')} ${direction} tokens of ${model.name} cost ${right}, not ${claimed}${impliedPrice(figure, tokens)}`,
        }),
      ),
      ...hold(model.totalUsd, priced ?? added, {
        unit: 'USD',
        say: ({ claimed, right }) =>
          `input and output of an interaction with ${model.name} cost ${right} together, not ${claimed}`,
      }),
      ...coarseRounding(model, priced ?? added),
    ];
  });
}

function impliedPrice(figure: Model['inputUsd'], tokens: Quantity | undefined): string {
  const price = times(over(stated(figure), tokens), constant(TOKENS_PER_PRICE_UNIT));
  return price === undefined ? '' : `, which would be ${showRange(price, 'USD')} per million`;
}

/** Rounding that moves a figure by more than this carries on to all that is computed from it. */
const COARSE = 0.1;

function coarseRounding(model: Model, expected: Quantity | undefined): Draft[] {
  if (expected === undefined || expected.low !== expected.high || expected.low === 0) return [];
  return claimsOf(model.totalUsd)
    .filter(
      ({ low, high, decimals }) =>
        low === high &&
        Math.abs(low - expected.low) <= roundingOf(low, decimals) * (1 + 1e-9) &&
        Math.abs(low / expected.low - 1) > COARSE,
    )
    .map((claim) =>
      wrong(claim, expected, {
        unit: 'USD',
        severity: 'doubt',
        say: ({ claimed, right }) =>
          `rounding ${right} to ${claimed} moves ${model.name} by ${show(Math.abs(claim.low / expected.low - 1), 'ratio')}, and all that is computed from it`,
      }),
    );
}

function catalogueModels({ claims, catalogue }: CheckContext): Draft[] {
  return claims.models.flatMap((model) => {
    if (model.catalogueId === undefined) return [];
    const entry = findLlmPrice(catalogue, model.catalogueId);
    if (entry.kind === 'failed') {
      return [
        broken({
          place: claimOf(model.totalUsd) ?? { path: 'models' },
          against: [],
          severity: 'omission',
          sentence: `the price catalogue has no ${model.catalogueId}, so ${model.name} cannot be priced`,
        }),
      ];
    }
    const { inputUsdPerMTokens, outputUsdPerMTokens, date } = entry.value;
    const say =
      (what: string) =>
      ({ claimed, right }: { claimed: string; right: string }) =>
        `${model.catalogueId} costs ${right} per million ${what} tokens in the catalogue (${date}), not ${claimed}`;
    return [
      ...hold(model.inputUsdPerMTokens, constant(inputUsdPerMTokens), { unit: 'USD', say: say('input') }),
      ...hold(model.outputUsdPerMTokens, constant(outputUsdPerMTokens), { unit: 'USD', say: say('output') }),
    ];
  });
}

function mixCost(context: CheckContext): Draft[] {
  const { mix } = context.claims;
  return hold(mix?.usd, mixUsd(context), {
    unit: 'USD',
    say: ({ claimed, right }) => `the models in their shares cost ${right} an interaction, not ${claimed}`,
  });
}

function mixShares({ claims: { mix } }: CheckContext): Draft[] {
  if (mix === undefined || mix.parts.some((part) => part.ratio === undefined)) return [];
  const total = sum(mix.parts.map((part) => stated(part.ratio)));
  const claim = claimOf(mix.parts[0]?.ratio);
  if (total === undefined || claim === undefined) return [];
  if (total.low <= 1.005 && total.high >= 0.995) return [];
  return [
    broken({
      place: claim,
      against: total.from,
      claimed: total,
      corrected: { low: 1, high: 1 },
      unit: 'ratio',
      sentence: `the models answer ${showRange(total, 'ratio')} of interactions together, not 100 %`,
    }),
  ];
}

function volumeTotals(context: CheckContext): Draft[] {
  const { claims } = context;
  return claims.volumes.flatMap((volume) => {
    const model = claims.models.find(({ name }) => name === volume.model);
    const mixed = mixUsd(context);
    const own = model === undefined ? (mixed ?? cheapestModelUsd(context)) : modelUsd(model, context);
    const what =
      model?.name ?? (mixed === undefined ? 'the cheapest model' : 'the recommended mix of models');
    const bill = billPerMonth(context, instancesForVolume(volume, context));
    return [
      ...hold(volume.totalUsd, plus(stated(volume.llmUsd), stated(volume.infrastructureUsd)), {
        unit: 'USD',
        say: ({ claimed, right }) =>
          `model and infrastructure cost ${right} together (${volume.name}), not ${claimed}`,
      }),
      ...hold(volume.llmUsd, own, {
        unit: 'USD',
        say: ({ claimed, right }) =>
          `an interaction costs ${right} with ${what} (${volume.name}), not ${claimed}`,
      }),
      ...hold(volume.infrastructureUsd, over(bill, perMonthOf(volume)), {
        unit: 'USD',
        say: ({ claimed, right }) =>
          `a bill of ${showRange(bill ?? constant(0), 'USD')} a month over ${showRange(perMonthOf(volume) ?? constant(0), '')} interactions is ${right} each (${volume.name}), not ${claimed}`,
      }),
    ];
  });
}

function billTotal({ claims: { bill } }: CheckContext): Draft[] {
  return hold(
    bill?.totalUsdPerMonth,
    bill === undefined ? undefined : sum(bill.lines.map((line) => stated(line.usdPerMonth))),
    {
      unit: 'USD',
      say: ({ claimed, right }) => `the lines of the bill add up to ${right} a month, not ${claimed}`,
    },
  );
}

function sharedPerInstance({ claims: { bill } }: CheckContext): Draft[] {
  if (bill?.per?.is !== 'instance') return [];
  const shared = bill.lines.filter((line) => line.shared !== undefined);
  if (shared.length === 0) return [];
  const own = sum(
    bill.lines.filter((line) => line.shared === undefined).map((line) => stated(line.usdPerMonth)),
  );
  return [
    broken({
      place: bill.per,
      against: shared.flatMap((line) => claimsOf(line.usdPerMonth)),
      corrected: own,
      unit: 'USD',
      sentence: `the bill is called one of an instance but ${shared.map(({ name }) => name).join(', ')} are shared by all: an instance alone costs ${own === undefined ? '?' : showRange(own, 'USD')} a month`,
    }),
  ];
}

type Line = NonNullable<CheckContext['claims']['bill']>['lines'][number];

/** A shared line pays for as many as the tier must have. */
function pricedCount(line: Line, tier: Tier): Draft[] {
  const count = stated(line.count)?.high ?? 1;
  const least = claimOf(tier.minInstances);
  const nodes = times(stated(line.usdPerMonth), over(stated(tier.minInstances), constant(count)));
  if (line.shared === undefined || least === undefined || nodes === undefined || least.low <= count)
    return [];
  const often = count === 1 ? 'once' : `for ${show(count, '')}`;
  return claimsOf(line.usdPerMonth).map((claim) =>
    wrong(claim, nodes, {
      unit: 'USD',
      say: ({ claimed, right }) =>
        `${line.name} is priced ${often} at ${claimed} a month, but at least ${show(least.low, '')} run: ${right}`,
    }),
  );
}

/** A line is priced with the shape that the tier is specified with. */
function pricedShape(line: Line, tier: Tier): Draft[] {
  const holding = (unit: string) => ({
    unit,
    say: ({ claimed, right }: Said) =>
      `${line.name} is priced with ${claimed} ${unit}, but ${tier.id} is specified with ${right}`,
  });
  return [
    ...hold(line.cores, stated(tier.cores), holding('cores')),
    ...hold(line.memoryMb, stated(tier.memoryMb), holding('MB of memory')),
  ];
}

/** Standby and recovery regions run, and so they cost. */
function pricedRegions({ claims }: CheckContext): Draft[] {
  const regions = claimOf(claims.regions);
  const priced = claimOf(claims.bill?.regions)?.high ?? 1;
  if (claims.bill === undefined || regions === undefined || regions.high <= priced) return [];
  return [
    broken({
      place: regions,
      against: claims.bill.lines.flatMap((line) => claimsOf(line.usdPerMonth)),
      severity: 'doubt',
      claimed: regions,
      corrected: { low: priced, high: priced },
      unit: 'regions',
      sentence: `${show(regions.high, '')} regions are drawn and the bill is for ${show(priced, '')}: a standby that can take over runs, and costs`,
    }),
  ];
}

function pricedAsRun(context: CheckContext): Draft[] {
  const { bill, tiers } = context.claims;
  const byLine = (bill?.lines ?? []).flatMap((line) => {
    const tier = tiers.find(({ id }) => id === line.tier);
    return tier === undefined ? [] : [...pricedCount(line, tier), ...pricedShape(line, tier)];
  });
  return [...byLine, ...pricedRegions(context)];
}

export const MONEY_RULES: readonly Rule[] = [
  {
    id: 'model-cost',
    title: 'cost = tokens × price, and a total is the sum of its parts',
    check: modelCosts,
  },
  {
    id: 'catalogue-price',
    title: 'a price of the document is the price of the catalogue',
    check: catalogueModels,
  },
  {
    id: 'mix',
    title: 'cost of a mix = Σ share × cost',
    check: (context) => [...mixCost(context), ...mixShares(context)],
  },
  { id: 'volume-cost', title: 'cost per interaction = model + bill ÷ volume', check: volumeTotals },
  { id: 'bill-total', title: 'a bill is the sum of its lines', check: billTotal },
  { id: 'shared-cost', title: 'what is shared is not a cost of one instance', check: sharedPerInstance },
  {
    id: 'priced-as-run',
    title: 'what is priced is what runs: as many, and of that shape',
    check: pricedAsRun,
  },
];
