import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkClaims } from '../../../planner/check/check.ts';
import { readCatalogue } from '../../../scenarios/catalogue.ts';
import { resolveClaims } from '../../../scenarios/claims.ts';
import { unwrap } from '../../../vocabulary/errors.ts';

const catalogue = unwrap(readCatalogue());
const FILE = new URL('../../../scenarios/library/call-centre-guide-corrected.yaml', import.meta.url);
const GUIDE = parse(readFileSync(FILE, 'utf8')) as Record<string, unknown>;

type Keys = readonly string[];

/** Every figure of the file, by its keys. */
function figuresOf(tree: unknown, at: Keys = []): Keys[] {
  if (typeof tree === 'number') return [at];
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap(([key, value]) => figuresOf(value, [...at, key]));
}

/** What is found when one figure is multiplied; nothing where the schema refuses the value. */
function foundWhen(keys: Keys, factor: number): number {
  const copy = structuredClone(GUIDE);
  const holder = keys
    .slice(0, -1)
    .reduce<Record<string, unknown>>((tree, key) => tree[key] as Record<string, unknown>, copy);
  const last = keys.at(-1) ?? '';
  holder[last] = (holder[last] as number) * factor;
  const claims = resolveClaims(copy);
  return claims.kind === 'failed' ? 0 : checkClaims(claims.value, catalogue).findings.length;
}

describe('the figures of a corrected guide', () => {
  it('hold one another: nearly every one is found when it alone is changed', () => {
    const figures = figuresOf(GUIDE).filter((keys) => keys[0] !== 'schemaVersion');
    const held = figures.filter((keys) => [1.7, 0.5].some((factor) => foundWhen(keys, factor) > 0));
    expect(figures.length).toBeGreaterThan(150);
    expect(held.length / figures.length).toBeGreaterThan(0.88);
  });

  it('are those of the design', () => {
    const text = readFileSync(FILE, 'utf8');
    const worked = [0.001785, 0.02975, 0.261, 0.00878, 33.3, 432000, 69444, 2.51, 159, 192, 1920, 480];
    for (const figure of worked) expect(text).toMatch(new RegExp(`[ []${figure}[ ,\\]}\\n]`));
  });
});
