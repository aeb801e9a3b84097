import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OpenList, type OpenPlace } from '../../vocabulary/open-list.ts';
import { OpenMap } from '../../vocabulary/open-map.ts';

const ROOT = join(import.meta.dirname, '../..');
const MB = 1e6;

describe('OpenList', () => {
  it('holds what a Set would, in the same order, whatever comes and goes', () => {
    const steps = fc.array(fc.record({ isAdd: fc.boolean(), at: fc.nat() }), { maxLength: 200 });
    fc.assert(
      fc.property(steps, (plan) => {
        const list = new OpenList<{ n: number }>();
        const model = new Set<{ n: number }>();
        const places = new Map<{ n: number }, OpenPlace<{ n: number }>>();
        for (const [n, { isAdd, at }] of plan.entries()) {
          const leaving = [...places.keys()][at % Math.max(1, places.size)];
          if (isAdd || leaving === undefined) {
            const value = { n };
            places.set(value, list.add(value));
            model.add(value);
          } else {
            // One that has left already may be told to leave again.
            expect(list.remove(places.get(leaving))).toBe(model.delete(leaving));
          }
          expect(list.size).toBe(model.size);
          expect(list.oldest).toBe([...model][0]);
        }
        expect(list.values()).toEqual([...model]);
      }),
    );
  });

  it('lets a place go of its value and its neighbours', () => {
    const list = new OpenList<string>();
    list.add('first');
    const place = list.add('second');
    list.add('third');
    expect(list.remove(place)).toBe(true);
    expect(place).toEqual({ value: undefined, before: undefined, after: undefined });
    expect(list.remove(place)).toBe(false);
    expect(list.remove(undefined)).toBe(false);
    expect(list.values()).toEqual(['first', 'third']);
  });
});

describe('OpenMap', () => {
  it('holds what a Map would, in the same order, whatever comes and goes', () => {
    const kind = fc.constantFrom('set' as const, 'delete' as const, 'clear' as const);
    const weighted = fc.oneof(
      { weight: 20, arbitrary: kind },
      { weight: 1, arbitrary: fc.constant('clear' as const) },
    );
    const steps = fc.array(fc.record({ kind: weighted, key: fc.nat(9) }), { maxLength: 200 });
    fc.assert(
      fc.property(steps, (plan) => {
        const map = new OpenMap<number, { n: number }>();
        const model = new Map<number, { n: number }>();
        for (const [n, { kind: change, key }] of plan.entries()) {
          if (change === 'set') {
            map.set(key, { n });
            model.set(key, { n });
          } else if (change === 'delete') {
            expect(map.delete(key)).toEqual(model.get(key));
            model.delete(key);
          } else {
            map.clear();
            model.clear();
          }
          expect(map.size).toBe(model.size);
          expect(map.has(key)).toBe(model.has(key));
          expect(map.get(key)).toEqual(model.get(key));
        }
        expect(map.entries()).toEqual([...model]);
        expect(map.values()).toEqual([...model.values()]);
      }),
    );
  });
});

/** What 200,000 objects leave in the old generation, bytes, when five at a time are open. No whole collection is asked for. */
function leftBehind(kind: 'list' | 'map'): number {
  const program = `
    import { getHeapSpaceStatistics } from 'node:v8';
    import { OpenList } from './vocabulary/open-list.ts';
    import { OpenMap } from './vocabulary/open-map.ts';
    const list = new OpenList();
    const map = new OpenMap();
    const open = [];
    const old = () => getHeapSpaceStatistics().find(({ space_name: name }) => name === 'old_space').space_used_size;
    // One that stays, and garbage until the old generation has it and what holds it.
    list.add({});
    map.set(-1, {});
    let garbage;
    for (let i = 0; i < 2_000_000; i++) garbage = new Array(20).fill(i);
    let most = 0;
    const before = old();
    for (let i = 0; i < 200_000; i++) {
      const value = { i, payload: new Array(100).fill(i) };
      open.push('${kind}' === 'list' ? list.add(value) : i);
      if ('${kind}' === 'map') map.set(i, value);
      if (open.length > 5) {
        const leaving = open.shift();
        if ('${kind}' === 'list') list.remove(leaving);
        else map.delete(leaving);
      }
      if (i % 10_000 === 0) most = Math.max(most, old() - before);
    }
    console.log(most);
  `;
  const args = ['--no-warnings', '--input-type=module-typescript', '--eval', program];
  return Number(execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' }));
}

describe('what has left', () => {
  it.each(['list', 'map'] as const)('is not copied to the old generation: %s', (kind) => {
    // A Set or a Map in its place leaves what comes until the next whole collection: some 50 MB, measured so.
    expect(leftBehind(kind)).toBeLessThan(30 * MB);
  });
});
