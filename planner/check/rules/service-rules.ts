import { DAYS_PER_MONTH, HOURS_PER_MONTH, HOURS_PER_YEAR, MIN_PER_HOUR } from '../../../vocabulary/units.ts';
import { computeInteractionAvailability } from '../../money/interaction.ts';
import type { CheckContext, Rule } from '../context.ts';
import { broken, type Draft, hold, missing, wrong } from '../finding.ts';
import {
  claimOf,
  claimsOf,
  complementOf,
  constant,
  fromClaim,
  placeOf,
  type Quantity,
  stated,
  times,
} from '../quantity.ts';
import { show, showRange } from '../text.ts';

type Target = CheckContext['claims']['targets'][number];

/** What a ratio is of where the document only says requests: an answer is a turn, a model a call. */
const USUAL_UNIT = { availability: 'call', errors: 'turn', fallback: 'call' } as const;
type RatioMetric = keyof typeof USUAL_UNIT;
const isRatioMetric = (metric: string): metric is RatioMetric => Object.hasOwn(USUAL_UNIT, metric);

interface Compounded {
  readonly expected: Quantity;
  readonly each: Quantity;
  readonly times: Quantity;
  readonly unit: string;
}

/** The same ratio of whole interactions: all of n independent parts must succeed. */
function compounded(target: Target, { claims, callsPerInteraction }: CheckContext): Compounded | undefined {
  if (!isRatioMetric(target.metric)) return undefined;
  const unit = target.per ?? USUAL_UNIT[target.metric];
  if (unit !== 'call' && unit !== 'turn') return undefined;
  const n = unit === 'call' ? callsPerInteraction : stated(claims.interaction.turns);
  const claim = claimOf(target.target);
  if (n === undefined || claim === undefined || !Number.isFinite(n.high)) return undefined;
  const bound = target.metric === 'availability' ? claim.low : claim.high;
  if (!(bound <= 1)) return undefined;
  const bad = target.metric !== 'availability';
  const of = (parts: number): number => {
    const good = computeInteractionAvailability(bad ? complementOf(bound) : bound, parts);
    return bad ? complementOf(good) : good;
  };
  const ends = [of(n.low), of(n.high)];
  const expected = { low: Math.min(...ends), high: Math.max(...ends), from: [placeOf(claim), ...n.from] };
  return { expected, each: { low: bound, high: bound, from: [placeOf(claim)] }, times: n, unit };
}

/** What differs by less between one part and a whole interaction is not worth a word. */
const NOTEWORTHY = 0.002;

function perInteraction(context: CheckContext): Draft[] {
  return context.claims.targets.flatMap((target) => {
    const whole = compounded(target, context);
    if (whole === undefined) return [];
    const text = `${show(whole.each.low, 'ratio')} ${target.metric} of one ${whole.unit}`;
    const many = `${showRange(whole.times, '')} ${whole.unit}s`;
    if (target.perInteraction !== undefined) {
      return hold(target.perInteraction, whole.expected, {
        unit: 'ratio',
        say: ({ claimed, right }) => `${text} is ${right} of an interaction of ${many}, not ${claimed}`,
      });
    }
    const claim = claimOf(target.target);
    if (claim === undefined || Math.abs(whole.expected.low - whole.each.low) < NOTEWORTHY) return [];
    return [
      missing({
        place: claim,
        needed: whole.expected,
        unit: 'ratio',
        sentence: `${text} is ${showRange(whole.expected, 'ratio')} of an interaction of ${many}, which the document does not say`,
      }),
    ];
  });
}

const targetOf = ({ claims }: CheckContext, metric: Target['metric']): Target | undefined =>
  claims.targets.find((target) => target.metric === metric);

/** Layers in series: all must be up. */
function layersInSeries(context: CheckContext): Draft[] {
  const target = targetOf(context, 'availability');
  const claim = claimOf(target?.target);
  const layers = context.claims.tiers.flatMap((tier) => stated(tier.availabilityRatio) ?? []);
  const product = layers.reduce<Quantity | undefined>(times, constant(1));
  if (claim === undefined || product === undefined || layers.length === 0) return [];
  if (product.high >= claim.low - 1e-12) return [];
  return [
    wrong(claim, product, {
      unit: 'ratio',
      say: ({ claimed, right }) =>
        `the layers in series are up ${right} of the time together, not ${claimed}`,
    }),
  ];
}

/** Alerts lie on the bad side of their targets, and two of one thing agree. */
function alerts(context: CheckContext): Draft[] {
  const wrongSide = context.claims.targets.flatMap((target) => {
    const aim = claimOf(target.target);
    const alert = claimOf(target.alert);
    if (aim === undefined || alert === undefined || !Number.isFinite(alert.low)) return [];
    const risesWhenGood = target.metric === 'availability';
    const early = risesWhenGood ? alert.high > aim.low : alert.high < aim.high;
    if (!early || target.metric === 'other') return [];
    return [
      wrong(
        alert,
        { low: aim.high, high: aim.high, from: [aim] },
        {
          unit: target.metric === 'p95-response-s' ? 's' : 'ratio',
          say: ({ claimed, right }) =>
            `the alert of ${target.metric} at ${claimed} fires while its objective of ${right} is met`,
        },
      ),
    ];
  });
  return [...wrongSide, ...context.claims.targets.flatMap(lateAlert), ...alertsAgree(context)];
}

/** Burning a month's allowance this many times as fast before anybody is told. */
const LATE = 5;

function lateAlert(target: Target): Draft[] {
  const aim = claimOf(target.target);
  const alert = claimOf(target.alert);
  if (aim === undefined || alert === undefined || !isRatioMetric(target.metric)) return [];
  const badOf = (value: number): number => (target.metric === 'availability' ? complementOf(value) : value);
  const [allowed, unseen] = [badOf(target.metric === 'availability' ? aim.low : aim.high), badOf(alert.low)];
  const burn = unseen / allowed;
  if (!(allowed > 0 && allowed < 1 && burn >= LATE * 0.98 && Number.isFinite(burn))) return [];
  const daysLeft = DAYS_PER_MONTH / burn;
  return [
    wrong(alert, fromClaim(aim), {
      unit: 'ratio',
      severity: 'doubt',
      say: ({ claimed, right }) =>
        `the alert of ${target.metric} at ${claimed} lets what the objective of ${right} allows be used up ${show(burn, '')} times as fast unseen: a month's allowance is gone in ${show(daysLeft, '')} days`,
    }),
  ];
}

function alertsAgree(context: CheckContext): Draft[] {
  const availability = targetOf(context, 'availability');
  const failing = claimOf(targetOf(context, 'errors')?.alert);
  const up = claimOf(availability?.alert);
  if (up === undefined || failing === undefined || availability?.per === 'time' || !(up.low <= 1)) return [];
  const down = complementOf(up.low);
  const ratio = failing.high / down;
  if (!(down > 0) || (ratio > 1 / ALIKE && ratio < ALIKE)) return [];
  return [
    wrong(
      failing,
      { low: down, high: down, from: [up] },
      {
        unit: 'ratio',
        severity: 'doubt',
        say: ({ claimed, right }) =>
          `availability alerts at ${right} failed requests and errors at ${claimed}: of two alerts on one thing one never speaks first`,
      },
    ),
  ];
}

/** Alerts on the same failures that differ by less are one alert. */
const ALIKE = 1.5;

function incidents(context: CheckContext): Draft[] {
  const rows = context.claims.incidents.flatMap((row) => {
    const claim = claimOf(row.responseMin);
    return claim === undefined ? [] : [{ severity: row.severity, claim }];
  });
  const disorder = rows.slice(1).flatMap((row, i) => {
    const worse = rows[i];
    if (worse === undefined || row.claim.high >= worse.claim.high) return [];
    return [
      wrong(
        row.claim,
        { low: worse.claim.high, high: worse.claim.high, from: [worse.claim] },
        {
          unit: 'min',
          say: ({ claimed }) =>
            `${row.severity} is answered within ${claimed} min, sooner than the worse ${worse.severity}`,
        },
      ),
    ];
  });
  const target = claimOf(targetOf(context, 'availability')?.target);
  const [worst] = rows;
  if (target === undefined || worst === undefined || !(target.low <= 1)) return disorder;
  const allowedMin = complementOf(target.low) * HOURS_PER_MONTH * MIN_PER_HOUR;
  if (worst.claim.high <= allowedMin) return disorder;
  return [
    ...disorder,
    wrong(
      worst.claim,
      { low: 0, high: allowedMin, from: [target] },
      {
        unit: 'min',
        say: ({ claimed, right }) =>
          `${worst.severity} is answered within ${claimed} min, when the downtime of a month (${right} min) is used up`,
      },
    ),
  ];
}

/** Promises without an exception against targets that allow one. */
function alwaysUp(context: CheckContext): Draft[] {
  const promise = context.claims.principles.alwaysAvailable;
  const claim = claimOf(targetOf(context, 'availability')?.target);
  if (promise === undefined || claim === undefined || claim.low >= 1) return [];
  const hours = complementOf(claim.low) * HOURS_PER_YEAR;
  return [
    broken({
      place: promise,
      against: claimsOf(targetOf(context, 'availability')?.target),
      claimed: { low: 1, high: 1 },
      corrected: claim,
      unit: 'ratio',
      sentence: `it is said to be always there, but the objective of ${show(claim.low, 'ratio')} allows ${show(hours, '')} hours of downtime a year`,
    }),
  ];
}

export const SERVICE_RULES: readonly Rule[] = [
  {
    id: 'per-interaction',
    title: 'all parts of an interaction must succeed: ratio ^ parts',
    check: perInteraction,
  },
  {
    id: 'layers-in-series',
    title: 'availability of layers in series is their product',
    check: layersInSeries,
  },
  {
    id: 'alerts',
    title: 'an alert lies beyond its objective and not far beyond, and two on one thing agree',
    check: alerts,
  },
  {
    id: 'incidents',
    title: 'worse incidents are answered sooner, within the downtime allowed',
    check: incidents,
  },
  { id: 'always-up', title: 'an objective below 100 % allows downtime', check: alwaysUp },
];
