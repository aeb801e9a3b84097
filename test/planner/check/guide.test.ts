import { describe, expect, it } from 'vitest';
import { matchErrors, measureClaims } from '../../../measure/planner/claims.ts';
import { GUIDE_ERRORS } from '../../../measure/planner/guide-errors.ts';
import { checkClaims, type Finding } from '../../../planner/check/check.ts';
import { readCatalogue } from '../../../scenarios/catalogue.ts';
import { readClaims } from '../../../scenarios/claims.ts';
import { unwrap } from '../../../vocabulary/errors.ts';

const catalogue = unwrap(readCatalogue());
const published = checkClaims(unwrap(readClaims('call-centre-guide')), catalogue);
const corrected = checkClaims(unwrap(readClaims('call-centre-guide-corrected')), catalogue);

const at = (line: number, rule: string): Finding[] =>
  published.findings.filter((finding) => finding.line === line && finding.rule === rule);

/** Figures that the design page gives as the right ones; none of them was computed by the rules. */
const WORKED: readonly (readonly [line: number, rule: string, low: number, high: number])[] = [
  [292, 'model-cost', 0.001785, 0.001785],
  [293, 'model-cost', 0.02975, 0.02975],
  [314, 'volume-cost', 0.00878, 0.00878],
  [241, 'little', 33.3, 33.3],
  [242, 'daily-capacity', 432_000, 432_000],
  [250, 'instances', 100, 400],
  [250, 'quota-stated', 69_444, 69_444],
  [314, 'volume-cost', 0.022, 0.069],
  [421, 'per-interaction', 0.99, 0.99],
  [445, 'saving', 0.65, 0.8],
  [360, 'people', 159, 159],
];

describe('the published guide', () => {
  it.each(WORKED)('line %i, %s: %d–%d', (line, rule, low, high) => {
    const ends = at(line, rule).map((finding) => [finding.corrected?.low, finding.corrected?.high]);
    const near = (value: number | undefined, right: number): boolean =>
      Math.abs((value ?? 0) / right - 1) < 0.005;
    expect(ends.filter(([a, b]) => near(a, low) && near(b, high))).toHaveLength(1);
  });

  it('has at least 25 errors of those that a reader found, each with a finding of its own', () => {
    const { found, missed, others } = matchErrors(GUIDE_ERRORS, published.findings);
    expect(missed.map(({ what }) => what)).toEqual([]);
    expect(found.length).toBeGreaterThanOrEqual(25);
    // What the rules saw and the reader did not.
    expect(others.map(({ line, rule }) => `${line} ${rule}`)).toEqual([
      '250 busy-hour',
      '421 alerts',
      '423 alerts',
      '425 alerts',
    ]);
  });

  it('does not match errors that are not there', () => {
    const elsewhere = GUIDE_ERRORS.map((error) => ({
      ...error,
      lines: error.lines.map((line) => line + 500),
    }));
    expect(matchErrors(elsewhere, published.findings).found).toEqual([]);
    const tenfold = GUIDE_ERRORS.flatMap((error) =>
      error.right === undefined
        ? []
        : [{ ...error, right: [error.right[0] * 10, error.right[1] * 10] as const }],
    );
    expect(matchErrors(tenfold, published.findings).found.length).toBeLessThan(2);
  });

  it('says each in one sentence', () => {
    for (const { sentence } of published.findings) {
      expect(sentence.length).toBeGreaterThan(40);
      expect(sentence.length).toBeLessThan(330);
      expect(sentence).toMatch(/[^.]\.$/);
      expect(sentence).not.toMatch(/NaN|undefined|Infinity|\?/);
    }
  });
});

describe('the corrected guide', () => {
  it('raises nothing', () => {
    expect(corrected.findings.map(({ path, sentence }) => `${path}: ${sentence}`)).toEqual([]);
  });
});

describe('npm run measure -- planner', () => {
  it('counts them', async () => {
    const figures = await measureClaims();
    expect(figures).toMatchObject({ claimsFalseAlarms: 0, claimsFoundBesides: 4 });
    expect(figures.claimsFound).toBeGreaterThanOrEqual(25);
  });
});
