import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkClaims } from '../../../planner/check/check.ts';
import { formatFindings, formatFindingsMarkdown } from '../../../planner/check/report.ts';
import { readCatalogue } from '../../../scenarios/catalogue.ts';
import { resolveClaims } from '../../../scenarios/claims.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { createRandom, type Random } from '../../../vocabulary/random.ts';

const catalogue = unwrap(readCatalogue());
const LIBRARY = new URL('../../../scenarios/library/', import.meta.url);
const GUIDES = ['call-centre-guide.yaml', 'call-centre-guide-corrected.yaml'].map(
  (file) => parse(readFileSync(new URL(file, LIBRARY), 'utf8')) as Record<string, unknown>,
);

const FACTORS = [1e-9, 1e-3, 0.5, 3, 1e3, 1e6];
/** Shares stay shares, or the schema refuses them. */
const SHARE_FACTORS = [0, 1e-9, 0.1, 0.9];
const pick = <Item>(random: Random, items: readonly Item[]): Item | undefined =>
  items[Math.floor(random.next() * items.length)];

/** The same tree with parts left out and figures made absurd, most of them within what the schema allows. */
function damaged(tree: unknown, random: Random, key = '', isShare = false): unknown {
  if (typeof tree === 'number') {
    if (['line', 'decimals', 'schemaVersion'].includes(key) || random.next() < 0.93) return tree;
    return tree * (pick(random, isShare ? SHARE_FACTORS : FACTORS) ?? 1);
  }
  if (Array.isArray(tree)) {
    const isPair = tree.every((item) => typeof item === 'number');
    return isPair
      ? tree
      : tree.filter(() => random.next() > 0.003).map((item) => damaged(item, random, key, isShare));
  }
  if (typeof tree !== 'object' || tree === null) return tree;
  const kept = Object.entries(tree).filter(
    ([name]) =>
      ['kind', 'schemaVersion', 'title', 'source', 'name', 'of', 'id'].includes(name) || random.next() > 0.02,
  );
  return Object.fromEntries(
    kept.map(([name, value]) => [
      name,
      damaged(value, random, name, isShare || /ratio$|utilisation$|interaction$/i.test(name)),
    ]),
  );
}

describe('absurd claims', () => {
  it('are refused or checked, and no sentence carries what is no number', () => {
    let checked = 0;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_294_967_295 }), fc.constantFrom(...GUIDES), (seed, guide) => {
        const claims = resolveClaims(damaged(guide, createRandom(seed)));
        if (claims.kind === 'failed') {
          expect(claims.failure.issues.length).toBeGreaterThan(0);
          return;
        }
        checked++;
        const report = checkClaims(claims.value, catalogue);
        expect(`${formatFindings(report)}${formatFindingsMarkdown(report)}`).not.toMatch(
          /NaN|undefined|Infinity|∞/,
        );
        for (const { claimed, corrected } of report.findings) {
          for (const ends of [claimed, corrected]) {
            if (ends !== undefined) expect(ends.low).toBeLessThanOrEqual(ends.high);
          }
        }
      }),
      { numRuns: 800, seed: 5 },
    );
    expect(checked).toBeGreaterThan(100);
  });
});
