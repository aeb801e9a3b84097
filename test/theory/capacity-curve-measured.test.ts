import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { createServingCurve } from '../../planner/calibrate/closed-loop-curve.ts';
import { readMeasuredFile } from '../../planner/validate/measured-file.ts';
import { validateServing } from '../../planner/validate/protocol.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import { dataPath } from './published-vectors.ts';

const path = dataPath('measured-llm/measured.csv.gz');

describe.skipIf(path === undefined)(
  'capacity curve on measured GPUs (skipped where ../shared/data is absent)',
  () => {
    const file = () => unwrap(readMeasuredFile(path ?? ''));
    const validation = () => unwrap(validateServing(file(), { source: 'measured-llm', seed: 1 }));

    test('on configurations that no fit saw, as docs/accuracy.md says, and better than each baseline', () => {
      const { figures, baselines, judged } = validation();
      expect(judged).toBeGreaterThan(150);
      expect(figures.heldOutPoints).toBeGreaterThan(300);
      expect(figures.reqPerSMapePct).toBeLessThanOrEqual(4);
      for (const [name, own] of Object.entries(baselines)) {
        expect(own.reqPerSMapePct, name).toBeGreaterThan(figures.reqPerSMapePct ?? Number.POSITIVE_INFINITY);
      }
    });

    test('every target is met, and docs/accuracy.md publishes the figures that come out, to the digit', () => {
      const { figures, targets, judged, failures, refused } = validation();
      expect(targets.filter(({ verdict }) => verdict !== 'met')).toEqual([]);
      const page = readFileSync(fileURLToPath(new URL('../../docs/accuracy.md', import.meta.url)), 'utf8');
      const published = [...page.matchAll(/^\|[^|]*\| `(\w+)` \|.*\*\*(−?[\d.]+)/gm)];
      expect(published.length).toBeGreaterThanOrEqual(targets.length);
      for (const [, name = '', text = ''] of published) {
        const digits = text.split('.')[1]?.length ?? 0;
        expect(figures[name]?.toFixed(digits), name).toBe(text.replace('−', '-'));
      }
      expect(page).toContain(`357 configurations; ${judged} of them`);
      expect(page).toContain(`${failures.length} of ${judged - refused.length} configurations are off`);
    });

    test('no rate is given beyond the highest concurrency measured', () => {
      const configuration = file().configurations.find(({ points }) => points.length > 3);
      if (configuration === undefined) throw new Error('the data has no configuration of four concurrencies');
      const curve = createServingCurve(configuration.points, configuration.outputTokens);
      expect(() => curve.requestsPerSAt(curve.maxConcurrency * 1.01)).toThrow('outside the measured range');
      expect(() => curve.requestsPerSAt(curve.minConcurrency * 0.99)).toThrow('outside the measured range');
    });
  },
);
