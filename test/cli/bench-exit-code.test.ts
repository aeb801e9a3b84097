import { describe, expect, it } from 'vitest';
import { exitCodeOf } from '../../cli/bench/exit-code.ts';
import { createDiagnostic } from '../../vocabulary/diagnostics.ts';
import { abResult, resultOf, stepOf } from '../bench/judge/result-of.ts';

const late = (name?: string) => createDiagnostic('GENERATOR_SATURATED', 'it was late', name);
const BLOCKS = 16;
const comparison = abResult(1, { blocks: BLOCKS, ratio: 1, perBlock: 5 });
const namesOf = (variant: string): string[] =>
  comparison.steps.filter((step) => step.variant === variant).map(({ name }) => name);
const withLate = (names: readonly (string | undefined)[]) => ({
  ...comparison,
  diagnostics: names.map(late),
});

describe('the exit code of a measurement', () => {
  it('is 21 when the generator was the bottleneck in any step of a plan', () => {
    const steps = [1, 2, 3].map((i) => stepOf({ name: `step ${i}`, latenciesMs: [1, 2] }));
    expect(exitCodeOf(resultOf({ steps }), false)).toBe(0);
    expect(exitCodeOf(resultOf({ steps, diagnostics: [late('step 2')] }), false)).toBe(21);
    expect(exitCodeOf(resultOf({ steps, diagnostics: [late()] }), false)).toBe(21);
  });

  it('bears a quarter of the pairs of a comparison, whichever side of them was late, and no more', () => {
    const [a, b] = [namesOf('a'), namesOf('b')];
    expect(new Set([...a, ...b]).size).toBe(2 * BLOCKS);
    expect(exitCodeOf(comparison, false)).toBe(0);
    expect(exitCodeOf(withLate([a[0]]), false)).toBe(0);
    // Both sides of one pair are one pair.
    expect(exitCodeOf(withLate([a[0], b[0], a[1], b[2], b[3]]), false)).toBe(0);
    expect(exitCodeOf(withLate([a[0], a[1], b[2], b[3], b[4]]), false)).toBe(21);
    expect(exitCodeOf(withLate([undefined]), false)).toBe(21);
  });

  it('is 130 when it was stopped, whatever else is so', () => {
    expect(exitCodeOf(withLate([undefined]), true)).toBe(130);
  });
});
