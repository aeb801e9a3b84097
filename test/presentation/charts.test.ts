import { describe, expect, it } from 'vitest';
import { costChart } from '../../presentation/charts/cost.ts';
import { linearScale, spanScale, ticksOf } from '../../presentation/charts/frame.ts';
import { goodputChart } from '../../presentation/charts/goodput.ts';
import { latencyChart } from '../../presentation/charts/latency.ts';
import { INKS, MARK_INKS } from '../../presentation/charts/palette.ts';
import { percentileChart } from '../../presentation/charts/percentiles.ts';
import { pickSteps } from '../../presentation/charts/pick-steps.ts';
import { binTimeline, timelineChart } from '../../presentation/charts/timeline.ts';
import { readResult } from '../../presentation/step-reading.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import { fixture, plannedModesFixture } from './fixtures.ts';
import { type Element, parseElements } from './well-formed.ts';

const { results } = fixture();
const [cpu, gpu] = results.map((result) => unwrap(readResult(result)));
if (cpu === undefined || gpu === undefined) throw new Error('the fixture is empty');

const ofClass = (svg: string, name: string, className: string): Element[] =>
  parseElements(svg).filter(
    (element) => element.name === name && (element.attributes.class ?? '').split(' ').includes(className),
  );
const numberOf = (element: Element | undefined, name: string): number => Number(element?.attributes[name]);
const positionOf = (element: Element): [number, number] => {
  const [, x, y] = /translate\(([\d.]+) ([\d.]+)\)/.exec(element.attributes.transform ?? '') ?? [];
  return [Number(x), Number(y)];
};

const CHARTS: Readonly<Record<string, string | undefined>> = {
  latency: latencyChart(cpu, 'a', 'latencyMs'),
  goodput: goodputChart(cpu, 'b', 19.4),
  ttft: percentileChart(cpu, 'c', 'timeToFirstTokenMs'),
  gaps: percentileChart(gpu, 'd', 'interTokenLatencyMs'),
  timeline: timelineChart(gpu, 'e'),
  cost: costChart(plannedModesFixture(), {
    id: 'f',
    title: 'Machine cost per interaction',
    categories: ['compute', 'llm', 'gpu', 'storage', 'network', 'operations'],
    view: 'ai',
  }),
};

describe.each(Object.entries(CHARTS))('the %s chart', (_name, svg = '') => {
  it('is well formed, titled and described', () => {
    const elements = parseElements(svg);
    expect(elements[0]).toMatchObject({ name: 'svg', attributes: { role: 'img' } });
    expect(elements[1]?.name).toBe('title');
    expect(elements[2]?.name).toBe('desc');
    expect(/<desc[^>]*>([^<]{40,})<\/desc>/.exec(svg)?.[1]).toBeDefined();
  });

  it('keeps every coordinate finite and inside its view box', () => {
    const [, width = '0', height = '0'] = /viewBox="0 0 (\d+(?:\.\d+)?) (\d+(?:\.\d+)?)"/.exec(svg) ?? [];
    expect(svg).not.toMatch(/NaN|Infinity/);
    const ungrouped = svg.replace(/<g transform="translate\([^)]*\)">.*?<\/g>/g, '');
    for (const element of parseElements(ungrouped)) {
      for (const [names, limit] of [
        [['x1', 'x2'], Number(width)],
        [['y1', 'y2'], Number(height)],
      ] as const) {
        for (const name of names.filter((each) => each in element.attributes)) {
          expect(numberOf(element, name)).toBeGreaterThanOrEqual(-0.01);
          expect(numberOf(element, name)).toBeLessThanOrEqual(limit + 0.01);
        }
      }
    }
  });

  it('carries its colours as attributes, so that a policy that blocks styles leaves it readable', () => {
    const marks = parseElements(svg).filter(({ attributes }) => /fill-|stroke-/.test(attributes.class ?? ''));
    expect(marks.length).toBeGreaterThan(10);
    for (const { attributes } of marks) expect(attributes.fill ?? attributes.stroke).toMatch(/^#|^none$/);
    expect(svg).not.toContain('style=');
  });
});

describe('the latency chart', () => {
  it('draws points where an independent linear map puts them', () => {
    const svg = CHARTS.latency ?? '';
    const marks = ofClass(svg, 'path', 'fill-p50').map(positionOf);
    const truth = cpu.steps
      .map((step) => [step.offeredPerS, step.histograms.get('latencyMs')?.percentileMs(50) ?? 0] as const)
      .sort((a, b) => a[0] - b[0]);
    expect(marks.length).toBe(truth.length);
    const [first, last] = [truth[0], truth.at(-1)];
    const [a, b] = [marks[0], marks.at(-1)];
    if (!first || !last || !a || !b) throw new Error('no points');
    truth.forEach(([perS, ms], index) => {
      const along = (perS - first[0]) / (last[0] - first[0]);
      expect(marks[index]?.[0]).toBeCloseTo(a[0] + along * (b[0] - a[0]), 1);
      const up = (ms - first[1]) / (last[1] - first[1]);
      expect(marks[index]?.[1]).toBeCloseTo(a[1] + up * (b[1] - a[1]), 1);
    });
  });

  it('says the objective', () => {
    expect(CHARTS.latency).toContain('objective: p95 ≤ 2,000 ms');
  });
});

describe('the cost chart', () => {
  it('stacks parts whose widths are as their USD', () => {
    const svg = CHARTS.cost ?? '';
    const [compose] = plannedModesFixture();
    const parts = compose?.byCategoryUsdPerInteraction ?? {};
    const compute = ofClass(svg, 'rect', 'fill-compute')[1];
    const operations = ofClass(svg, 'rect', 'fill-operations')[1];
    // One pixel of each part is the gap to its neighbour.
    const ratio = (numberOf(compute, 'width') + 1) / (numberOf(operations, 'width') + 1);
    expect(ratio).toBeCloseTo((parts.compute ?? 0) / (parts.operations ?? 1), 2);
  });

  it('marks a simulated mode beside its name, and only that one', () => {
    expect(CHARTS.cost?.match(/>SIMULATED</g)?.length).toBe(1);
  });
});

describe('the timeline', () => {
  it('loses no request when seconds are binned', () => {
    const seconds = Array.from({ length: 4000 }, (_, second) => ({
      atMs: 5000 + second * 1000,
      offered: second % 7,
      completed: second % 5,
      unsuccessful: second % 3,
      maxInFlight: 1,
    }));
    const { bins, binMs } = binTimeline(seconds);
    expect(bins.length).toBeLessThanOrEqual(320);
    const total = bins.reduce((sum, bin) => sum + (bin.offered * binMs) / 1000, 0);
    expect(total).toBeCloseTo(
      seconds.reduce((sum, second) => sum + second.offered, 0),
      6,
    );
  });

  it('draws nothing between steps', () => {
    const at = (second: number) => ({
      atMs: second * 1000,
      offered: 2,
      completed: 2,
      unsuccessful: 0,
      maxInFlight: 1,
    });
    const { bins } = binTimeline([at(0), at(1), at(5), at(6)]);
    expect(bins.map((bin) => bin.recorded)).toEqual([true, true, false, false, false, true, true]);
  });
});

describe('scales', () => {
  it('are logarithmic from a span of 15 on, with ticks at 1, 2 and 5', () => {
    expect(spanScale([10, 149], 100, 0).isLog).toBe(false);
    const scale = spanScale([10, 1000], 100, 0);
    expect(scale.isLog).toBe(true);
    expect(ticksOf(scale, 5)).toEqual([10, 20, 50, 100, 200, 500, 1000]);
    expect(ticksOf(spanScale([1, 1e6], 100, 0), 5).every((tick) => Number.isInteger(Math.log10(tick)))).toBe(
      true,
    );
  });

  it('stand on nothing', () => {
    expect(linearScale(0, 0, 100)(0)).toBe(0);
    expect(Number.isFinite(spanScale([], 100, 0)(0))).toBe(true);
  });

  it('pick the first and the last step', () => {
    const picked = pickSteps([1, 2, 3, 4, 5, 6, 7, 8, 9], 4);
    expect(picked).toEqual([1, 4, 6, 9]);
    expect(pickSteps([1, 2], 4)).toEqual([1, 2]);
  });
});

/** Relative luminance and contrast ratio: WCAG 2.2, definitions of both. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

describe('the palette', () => {
  it('agrees with WCAG: black on white is 21:1', () =>
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 6));

  it.each(['light', 'dark'] as const)('stands out from %s paper: marks 3:1, words 4.5:1', (shade) => {
    const paper = INKS.paper[shade];
    for (const ink of MARK_INKS) expect(contrast(INKS[ink][shade], paper), ink).toBeGreaterThanOrEqual(3);
    const words = [
      'text',
      'quiet',
      'bad',
      'good',
      'p50',
      'limit',
      'ramp1',
      'ramp2',
      'ramp3',
      'ramp5',
      'ramp6',
    ] as const;
    for (const ink of words) expect(contrast(INKS[ink][shade], paper), ink).toBeGreaterThanOrEqual(4);
  });
});
