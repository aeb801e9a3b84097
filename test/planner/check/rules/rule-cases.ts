import { describe, expect, it } from 'vitest';
import { checkClaims } from '../../../../planner/check/check.ts';
import type { Rule } from '../../../../planner/check/context.ts';
import { readCatalogue } from '../../../../scenarios/catalogue.ts';
import { type ClaimsInput, resolveClaims } from '../../../../scenarios/claims.ts';
import { unwrap } from '../../../../vocabulary/errors.ts';

const catalogue = unwrap(readCatalogue());
export type Parts = Omit<ClaimsInput, 'kind' | 'schemaVersion' | 'title' | 'source'>;

/** What is found in a document of nothing but these claims. */
export function findings(parts: Parts) {
  const claims = { kind: 'busyhour-claims', schemaVersion: 1, title: 'a guide', source: 'here', ...parts };
  return checkClaims(unwrap(resolveClaims(claims)), catalogue).findings;
}

/** One minimal document for a rule: a figure that breaks it, and the same put right. */
export interface Case {
  readonly rule: string;
  readonly wrong: Parts;
  /** Right figure, worked out by hand; absent where the finding has none. */
  readonly corrected?: readonly [number, number];
  readonly right: Parts;
}

export const tier = (row: object) => [{ id: 'app', ...row }];
export const carried = (row: object) => tier({ perInstance: [{ case: 'only', ...row }] });
export const model = (totalUsd: number) => ({ name: 'm', totalUsd });

/** Holds rules of one kind to their cases. */
export function describeRules(kind: string, rules: readonly Rule[], cases: readonly Case[]): void {
  describe(kind, () => {
    it('each has a case', () => {
      expect([...new Set(cases.map(({ rule }) => rule))].sort()).toEqual(rules.map(({ id }) => id).sort());
    });

    it.each(cases)('$rule finds the figure that breaks it', ({ rule, wrong, corrected }) => {
      const [found, ...others] = findings(wrong).filter((finding) => finding.rule === rule);
      expect(found).toBeDefined();
      expect(others).toEqual([]);
      if (corrected === undefined) return;
      expect((found?.corrected?.low ?? 0) / (corrected[0] || 1)).toBeCloseTo(corrected[0] === 0 ? 0 : 1, 3);
      expect((found?.corrected?.high ?? 0) / corrected[1]).toBeCloseTo(1, 3);
    });

    it.each(cases)('$rule has nothing to say once it is put right', ({ rule, right }) => {
      expect(findings(right).filter((finding) => finding.rule === rule)).toEqual([]);
    });
  });
}
