import { S_PER_HOUR } from '../../../vocabulary/units.ts';
import { resolveAssumptions } from '../../demand/assumptions.ts';
import { sizeStaffing } from '../../people/staffing.ts';
import { billPerMonth, cheapestModelUsd, dearestModelUsd, mixUsd } from '../bill.ts';
import type { CheckContext, Rule } from '../context.ts';
import { type Draft, hold, missing, wrong } from '../finding.ts';
import {
  claimOf,
  claimsOf,
  constant,
  minus,
  over,
  placeOf,
  plus,
  type Quantity,
  stated,
  times,
} from '../quantity.ts';
import { mainTier } from '../sizing.ts';
import { show, showRange } from '../text.ts';

type Maybe = Quantity | undefined;

/** Share of contacts that a person handles: escalated, and those that go to one at once. */
function humanShare({ claims: { people } }: CheckContext): Maybe {
  const escalated = stated(people.escalationRatio);
  return people.directRatio === undefined ? escalated : plus(escalated, stated(people.directRatio));
}

function blended(context: CheckContext): Maybe {
  const { people } = context.claims;
  return plus(stated(people.machineUsd), times(stated(people.humanUsd), humanShare(context)));
}

function savings(context: CheckContext): Draft[] {
  const { people } = context.claims;
  const human = stated(people.humanUsd);
  const machine = stated(people.machineUsd);
  const ofMachine = minus(constant(1), over(machine, human));
  const ofAll = minus(ofMachine, humanShare(context));
  const paidBack = over(minus(human, machine), machine);
  const sums = `${showRange(machine ?? constant(0), 'USD')} against ${showRange(human ?? constant(0), 'USD')}`;
  return people.savings.flatMap((saving) => {
    const label = saving.called;
    const named =
      label?.is === 'return-on-investment'
        ? hold(saving.ratio, paidBack, {
            unit: 'ratio',
            say: ({ claimed, right }) =>
              `${sums} is a saving; a return on investment, saved ÷ spent, would be ${right}, not ${claimed}`,
          })
        : [];
    if (saving.of === 'machine') {
      return [
        ...named,
        ...hold(saving.ratio, ofMachine, {
          unit: 'ratio',
          say: ({ claimed, right }) =>
            `${sums} saves ${right} of a contact that the machine resolves, not ${claimed}`,
        }),
      ];
    }
    const share = humanShare(context);
    return [
      ...named,
      ...hold(saving.ratio, ofAll, {
        unit: 'ratio',
        say: ({ claimed, right }) =>
          `with ${showRange(share ?? constant(0), 'ratio')} of contacts handled by people the saving over all is ${right}, not ${claimed}`,
      }),
    ];
  });
}

function blendedCost(context: CheckContext): Draft[] {
  const { people } = context.claims;
  return hold(people.blendedUsd, blended(context), {
    unit: 'USD',
    say: ({ claimed, right }) =>
      `with ${showRange(humanShare(context) ?? constant(0), 'ratio')} of contacts at ${showRange(stated(people.humanUsd) ?? constant(0), 'USD')} the mean contact costs ${right}, not ${claimed}`,
  });
}

/** Cheapest and dearest interaction of the document: its rows of volumes, and its models with the dearest infrastructure. */
function rangeOfCosts(context: CheckContext): Maybe {
  const totals = context.claims.volumes.flatMap(({ totalUsd }) => claimsOf(totalUsd));
  const dearest = dearestModelUsd(context);
  if (totals.length === 0 || dearest === undefined) return undefined;
  const infrastructure = Math.max(
    0,
    ...context.claims.volumes.flatMap((row) => claimsOf(row.infrastructureUsd).map(({ high }) => high)),
  );
  return {
    low: Math.min(...totals.map(({ low }) => low)),
    high: Math.max(dearest.high + infrastructure, ...totals.map(({ high }) => high)),
    from: [
      ...totals.map(placeOf),
      ...context.claims.models.flatMap(({ totalUsd }) => claimsOf(totalUsd).map(placeOf)),
    ],
  };
}

function machineRange(context: CheckContext): Draft[] {
  return hold(context.claims.people.machineUsdRange, rangeOfCosts(context), {
    unit: 'USD',
    say: ({ claimed, right }) =>
      `the models and volumes of the document cost ${right} an interaction, not ${claimed}`,
  });
}

/** What is called conservative is no less than any case of the document for the model that it recommends. */
function conservativeIsWorst({ claims }: CheckContext): Draft[] {
  const { machineUsd, machineUsdRange, conservative } = claims.people;
  const claim = claimOf(machineUsd);
  if (claim === undefined || conservative === undefined) return [];
  const cases = [
    ...claims.volumes.flatMap(({ totalUsd }) => claimsOf(totalUsd)),
    ...claimsOf(machineUsdRange),
  ].filter(({ high }) => Number.isFinite(high));
  if (cases.length === 0) return [];
  const worst = cases.reduce((most, next) => (next.high > most.high ? next : most));
  if (claim.low >= worst.high * 0.98) return [];
  return [
    wrong(
      claim,
      { low: worst.high, high: worst.high, from: [conservative, ...cases] },
      {
        unit: 'USD',
        say: ({ claimed, right }) =>
          `${claimed} an interaction is called conservative, but the document itself reaches ${right}`,
      },
    ),
  ];
}

/** Interactions a month whose saving pays the bill of the smallest deployment. */
function breakEvenVolume(context: CheckContext): Maybe {
  const { people } = context.claims;
  const model = mixUsd(context) ?? cheapestModelUsd(context);
  const human = stated(people.humanUsd);
  const handled = times(human, humanShare(context) ?? constant(0));
  const saved = minus(human, plus(model, handled));
  const bill = billPerMonth(context, stated(mainTier(context)?.minInstances) ?? constant(1));
  return saved === undefined || saved.low <= 0 ? undefined : over(bill, saved);
}

function breakEven(context: CheckContext): Draft[] {
  const { people } = context.claims;
  const volume = breakEvenVolume(context);
  if (volume === undefined) return [];
  if (people.breakEvenInteractionsPerMonth !== undefined) {
    return hold(people.breakEvenInteractionsPerMonth, volume, {
      unit: 'per month',
      say: ({ claimed, right }) =>
        `the saving of ${right} interactions a month pays the bill, not of ${claimed}`,
    });
  }
  if (people.breakEven === undefined) return [];
  return [
    missing({
      place: people.breakEven,
      needed: volume,
      unit: 'per month',
      sentence: `a break-even is promised and no volume is given: the saving of ${showRange(volume, '')} interactions a month pays the bill`,
    }),
  ];
}

/** Scheduled agents for a volume and an escalated share, by Erlang A, occupancy cap and shrinkage of the catalogue. */
function agentsFor(perDay: number, escalation: number, context: CheckContext): number | undefined {
  const defaults = resolveAssumptions(context.catalogue, {});
  if (defaults.kind === 'failed') return undefined;
  const {
    busyHourShare,
    averageHandleTimeS,
    answeredRatio,
    targetWaitS,
    patienceS,
    maxOccupancy,
    shrinkage,
  } = defaults.value;
  const { demand, people } = context.claims;
  const share = claimOf(demand.busyHourRatio)?.high ?? busyHourShare.value;
  return sizeStaffing({
    contactsPerS: (perDay * share * escalation) / S_PER_HOUR,
    averageHandleTimeS: claimOf(people.averageHandleS)?.high ?? averageHandleTimeS.value,
    answeredRatio: answeredRatio.value,
    targetWaitS: targetWaitS.value,
    meanPatienceS: patienceS.value,
    maxOccupancy: maxOccupancy.value,
    shrinkage: shrinkage.value,
  }).scheduledAgents;
}

/** The volume that agents are for: stated, else the smallest day of the document. */
function staffedDay({ claims }: CheckContext) {
  const own = claimOf(claims.people.forInteractionsPerDay);
  if (own !== undefined) return own;
  const days = [
    ...claims.sizes.flatMap((size) => claimsOf(size.interactionsPerDay)),
    ...claims.tiers.flatMap((tier) => tier.perInstance.flatMap((row) => claimsOf(row.interactionsPerDay))),
  ];
  return days.length === 0 ? undefined : days.reduce((least, next) => (next.low < least.low ? next : least));
}

function peopleSized(context: CheckContext): Draft[] {
  const { people } = context.claims;
  const escalation = claimOf(people.escalationRatio);
  const day = staffedDay(context);
  if (escalation === undefined || day === undefined || !(escalation.high > 0)) return [];
  const low = agentsFor(day.low, escalation.low, context);
  const high = agentsFor(day.low, escalation.high, context);
  if (low === undefined || high === undefined) return [];
  const from = [escalation, day].map(placeOf);
  if (people.scheduledAgents !== undefined) {
    return hold(
      people.scheduledAgents,
      { low, high, from },
      {
        unit: 'agents',
        say: ({ claimed, right }) =>
          `${showRange(escalation, 'ratio')} of ${show(day.low, '')} interactions a day take ${right} scheduled agents, not ${claimed}`,
      },
    );
  }
  return [
    missing({
      place: escalation,
      needed: { low: high, high, from },
      unit: 'agents',
      sentence: `${show(escalation.high, 'ratio')} of ${show(day.low, '')} interactions a day take ${show(high, '')} scheduled agents, and the document plans no people`,
    }),
  ];
}

export const PEOPLE_RULES: readonly Rule[] = [
  { id: 'saving', title: 'saving = 1 − (machine + human share × human) ÷ human', check: savings },
  { id: 'blended-cost', title: 'blended cost = machine + human share × human', check: blendedCost },
  { id: 'cost-range', title: 'a range covers every case of the document', check: machineRange },
  { id: 'conservative', title: 'what is called conservative is the worst case', check: conservativeIsWorst },
  { id: 'break-even', title: 'break-even volume = bill ÷ saving of one interaction', check: breakEven },
  { id: 'people', title: 'agents by Erlang A, occupancy cap and shrinkage', check: peopleSized },
];
