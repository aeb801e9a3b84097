import { describe, expect, test } from 'vitest';
import { MODES, sizeMode } from '../fixtures/sized.ts';
import { uncertaintyOf } from '../fixtures/uncertain.ts';

const PER_DAY = 25_000;
const PER_MONTH = PER_DAY * (730 / 24);

const sectionOf = (id: keyof typeof MODES, interactionsPerDay = PER_DAY) =>
  uncertaintyOf({ mode: MODES[id], interactionsPerDay }).section;

function rowOf(section: ReturnType<typeof sectionOf>, input: string) {
  const row = section.tornado.find((other) => other.input === input);
  if (row === undefined) throw new Error(`no row ${input}`);
  return row;
}

/** P10 of a triangle whose likeliest value lies above its P10, and P90 of one whose lies below: by hand. */
const p10Of = (low: number, mode: number, high: number): number =>
  low + Math.sqrt(0.1 * (high - low) * (mode - low));
const p90Of = (low: number, mode: number, high: number): number =>
  high - Math.sqrt(0.1 * (high - low) * (high - mode));

describe('tornado from P10 to P90, one input at a time', () => {
  test('electricity of two own nodes, by hand', () => {
    const row = rowOf(sectionOf('onprem'), 'default/electricity/usdPerKwh');
    const [low, high] = [p10Of(0.1022, 0.146, 0.2044), p90Of(0.1022, 0.146, 0.2044)];
    expect(row.p10).toBeCloseTo(low, 9);
    expect(row.p90).toBeCloseTo(high, 9);
    expect(row.unit).toContain('USD');
    const { ai } = row.usdPerInteraction;
    expect(ai.atP90 - ai.atP10).toBeCloseTo((2 * 10.2 * 1.54 * 730 * (high - low)) / PER_MONTH, 9);
    expect(row.replicas).toEqual([]);
  });

  test('escalation, by hand: it moves what people cost and not the machine', () => {
    const section = sectionOf('kubernetes');
    const row = rowOf(section, 'escalationRatio');
    const { ai, blended, resolved } = section.central.usdPerInteraction;
    expect(row.usdPerInteraction.ai).toEqual({ atP10: ai, atP90: ai });
    const [low, high] = [p10Of(0.15, 0.2, 0.25), p90Of(0.15, 0.2, 0.25)];
    const humanUsd = (blended - ai) / 0.2;
    expect(row.usdPerInteraction.blended.atP10).toBeCloseTo(ai + low * humanUsd, 9);
    expect(row.usdPerInteraction.blended.atP90).toBeCloseTo(ai + high * humanUsd, 9);
    expect(row.usdPerInteraction.resolved.atP90).toBeCloseTo((ai + high * humanUsd) / 0.9, 9);
    expect(resolved).toBeCloseTo(blended / 0.9, 9);
  });

  test('the busy hour moves replicas, both ends by hand', () => {
    const perDay = 5_000_000;
    const row = rowOf(sectionOf('onprem', perDay), 'busyHourShareRatio');
    const { plans } = sizeMode({ mode: MODES.onprem, interactionsPerDay: perDay });
    const [low, high] = [p10Of(0.08, 0.15, 0.18), p90Of(0.08, 0.15, 0.18)];
    const inference = row.replicas.find(({ tier }) => tier === 'inference');
    const plan = plans.find(({ tier }) => tier === 'inference');
    const load =
      (1 / (1 + (plan?.limits.find(({ name }) => name === 'load')?.slackRatio ?? 0))) *
      (plan?.replicasForLoad ?? 0);
    // Two rooms, either of which carries all.
    expect(inference?.atP10).toBe(2 * Math.ceil((load * low) / 0.15));
    expect(inference?.atP90).toBe(2 * Math.ceil((load * high) / 0.15));
  });

  test('every input has a row, largest swing first, from the same centre as the cost lines', () => {
    for (const id of Object.keys(MODES) as (keyof typeof MODES)[]) {
      const section = sectionOf(id);
      const swings = section.tornado.map(({ swingUsdPerResolved }) => swingUsdPerResolved);
      expect(swings).toEqual([...swings].sort((a, b) => b - a));
      expect(section.tornado.map(({ input }) => input).sort()).toEqual(
        section.inputs.map(({ key }) => key).sort(),
      );
      const machineUsd = sizeMode({ mode: MODES[id], interactionsPerDay: PER_DAY })
        .lines.filter(({ driver }) => driver !== 'people')
        .reduce((sum, { line }) => sum + line.usdPerMonth, 0);
      expect(section.central.usdPerInteraction.ai).toBeCloseTo(machineUsd / PER_MONTH, 9);
    }
  });

  test('an input at its own two ends lies where the description of the input says', () => {
    const section = sectionOf('onprem');
    for (const input of section.inputs) {
      const row = rowOf(section, input.key);
      expect([row.p10, row.p90, row.unit]).toEqual([input.p10, input.p90, input.unit]);
      expect(input.low).toBeLessThanOrEqual(input.p10);
      expect(input.p10).toBeLessThan(input.p90);
      expect(input.p90).toBeLessThanOrEqual(input.high);
    }
  });
});
