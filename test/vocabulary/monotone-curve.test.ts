import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLogPchip, createPchip, findCrossing } from '../../vocabulary/monotone-curve.ts';

const rising = fc
  .array(
    fc.tuple(fc.double({ min: 0.01, max: 10, noNaN: true }), fc.double({ min: 0, max: 10, noNaN: true })),
    {
      minLength: 2,
      maxLength: 12,
    },
  )
  .map((steps) => {
    let [x, y] = [1, 1];
    return steps.map(([dx, dy]) => {
      x += dx;
      y += dy;
      return { x, y };
    });
  });

describe('monotone cubic curve', () => {
  test('passes through its points and keeps their monotonicity', () => {
    fc.assert(
      fc.property(rising, (points) => {
        const curve = createPchip(points);
        for (const { x, y } of points) expect(curve.at(x)).toBeCloseTo(y, 9);
        let before = Number.NEGATIVE_INFINITY;
        for (let i = 0; i <= 100; i++) {
          const y = curve.at(Math.min(curve.maxX, curve.minX + ((curve.maxX - curve.minX) * i) / 100));
          expect(y).toBeGreaterThanOrEqual(before - 1e-9);
          before = y;
        }
      }),
    );
  });

  test('reproduces a straight line exactly', () => {
    const curve = createPchip([1, 2, 4, 7].map((x) => ({ x, y: 3 * x - 2 })));
    for (const x of [1, 1.3, 3, 5.5, 7]) expect(curve.at(x)).toBeCloseTo(3 * x - 2, 12);
  });

  test('the value that SciPy gives for x² on 0, 1, 2, 4 by the same equations', () => {
    // Slopes by hand: interior d1 = 3/(1/1 + 2/3)·…; d1 = 6/(3/1 + 3/3) = 1.5, d2 = (4+5)/(5/3 + 4/6) = 27/7.
    const curve = createPchip([0, 1, 2, 4].map((x) => ({ x, y: x * x })));
    const [d1, d2] = [1.5, 27 / 7];
    const t = 0.5;
    const expected = 1 * (1 + 2 * t) * 0.25 + 4 * 0.25 * (3 - 2 * t) + (d1 * t * 0.25 - d2 * 0.25 * (1 - t));
    expect(curve.at(1.5)).toBeCloseTo(expected, 12);
  });

  test('a power law is a straight line in log–log', () => {
    const curve = createLogPchip([1, 10, 100].map((x) => ({ x, y: 5 * x ** 1.7 })));
    expect(curve.at(37)).toBeCloseTo(5 * 37 ** 1.7, 6);
    expect(curve.at(100)).toBeCloseTo(5 * 100 ** 1.7, 6);
  });

  test('outside its range and without order it throws', () => {
    const points = [
      { x: 1, y: 1 },
      { x: 2, y: 2 },
    ];
    expect(() => createPchip(points).at(2.0001)).toThrow('outside the measured range');
    expect(() => createLogPchip(points).at(0.9)).toThrow('outside the measured range');
    expect(() => createPchip(points.slice(0, 1))).toThrow('at least two');
    expect(() => createPchip([...points, { x: 2, y: 3 }])).toThrow('ascending');
  });

  test('finds where a rising curve crosses a level', () => {
    const curve = createLogPchip([1, 2, 4, 8].map((x) => ({ x, y: x ** 2 })));
    expect(findCrossing(curve, 9, 2, 4)).toBeCloseTo(3, 9);
  });
});
