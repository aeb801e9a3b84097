import { sizeStaffing } from '../../../planner/people/staffing.ts';
import type { ClaimsInput } from '../../../scenarios/claims.ts';
import type { Random } from '../../../vocabulary/random.ts';

/** A guide whose figures all follow from one another, worked out here without the checker. */
type Guide = ClaimsInput & { readonly kind: 'busyhour-claims' };

const digits = (value: number): number => Number(value.toPrecision(7));

/** Replicas spread one by one over zones; those of the fullest zone are lost. */
function survivors(replicas: number, zones: number): number {
  const perZone = Array.from({ length: zones }, () => 0);
  for (let i = 0; i < replicas; i++) perZone[i % zones] = (perZone[i % zones] ?? 0) + 1;
  return replicas - Math.max(...perZone);
}

function instancesFor(perDay: number, carried: number, zones: number, least: number): number {
  let instances = least;
  const needed = Math.ceil(perDay / carried - 1e-6);
  while ((zones > 0 ? survivors(instances, zones) : instances) < needed) instances++;
  return instances;
}

export function consistentGuide(random: Random): Guide {
  const between = (low: number, high: number): number => digits(low + (high - low) * random.next());
  const whole = (low: number, high: number): number => Math.floor(low + (high - low + 1) * random.next());
  const turns = whole(2, 12);
  const kinds = Array.from({ length: whole(1, 3) }, (_, i) => ({
    name: `kind ${i}`,
    callsPerTurn: whole(1, 2),
    inputTokensPerCall: whole(400, 3_000),
    outputTokensPerCall: whole(20, 400),
  }));
  const sumOf = (of: (kind: (typeof kinds)[number]) => number): number =>
    kinds.reduce((total, kind) => total + of(kind), 0);
  const callsPerTurn = sumOf((kind) => kind.callsPerTurn);
  const inputPerTurn = sumOf((kind) => kind.callsPerTurn * kind.inputTokensPerCall);
  const outputPerTurn = sumOf((kind) => kind.callsPerTurn * kind.outputTokensPerCall);
  const responseS = between(outputPerTurn / 120, outputPerTurn / 40);
  const thinkS = digits(2 + responseS * between(1, 3));
  const share = between(0.08, 0.2);
  const utilisation = between(0.5, 0.85);
  const zones = random.next() < 0.5 ? 3 : 0;
  const concurrent = whole(20, 500);
  const turnsPerS = concurrent / (responseS + thinkS);
  const carried = (turnsPerS * utilisation * 3600) / share / turns;
  const days = [whole(8, 20), whole(60, 200), whole(400, 3_000)].map((times) =>
    Math.round(carried * times * between(0.9, 1)),
  );
  const instances = days.map((day) => instancesFor(day, carried, zones, 2));
  const models = Array.from({ length: 2 }, (_, i) => {
    const [input, output] = [between(0.05, 30), between(0.2, 80)];
    const inputUsd = (inputPerTurn * turns * input) / 1e6;
    const outputUsd = (outputPerTurn * turns * output) / 1e6;
    return { name: `model ${i}`, input, output, inputUsd, outputUsd, totalUsd: inputUsd + outputUsd };
  });
  const firstShare = between(0.2, 0.8);
  const mixUsd = (models[0]?.totalUsd ?? 0) * firstShare + (models[1]?.totalUsd ?? 0) * (1 - firstShare);
  const [compute, balancer, database] = [between(40, 400), between(10, 60), between(50, 900)];
  const volumes = days.map((day, i) => {
    const infrastructureUsd = ((instances[i] ?? 0) * compute + balancer + database) / ((day * 730) / 24);
    return { name: `volume ${i}`, day, infrastructureUsd, totalUsd: mixUsd + infrastructureUsd };
  });
  const humanUsd = between(4, 15);
  const machineUsd = between(0.01, 0.4);
  const escalation = between(0.1, 0.3);
  const [firstDay = 0] = days;
  const agents = sizeStaffing({
    contactsPerS: (firstDay * share * escalation) / 3600,
    averageHandleTimeS: 400,
    answeredRatio: 0.8,
    targetWaitS: 20,
    meanPatienceS: 299,
    maxOccupancy: 0.85,
    shrinkage: 0.3,
  }).scheduledAgents;
  const availability = between(0.99, 0.9999);
  const calls = turns * callsPerTurn;
  const parts = [between(0.1, 0.4), between(0.1, 0.4)];
  const perS = (firstDay * share) / 3600;
  const available = {
    metric: 'availability' as const,
    per: 'call' as const,
    target: availability,
    alert: digits(1 - (1 - availability) * 3),
    perInteraction: digits(availability ** calls),
  };
  const guide: Guide = {
    kind: 'busyhour-claims',
    schemaVersion: 1,
    title: 'a guide that agrees with itself',
    source: 'drawn',
    interaction: {
      turns,
      meanResponseS: responseS,
      thinkTimeS: thinkS,
      durationS: digits(turns * (responseS + thinkS)),
      callsPerTurn,
      callsPerInteraction: calls,
      inputTokensPerTurn: inputPerTurn,
      outputTokensPerTurn: outputPerTurn,
      inputTokensPerInteraction: inputPerTurn * turns,
      outputTokensPerInteraction: outputPerTurn * turns,
    },
    calls: kinds.map((kind) => ({
      ...kind,
      callsPerInteraction: kind.callsPerTurn * turns,
      inputTokensPerInteraction: kind.callsPerTurn * turns * kind.inputTokensPerCall,
      outputTokensPerInteraction: kind.callsPerTurn * turns * kind.outputTokensPerCall,
    })),
    demand: {
      interactionsPerDay: firstDay,
      interactionsPerMonth: digits((firstDay * 730) / 24),
      busyHourRatio: share,
      busyHourInteractionsPerS: digits(perS),
      busyHourTurnsPerS: digits(perS * turns),
      openInteractions: digits(perS * turns * (responseS + thinkS)),
    },
    tiers: [
      {
        id: 'application',
        scaling: 'horizontal',
        state: 'external',
        instances: instances[0] ?? 0,
        busyHourUtilisation: digits((perS * turns) / (turnsPerS * (instances[0] ?? 1))),
        minInstances: 2,
        maxInstances: 2 * Math.max(...instances),
        ...(zones > 0 ? { zones, zonesLost: 1 } : {}),
        cpuUtilisation: utilisation,
        requestCores: 2,
        limitCores: 2,
        availabilityRatio: digits(1 - (1 - availability) / 10),
        perInstance: [
          {
            case: 'measured',
            concurrentInteractions: concurrent,
            turnsPerS: digits(turnsPerS),
            interactionsPerDay: digits(carried),
          },
        ],
      },
    ],
    sizes: days.map((day, i) => ({
      name: `size ${i}`,
      instances: instances[i] ?? 0,
      interactionsPerDay: day,
    })),
    models: models.map((model) => ({
      name: model.name,
      inputUsdPerMTokens: model.input,
      outputUsdPerMTokens: model.output,
      inputUsd: digits(model.inputUsd),
      outputUsd: digits(model.outputUsd),
      totalUsd: digits(model.totalUsd),
    })),
    mix: {
      parts: [
        { model: 'model 0', ratio: firstShare },
        { model: 'model 1', ratio: digits(1 - firstShare) },
      ],
      usd: digits(mixUsd),
    },
    bill: {
      lines: [
        { name: 'compute', tier: 'application', category: 'compute', usdPerMonth: compute },
        { name: 'load balancer', category: 'network', shared: true, usdPerMonth: balancer },
        { name: 'database', category: 'database', shared: true, usdPerMonth: database },
      ],
      totalUsdPerMonth: digits(compute + balancer + database),
    },
    volumes: volumes.map((volume) => ({
      name: volume.name,
      interactionsPerDay: volume.day,
      interactionsPerMonth: digits((volume.day * 730) / 24),
      llmUsd: digits(mixUsd),
      infrastructureUsd: digits(volume.infrastructureUsd),
      totalUsd: digits(volume.totalUsd),
    })),
    shares: [
      {
        name: 'contacts',
        of: 'contacts',
        parts: [...parts, 1 - (parts[0] ?? 0) - (parts[1] ?? 0)].map((ratio, i) => ({
          name: `part ${i}`,
          ratio: digits(ratio),
        })),
      },
    ],
    savings: [],
    people: {
      escalationRatio: escalation,
      averageHandleS: 400,
      forInteractionsPerDay: firstDay,
      scheduledAgents: agents,
      humanUsd,
      machineUsd,
      blendedUsd: digits(machineUsd + escalation * humanUsd),
      savings: [
        { name: 'alone', of: 'machine', ratio: digits(1 - machineUsd / humanUsd) },
        { name: 'of all', of: 'all', ratio: digits(1 - machineUsd / humanUsd - escalation) },
      ],
    },
    targets: [
      {
        metric: 'fallback',
        per: 'call',
        target: { atMost: 0.01 },
        perInteraction: digits(1 - 0.99 ** calls),
      },
      { metric: 'p95-response-s', target: { atMost: digits(responseS * between(2, 5)) } },
      // Without a word on losses, a target of availability would be a promise that nothing keeps.
      ...(zones > 0 ? [available] : []),
    ],
    quotas: [
      {
        provider: 'a',
        requestsPerMin: digits(((Math.max(...days) * Math.max(1, share * 24) * calls) / 1440) * 1.2),
      },
    ],
    quotaNeed: {
      forInteractionsPerDay: firstDay,
      requestsPerMin: digits((firstDay * calls) / 1440),
      tokensPerMin: digits((firstDay * turns * (inputPerTurn + outputPerTurn)) / 1440),
    },
    arithmetic: [
      { name: 'a product', result: digits(turns * concurrent * 1.5), productOf: [turns, concurrent, 1.5] },
    ],
  };
  return guide;
}

/** Figures that others hold, by place: each is wrong on its own when it is changed. */
export const HELD_FIGURES = [
  'interaction.turns',
  'interaction.meanResponseS',
  'interaction.thinkTimeS',
  'interaction.durationS',
  'interaction.callsPerTurn',
  'interaction.callsPerInteraction',
  'interaction.inputTokensPerTurn',
  'interaction.outputTokensPerTurn',
  'interaction.inputTokensPerInteraction',
  'interaction.outputTokensPerInteraction',
  'calls.0.callsPerTurn',
  'calls.0.callsPerInteraction',
  'calls.0.inputTokensPerCall',
  'calls.0.outputTokensPerCall',
  'calls.0.inputTokensPerInteraction',
  'calls.0.outputTokensPerInteraction',
  'demand.interactionsPerDay',
  'demand.interactionsPerMonth',
  'demand.busyHourRatio',
  'demand.busyHourInteractionsPerS',
  'demand.busyHourTurnsPerS',
  'demand.openInteractions',
  'tiers.0.instances',
  'tiers.0.busyHourUtilisation',
  'tiers.0.cpuUtilisation',
  'tiers.0.perInstance.0.concurrentInteractions',
  'tiers.0.perInstance.0.turnsPerS',
  'tiers.0.perInstance.0.interactionsPerDay',
  'sizes.0.instances',
  'sizes.0.interactionsPerDay',
  'sizes.2.instances',
  'sizes.2.interactionsPerDay',
  'models.0.inputUsdPerMTokens',
  'models.0.outputUsdPerMTokens',
  'models.0.inputUsd',
  'models.1.outputUsd',
  'models.1.totalUsd',
  'mix.parts.0.ratio',
  'mix.usd',
  'bill.lines.0.usdPerMonth',
  'bill.totalUsdPerMonth',
  'volumes.0.interactionsPerDay',
  'volumes.1.interactionsPerMonth',
  'volumes.1.llmUsd',
  'volumes.2.infrastructureUsd',
  'volumes.2.totalUsd',
  'shares.0.parts.1.ratio',
  'people.escalationRatio',
  'people.humanUsd',
  'people.machineUsd',
  'people.blendedUsd',
  'people.forInteractionsPerDay',
  'people.scheduledAgents',
  'people.savings.0.ratio',
  'people.savings.1.ratio',
  'targets.0.perInteraction',
  'quotas.0.requestsPerMin',
  'quotaNeed.forInteractionsPerDay',
  'quotaNeed.requestsPerMin',
  'quotaNeed.tokensPerMin',
  'arithmetic.0.result',
] as const;

/** The guide with one figure multiplied. */
export function withFigureTimes(guide: Guide, path: string, factor: number): Guide {
  const copy = structuredClone(guide) as unknown as Record<string, unknown>;
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const holder = keys.reduce<Record<string, unknown>>((at, key) => at[key] as Record<string, unknown>, copy);
  const value = holder[last];
  if (typeof value !== 'number') throw new Error(`${path} is not a number in the drawn guide`);
  holder[last] = value * factor;
  return copy as unknown as Guide;
}
