import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkClaims } from '../../../planner/check/check.ts';
import { readCatalogue } from '../../../scenarios/catalogue.ts';
import { resolveClaims } from '../../../scenarios/claims.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { createRandom } from '../../../vocabulary/random.ts';
import { consistentGuide, HELD_FIGURES, withFigureTimes } from './consistent-guide.ts';

const catalogue = unwrap(readCatalogue());
const seeds = fc.integer({ min: 0, max: 4_294_967_295 });

const findingsOf = (claims: unknown) => checkClaims(unwrap(resolveClaims(claims)), catalogue).findings;
const sentences = (claims: unknown): string[] =>
  findingsOf(claims).map(({ rule, path, sentence }) => `${rule} at ${path}: ${sentence}`);

/** `calls[0].x` of a finding as `calls.0.x`. */
const dotted = (path: string): string => path.replace(/\[(\d+)\]/g, '.$1');

/** A share cannot exceed 1, and a quota is only too small. */
function factorFor(path: string, guide: ReturnType<typeof consistentGuide>, grows: boolean): number {
  const value = path
    .split('.')
    .reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], guide) as number;
  const isShare = /[rR]atio$|Utilisation$|perInteraction$/.test(path);
  if (path.startsWith('quotas') || (isShare && value > 0.5)) return 0.5;
  return grows ? 1.7 : 0.5;
}

describe('a guide whose figures follow from one another', () => {
  it('raises nothing, whatever its figures', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        expect(sentences(consistentGuide(createRandom(seed)))).toEqual([]);
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it('raises nothing when sections of it are left out', () => {
    // With these, what remains has a figure less to be held against, and no promise without its figure.
    const sections = [
      'demand',
      'sizes',
      'volumes',
      'mix',
      'bill',
      'shares',
      'targets',
      'quotas',
      'arithmetic',
    ];
    fc.assert(
      fc.property(seeds, fc.subarray(sections), (seed, dropped) => {
        const guide = Object.entries(consistentGuide(createRandom(seed)));
        const kept = Object.fromEntries(guide.filter(([name]) => !dropped.includes(name)));
        // Without the share of the busy hour a day is flat, and figures of days are those of another guide.
        if (dropped.includes('demand')) {
          for (const name of ['tiers', 'sizes', 'volumes', 'people', 'quotas', 'bill']) delete kept[name];
        }
        // Without a mix, an interaction costs what its cheapest model costs.
        if (dropped.includes('mix')) delete kept.volumes;
        expect(sentences(kept)).toEqual([]);
      }),
      { numRuns: 200, seed: 2 },
    );
  });

  it.each(HELD_FIGURES)('raises something that names %s when it alone is changed', (path) => {
    fc.assert(
      fc.property(seeds, fc.boolean(), (seed, grows) => {
        const guide = consistentGuide(createRandom(seed));
        const found = findingsOf(withFigureTimes(guide, path, factorFor(path, guide, grows)));
        const named = found
          .flatMap((finding) => [finding, ...finding.against])
          .map((place) => dotted(place.path));
        expect(named).toContain(path);
      }),
      { numRuns: 25, seed: 3 },
    );
  });

  it('never gives a figure that is not a number, whatever is changed', () => {
    fc.assert(
      fc.property(
        seeds,
        fc.constantFrom(...HELD_FIGURES),
        fc.constantFrom(0.001, 0.1, 1.3),
        (seed, path, factor) => {
          const guide = consistentGuide(createRandom(seed));
          const changed = resolveClaims(withFigureTimes(guide, path, factor));
          if (changed.kind === 'failed') return;
          for (const finding of checkClaims(changed.value, catalogue).findings) {
            expect(JSON.stringify(finding)).not.toContain('null');
            expect(finding.sentence).not.toMatch(/NaN|undefined|Infinity|\?/);
          }
        },
      ),
      { numRuns: 300, seed: 4 },
    );
  });
});
