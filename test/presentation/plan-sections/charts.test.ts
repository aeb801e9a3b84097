import { describe, expect, it } from 'vitest';
import { breakEvenChart } from '../../../presentation/charts/break-even.ts';
import { hoursChart } from '../../../presentation/charts/over-hours.ts';
import { replicaRangeChart } from '../../../presentation/charts/replica-range.ts';
import { tornadoBars, tornadoChart } from '../../../presentation/charts/tornado.ts';
import { VENDOR_VS_OWN_PER_DAY, weekTurnsPerS } from '../plan-fixtures.ts';
import { blocksOf, breakEven, drawn, numberOf, ofClass } from './full-report.ts';

describe('the tornado', () => {
  const view = {
    id: 't',
    title: 'Machine',
    cost: 'ai' as const,
    centralUsd: drawn.central.usdPerInteraction.ai,
    simulated: false,
  };
  const svg = tornadoChart(drawn.tornado, view) ?? '';

  it('has a bar for each input that moves the cost, the widest first; people do not move the machine', () => {
    const bars = tornadoBars(drawn.tornado, 'ai');
    expect(bars.map(({ row }) => row.input)).toEqual([
      'busyHourShareRatio',
      'capacity',
      'tokenPrice',
      'retryRatio',
    ]);
    expect(tornadoBars(drawn.tornado, 'resolved')[0]?.row.input).toBe('escalationRatio');
  });

  it('draws lengths that keep their proportions, P10 left of the plan for a cost that grows', () => {
    const [low, high] = [ofClass(svg, 'rect', 'fill-p50'), ofClass(svg, 'rect', 'fill-p95')];
    // The first of each is the mark of the legend.
    const [first, second] = [low[1], low[2]];
    const bars = tornadoBars(drawn.tornado, 'ai');
    const length = (index: number): number => Math.abs((bars[index]?.atP10 ?? 0) - view.centralUsd);
    expect(numberOf(first, 'width') / numberOf(second, 'width')).toBeCloseTo(length(0) / length(1), 1);
    expect(numberOf(first, 'x')).toBeLessThan(numberOf(high[1], 'x'));
    // More capacity costs less: its P10 is right of the plan.
    expect(numberOf(second, 'x')).toBeGreaterThan(numberOf(high[2], 'x'));
  });

  it('says the figures in words', () => {
    expect(svg).toContain('busy-hour share: ');
    expect(svg).toMatch(/at its P10 \(0\.8\)/);
  });

  it('is absent where nothing moves the cost', () => {
    expect(tornadoChart([], view)).toBeUndefined();
    expect(tornadoChart(drawn.tornado.slice(0, 2), view)).toBeUndefined();
  });
});

describe('the break-even chart', () => {
  const svg =
    breakEvenChart(breakEven.modes, { id: 'b', title: 'Modes', plannedInteractionsPerDay: 25_000 }) ?? '';

  /** Where a drawn line is at `x`, by interpolation between its points. */
  function heightAt(path: string, x: number): number {
    const points = [...path.matchAll(/[ML]?(-?[\d.]+),(-?[\d.]+)/g)].map(
      (match) => [Number(match[1]), Number(match[2])] as const,
    );
    const next = points.findIndex(([px]) => px >= x);
    const [from, to] = [points[next - 1], points[next]];
    if (from === undefined || to === undefined) return Number.NaN;
    return from[1] + ((x - from[0]) / (to[0] - from[0])) * (to[1] - from[1]);
  }

  it('draws the crossing where the two lines cross', () => {
    const crossing = ofClass(svg, 'circle', 'fill-limit')[0];
    const lines = ['stroke-p95', 'stroke-good'].map(
      (ink) => ofClass(svg, 'path', ink)[0]?.attributes.d ?? '',
    );
    const x = numberOf(crossing, 'cx');
    const [vendor, own] = lines.map((line) => heightAt(line, x));
    expect(Math.abs((vendor ?? 0) - (own ?? 0))).toBeLessThan(3);
    expect(Math.abs(numberOf(crossing, 'cy') - (own ?? 0))).toBeLessThan(3);
    expect(VENDOR_VS_OWN_PER_DAY).toBeGreaterThan(200_000);
  });

  it('marks the planned volume, the option that ends, and which is cheapest where', () => {
    expect(svg).toContain('planned: 25K a day');
    expect(svg).toContain('one host carries no more');
    expect(svg).toContain('On-premises GPU servers, two sites (SIMULATED) is cheapest from');
    expect(svg).not.toMatch(/NaN|Infinity/);
  });

  it('is absent without curves', () => {
    expect(
      breakEvenChart(breakEven.inference, { id: 'b', title: 'x', plannedInteractionsPerDay: 1 }),
    ).toBeUndefined();
  });
});

describe('replicas over a week', () => {
  it('steps at each hour, to heights that keep their proportions', () => {
    const values = [1, 3, 2];
    const svg = hoursChart({
      id: 'h',
      title: 'x',
      description: 'three hours of a day, in one series of counts',
      simulated: false,
      unit: 'replicas',
      intervalHours: 1,
      series: [{ text: 'a', ink: 'p50', mark: 'line', values }],
    });
    const d = ofClass(svg, 'path', 'stroke-p50')[0]?.attributes.d ?? '';
    const heights = [...d.matchAll(/[ML]?(-?[\d.]+),(-?[\d.]+)/g)].map((match) => Number(match[2]));
    const [bottom] = ofClass(svg, 'line', 'stroke-grid').map((line) => numberOf(line, 'y1'));
    const over = (height: number | undefined): number => (bottom ?? 0) - (height ?? 0);
    // A step after each point: 1, then 1 again where the second begins, 3, 3, 2, 2.
    expect(over(heights[2]) / over(heights[0])).toBeCloseTo(3, 1);
    expect(over(heights[4]) / over(heights[0])).toBeCloseTo(2, 1);
  });

  it('names the days', () => {
    const chart = blocksOf('autoscaling').find((block) => block.kind === 'chart');
    const svg = chart?.kind === 'chart' ? chart.svg : '';
    for (const day of ['Monday', 'Thursday', 'Sunday']) expect(svg).toContain(`>${day}</text>`);
  });

  it('shows the load in replicas that it needs, on the same axis as the replicas there are', () => {
    const peak = Math.max(...weekTurnsPerS);
    expect(peak / 1.1).toBeGreaterThan(4);
    const chart = blocksOf('autoscaling').find((block) => block.kind === 'chart');
    const svg = chart?.kind === 'chart' ? chart.svg : '';
    expect(svg).toContain('replicas that the load needs');
    expect(svg).not.toMatch(/NaN|Infinity/);
  });
});

describe('ranges of replicas', () => {
  it('has a row for each tier, with the plan beside the draws', () => {
    const ranges = drawn.replicas.map((tier) => ({ modeTitle: 'M', simulated: false, tier }));
    const svg = replicaRangeChart(ranges, 'r') ?? '';
    expect(svg).toContain('planned 3, needs 3 [3–5]');
    expect(replicaRangeChart([], 'r')).toBeUndefined();
  });
});
