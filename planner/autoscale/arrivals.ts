import { type Random, sampleGamma, sampleNormal, samplePoisson } from '../../vocabulary/random.ts';
import { S_PER_HOUR, S_PER_MIN } from '../../vocabulary/units.ts';

/** Arrivals of a span of time in steps of equal length, as counts. */
export interface ArrivalSteps {
  readonly stepS: number;
  readonly counts: Float64Array;
}

/** Above this mean a Poisson count is drawn from its normal limit: the error is far below its own scatter. */
const NORMAL_ABOVE = 20;

function drawCount(random: Random, mean: number): number {
  if (mean <= 0) return 0;
  return mean > NORMAL_ABOVE
    ? Math.max(0, mean + Math.sqrt(mean) * sampleNormal(random))
    : samplePoisson(random, mean);
}

/**
 * The rate at an instant: a line between the middles of the hours, scaled in each hour so that its mean is the hour's.
 * The week begins again after its end, as does any other cycle of hours.
 */
export function createHourlyRate(perSByHour: readonly number[]): (atS: number) => number {
  const hours = perSByHour.length;
  const level = (hour: number): number => perSByHour[(hour + hours) % hours] ?? 0;
  // The line's own mean over an hour is ⅛ of each neighbour and ¾ of the hour itself.
  const scale = perSByHour.map((own, hour) => {
    const mean = (6 * own + level(hour - 1) + level(hour + 1)) / 8;
    return mean === 0 ? 0 : own / mean;
  });
  return (atS) => {
    const position = atS / S_PER_HOUR;
    const hour = Math.floor(position) % hours;
    const offset = position - Math.floor(position) - 0.5;
    const neighbour = level(offset < 0 ? hour - 1 : hour + 1);
    const line = level(hour) + (neighbour - level(hour)) * Math.abs(offset);
    return line * (scale[hour] ?? 0);
  };
}

/**
 * Squared coefficient of variation of a rate that is drawn anew each minute, such that counts per minute have the index
 * of dispersion I at `perS`: I = 1 + cv²·perS·60. 0 for an index of 1 or less, which independent arrivals have.
 */
export const modulationCv2 = (indexOfDispersion60S: number, perS: number): number =>
  perS > 0 ? Math.max(0, indexOfDispersion60S - 1) / (perS * S_PER_MIN) : 0;

/**
 * Counts over the hours: independent arrivals around the hourly rate, which bursts multiply by a gamma draw each minute.
 * Bursts reach all customers alike, so their strength relative to the rate is the same at night.
 */
export function drawArrivals(
  hours: { readonly perSByHour: readonly number[]; readonly burstCv2: number },
  stepS: number,
  random: Random,
): ArrivalSteps {
  const { perSByHour, burstCv2 } = hours;
  const rateAt = createHourlyRate(perSByHour);
  const counts = new Float64Array(Math.round((perSByHour.length * S_PER_HOUR) / stepS));
  const stepsPerBlock = Math.round(S_PER_MIN / stepS);
  let burst = 1;
  for (let step = 0; step < counts.length; step++) {
    if (burstCv2 > 0 && step % stepsPerBlock === 0) burst = sampleGamma(random, 1 / burstCv2, burstCv2);
    counts[step] = drawCount(random, rateAt((step + 0.5) * stepS) * stepS * burst);
  }
  return { stepS, counts };
}
