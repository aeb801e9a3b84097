import type { PlanFile, PlannedMode } from '../../vocabulary/plan-file.ts';
import type { AutoscalingSection, ScalingPolicyRow } from '../../vocabulary/plan-sections/autoscaling.ts';
import type { AvailabilitySection } from '../../vocabulary/plan-sections/availability.ts';
import type { BreakEven, CostCurve } from '../../vocabulary/plan-sections/break-even.ts';
import type { PeopleSection } from '../../vocabulary/plan-sections/people.ts';
import type { TornadoRow, UncertaintySection } from '../../vocabulary/plan-sections/uncertainty.ts';
import type { WaitingSection } from '../../vocabulary/plan-sections/waiting.ts';
import { fixture } from './fixtures.ts';

const HOURS = 168;
/** Busy at noon, quiet at night, half of it at the weekend. */
export const weekTurnsPerS = Array.from({ length: HOURS }, (_, hour) => {
  const day = Math.floor(hour / 24);
  const level = 1.2 + Math.sin(((hour % 24) - 6) * (Math.PI / 12));
  return 2.4 * Math.max(0.1, level) * (day >= 5 ? 0.5 : 1);
});

const TURNS_PER_S_PER_REPLICA = 1.1;
const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

function policy(kind: ScalingPolicyRow['kind'], title: string, floor: number): ScalingPolicyRow {
  const hours = weekTurnsPerS.map((turnsPerS) => {
    const replicas = Math.max(floor, Math.ceil(turnsPerS / TURNS_PER_S_PER_REPLICA) + 1);
    return {
      turnsPerS,
      meanReplicas: replicas,
      minReplicas: replicas,
      maxReplicas: replicas + 1,
      rejectedRatio: 0,
      lateRatio: turnsPerS > 5 ? 0.002 : 0,
    };
  });
  const counts = kind === 'static' ? hours.map(() => floor) : hours.map(({ meanReplicas }) => meanReplicas);
  return {
    kind,
    title,
    settings: [
      {
        name: 'hpaTolerance',
        value: 0.1,
        unit: 'ratio',
        basis: 'catalogue',
        source: 'k8s/hpa',
        date: '2026-04-01',
      },
    ],
    outcome: {
      turns: 1_400_000,
      rejectedRatio: kind === 'keda' ? 0.004 : 0,
      lateRatio: kind === 'static' ? 0 : 0.001,
      withinObjectives: kind !== 'keda',
      minReplicas: Math.min(...counts),
      maxReplicas: Math.max(...counts),
      meanReplicas: sum(counts) / HOURS,
      replicaHours: sum(counts),
      usdPerMonth: (sum(counts) / HOURS) * 730 * 0.09,
      scaleUps: kind === 'static' ? 0 : 41,
      scaleDowns: kind === 'static' ? 0 : 40,
      longestShortageS: kind === 'static' ? 0 : 75,
    },
    ...(kind === 'static' ? {} : { hours }),
  };
}

const AUTOSCALING: AutoscalingSection = {
  seed: 1,
  profile: 'a call centre that is busy at noon',
  profileBasis: 'assumed',
  weekTurnsPerS,
  tiers: [
    {
      kind: 'scaled',
      tier: 'gateway',
      unit: 'm7i.large',
      replica: { turnsPerSAtObjectives: TURNS_PER_S_PER_REPLICA, maxTurnsPerS: 1.6, basis: 'measured' },
      startLagS: 95,
      policies: [
        policy('static', 'seven, always on', 7),
        policy('hpa', 'HPA on CPU at 60 %', 2),
        policy('keda', 'KEDA on queue length', 1),
      ],
      headroom: {
        staticReplicas: 6,
        staticHeadroomRatio: 0.2,
        minReplicas: 3,
        sentence: 'Six fixed replicas would do instead.',
      },
      cheapestPolicy: 1,
      sentence: 'The HPA is cheapest and saves 31 % of the replica-hours.',
    },
    { kind: 'not-scaled', tier: 'vendor quota', reason: 'a quota is bought for a month' },
  ],
  serverless: [
    {
      tier: 'gateway',
      offer: 'aws/lambda',
      figures: [
        {
          name: 'usdPerRequest',
          value: 2e-7,
          unit: 'USD',
          basis: 'catalogue',
          source: 'aws/lambda',
          date: '2026-05-01',
        },
      ],
      coldStartRatio: 0.0012,
      quietestHourColdStartRatio: 0.02,
      busiestHourColdStartRatio: 0.0001,
      usdPerMonth: 310,
      usdPerInteraction: 0.0004,
      containersUsdPerMonth: 240,
      breakEvenInteractionsPerDay: 18_500,
      cheaper: 'containers',
      sentence: 'Functions are cheaper below 18,500 interactions a day.',
    },
  ],
};

const PEOPLE: PeopleSection = {
  intervalMinutes: 30,
  profile: 'the half hours of a call centre',
  figures: [
    {
      name: 'averageHandleTimeS',
      value: 360,
      unit: 's',
      basis: 'catalogue',
      source: 'aht/us-2023',
      date: '2023',
    },
  ],
  intervals: Array.from({ length: 48 }, (_, index) => staffed(index)),
  busiest: staffed(24),
  paidAgentHours: 910,
  paidAgentHoursPerDay: 910,
  botDown: {
    contactsPerS: 1.04,
    offeredErlangs: 374,
    answeredInTimeRatio: 0.04,
    abandonProbability: 0.71,
    meanWaitS: 210,
    abandonedPerHour: 2650,
    agents: 396,
    scheduledAgents: 566,
    hoursPerMonth: 0.6,
  },
};

function staffed(index: number): PeopleSection['busiest'] {
  const agents = Math.max(0, Math.round(60 + 58 * Math.sin(((index - 12) * Math.PI) / 24)));
  return {
    startMinute: index * 30,
    contactsPerS: agents / 420,
    offeredErlangs: agents * 0.82,
    agents,
    scheduledAgents: Math.ceil(agents / 0.7),
    binding: agents === 0 ? 'none' : agents > 40 ? 'occupancy' : 'service-level',
    serviceLevelRatio: 0.86,
    abandonProbability: 0.01,
    meanWaitS: 7.5,
    occupancyRatio: 0.82,
  };
}

const AVAILABILITY: AvailabilitySection = {
  ratio: 0.9991,
  independentRatio: 0.99995,
  downMinutesPerMonth: 39.4,
  zoneAvailabilityRatio: 0.9995,
  explanation: 'summed over the zones that can be lost at once',
  tiers: [{ tier: 'gateway', replicas: 3, needed: 2, ratio: 0.9998 }],
};

const WAITING: WaitingSection = {
  arrivals: {
    kind: 'modulated',
    indexOfDispersion60S: 7.2,
    gapCv: 1.4,
    figures: [
      {
        name: 'indexOfDispersion60S',
        value: 7.2,
        unit: 'ratio',
        basis: 'measured',
        source: 'the arrivals of a trace',
      },
    ],
    explanation: 'Counts per minute vary 7.2 times as much as Poisson arrivals, so waiting is simulated.',
  },
  tiers: [
    {
      kind: 'modelled',
      tier: 'gateway',
      queues: 1,
      servers: 3,
      server: 'core of a gateway process',
      arrivalRatePerS: 5.2,
      meanServiceMs: 310,
      serviceScv: 1,
      serviceBasis: 'measured',
      serviceSource: 'run run-cpu',
      allUp: {
        kind: 'steady',
        method: 'simulation',
        model: 'simulated: modulated arrivals',
        utilisation: 0.54,
        waitProbability: 0.31,
        meanWaitMs: 84,
        meanWaitLowMs: 71,
        meanWaitHighMs: 97,
        p95WaitMs: 520,
        simulation: { customers: 400_000, warmUpCustomers: 20_000, batches: 30, reducedBy: 1, seed: 1 },
        explanation: 'burstier than a closed form holds for',
      },
      afterLosses: {
        kind: 'overloaded',
        utilisation: 1.08,
        explanation: 'two processes carry less than arrives',
      },
    },
    {
      kind: 'not-modelled',
      tier: 'vendor quota',
      reason: 'the vendor’s queue is not known',
      liftedBy: 'benching the vendor',
    },
  ],
  meanWaitMs: 84,
};

const SPREADS: readonly (readonly [key: string, label: string, unit: string, relative: number])[] = [
  ['escalationRatio', 'share escalated to people', 'ratio', 0.4],
  ['humanContactUsd', 'cost of a contact that a person handles', 'USD', 0.3],
  ['busyHourShareRatio', 'busy-hour share', 'ratio', 0.08],
  ['capacity', 'measured capacity of one inference replica (simulated)', 'turns/s', -0.06],
  ['tokenPrice', 'price of output tokens', 'USD per million', 0.05],
  ['retryRatio', 'share of calls that are made again', 'ratio', 0.01],
];

function tornado(usd: UncertaintySection['central']['usdPerInteraction']): TornadoRow[] {
  return SPREADS.map(([input, label, unit, relative], index) => {
    const isPeople = index < 2;
    const ends = (centre: number, share: number) => ({
      atP10: centre * (1 - relative * share),
      atP90: centre * (1 + relative * share),
    });
    return {
      input,
      label,
      unit,
      p10: 0.8,
      p90: 1.3,
      usdPerInteraction: {
        ai: isPeople ? { atP10: usd.ai, atP90: usd.ai } : ends(usd.ai, 1),
        blended: ends(usd.blended, 0.8),
        resolved: ends(usd.resolved, 0.9),
      },
      replicas: index === 3 ? [{ tier: 'gateway', atP10: 2, atP90: 4 }] : [],
      swingUsdPerResolved: Math.abs(usd.resolved * relative * 1.8),
    };
  });
}

function uncertainty(mode: PlannedMode): UncertaintySection {
  const { ai, blended, resolved } = mode.usdPerInteraction;
  const central = { ai: ai.p50, blended: blended.p50, resolved: resolved.p50 };
  const scaled = (usd: number) => ({ p10: usd * 0.8, p50: usd, p90: usd * 1.3 });
  const machine = sum(
    mode.costLines.filter(({ category }) => category !== 'people').map((line) => line.usdPerMonth),
  );
  return {
    draws: 10_000,
    inputs: SPREADS.map(([key, label, unit]) => ({
      key,
      label,
      unit,
      distribution: 'triangular',
      low: 0.6,
      value: 1,
      high: 1.5,
      p10: 0.8,
      p90: 1.3,
      basis: 'assumed',
      source: 'default/escalation-share: the range of the sources',
    })),
    correlations: [
      {
        a: 'escalationRatio',
        b: 'busyHourShareRatio',
        rankCorrelation: 0.3,
        drawnRankCorrelation: 0.297,
        reason: 'busy days escalate more',
      },
    ],
    replicas: mode.tiers.map(({ tier, unit, replicas }, index) => ({
      tier,
      unit,
      planned: replicas,
      needed:
        index === 0
          ? { p10: replicas, p50: replicas, p90: replicas + 2 }
          : { p10: replicas, p50: replicas, p90: replicas },
      sufficientRatio: index === 0 ? 0.83 : 1,
      ...(index === 0 ? { maxReplicas: 12 } : {}),
      aboveMaxRatio: 0,
      missProbability: { allUp: 0.004, afterLosses: 0.062 },
    })),
    scheduledAgents: { p10: 140, p50: 169, p90: 240 },
    missProbability: {
      allUp: 0.004,
      afterLosses: 0.062,
      aboveMaxRatio: 0,
      byObjective: [
        {
          slo: { kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: 2000 },
          tiers: ['gateway'],
          allUp: 0.004,
          afterLosses: 0.062,
        },
      ],
    },
    usdPerMonth: {
      machine: scaled(machine),
      total: scaled(mode.usdPerMonth),
      lines: mode.costLines.map(({ line, usdPerMonth }) => ({ line, ...scaled(usdPerMonth) })),
    },
    central: { usdPerInteraction: central },
    tornado: tornado(central),
  };
}

const VOLUMES = Array.from({ length: 25 }, (_, index) => 100 * 10 ** (index / 4));

const curve = (id: string, title: string, fixedUsd: number, usdEach: number): CostCurve => ({
  id,
  title,
  basis: id.includes('gpu') ? 'simulated' : 'catalogue',
  source: `catalogue of ${id}`,
  date: '2026-06-01',
  points: VOLUMES.filter((perDay) => id !== 'compose' || perDay <= 50_000).map((interactionsPerDay) => {
    const usdPerMonth = fixedUsd + usdEach * interactionsPerDay * (730 / 24);
    return {
      interactionsPerDay,
      usdPerMonth,
      usdPerInteraction: usdPerMonth / (interactionsPerDay * (730 / 24)),
    };
  }),
  ...(id === 'compose' ? { end: { interactionsPerDay: 50_000, reason: 'one host carries no more' } } : {}),
});

/** Own GPUs cost 30,000 USD a month and 0.0005 each, the vendor 400 and 0.005: equal where 4,500 × … are. */
export const VENDOR_VS_OWN_PER_DAY = (30_000 - 400) / (0.005 - 0.0005) / (730 / 24);

const BREAK_EVEN: BreakEven = {
  plannedInteractionsPerDay: 25_000,
  modes: {
    curves: [
      curve('compose', 'Docker Compose on one host', 300, 0.006),
      curve('kubernetes-cloud-llm', 'Kubernetes with a cloud LLM', 400, 0.005),
      curve('on-prem-gpu', 'On-premises GPU servers, two sites', 30_000, 0.0005),
    ],
    crossings: [
      {
        cheaperBelow: 'kubernetes-cloud-llm',
        cheaperAbove: 'on-prem-gpu',
        interactionsPerDay: VENDOR_VS_OWN_PER_DAY,
        usdPerInteraction: 0.00506,
        lasting: true,
        onEnvelope: true,
        sentence: 'From 216,000 interactions a day on, own GPUs cost less than the vendor.',
      },
    ],
    cheapest: [
      { id: 'compose', fromPerDay: 100, toPerDay: 3_288 },
      { id: 'kubernetes-cloud-llm', fromPerDay: 3_288, toPerDay: VENDOR_VS_OWN_PER_DAY },
      { id: 'on-prem-gpu', fromPerDay: VENDOR_VS_OWN_PER_DAY, toPerDay: 100_000_000 },
    ],
  },
  inference: { curves: [], crossings: [], cheapest: [] },
  utilisation: [
    {
      own: 'H100 node',
      bought: 'gpt-4o-mini',
      ownUsdPerUnitHour: 21,
      turnsPerSPerUnit: 66,
      boughtUsdPerTurn: 0.0008,
      breakEvenUtilisationRatio: 0.11,
      plannedUtilisationRatio: 0.02,
      reachableUtilisationRatio: 0.31,
      cheaper: 'own-at-larger-volume',
      sentence: 'A node pays for itself when it is busy for more than 11 % of the time.',
      figures: [
        {
          name: 'usdPerGpuHour',
          value: 2.6,
          unit: 'USD',
          basis: 'catalogue',
          source: 'gpu/h100',
          date: '2026-01-05',
        },
      ],
    },
  ],
  commitments: [
    {
      mode: 'kubernetes-cloud-llm',
      tier: 'gateway',
      unit: 'm7i.large',
      plannedReplicas: 3,
      meanReplicas: 2.1,
      purchases: [
        { kind: 'on-demand', usdPerMonth: 240, committedReplicas: 0, sentence: 'all three at list price' },
        {
          kind: 'reserved',
          usdPerMonth: 171,
          committedReplicas: 2,
          sentence: 'two reserved, the third on demand',
        },
      ],
      cheapest: 'reserved',
      figures: [],
    },
  ],
  diagnostics: [],
  assumptions: ['Prices do not change with volume.'],
};

/** A plan with every optional section, to draw and to write. */
export function fullPlan(): PlanFile {
  const { plan } = fixture();
  return {
    ...plan,
    modes: plan.modes.map((mode) =>
      mode.kind === 'refused'
        ? mode
        : {
            ...mode,
            uncertainty: uncertainty(mode),
            waiting: WAITING,
            people: PEOPLE,
            availability: AVAILABILITY,
            ...(mode.mode === 'kubernetes-cloud-llm' ? { autoscaling: AUTOSCALING } : {}),
          },
    ),
    measurements: plan.measurements.map((each, index) =>
      index === 0 ? { ...each, nextTurnsPerS: [21, 23.5] } : each,
    ),
    breakEven: BREAK_EVEN,
    budget: {
      source: 'plan-budget.yaml',
      verdicts: [
        {
          mode: 'kubernetes-cloud-llm',
          ceiling: 'machineUsdPerMonth ≤ 2000',
          state: 'broken',
          value: 3_474,
          limit: 2_000,
          unit: 'USD per month',
          explanation: '3474 USD per month, limit 2000',
        },
        {
          mode: 'demo-compose',
          ceiling: 'machineUsdPerMonth ≤ 2000',
          state: 'kept',
          value: 1_614,
          limit: 2_000,
          unit: 'USD per month',
          explanation: '1614 USD per month',
        },
      ],
    },
  };
}
