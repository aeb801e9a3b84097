import type { DemandFile } from '../../scenarios/demand.ts';
import { createDiagnostic, type Diagnostic } from '../../vocabulary/diagnostics.ts';
import type { Issue } from '../../vocabulary/errors.ts';
import type { PlanFile } from '../../vocabulary/plan-file.ts';
import { findCorrelationIssues, type RankCorrelation } from './correlation.ts';
import { withGiven } from './default-correlations.ts';

/** The correlations that a demand file states. */
export const statedCorrelations = (file: DemandFile | undefined): RankCorrelation[] =>
  (file?.spec.correlations ?? []).map(({ reason, ...pair }) => ({
    ...pair,
    reason: reason ?? `demand ${file?.spec.name}: ${file?.spec.source}`,
  }));

const BESIDE_ASSUMED =
  'the assumed correlations of these inputs (docs/uncertainty.md) stand beside yours: state them too, 0 for none';

/** What is wrong with the correlations of a demand file, by themselves or beside the assumed ones. */
export function correlationIssues(file: DemandFile | undefined): Issue[] {
  const stated = statedCorrelations(file);
  if (stated.length === 0) return [];
  const own = findCorrelationIssues(stated);
  if (own.length > 0) return own;
  return findCorrelationIssues(withGiven(stated)).map((issue) => ({ ...issue, fix: BESIDE_ASSUMED }));
}

/** Stated correlations of inputs that no planned mode draws: a key that is misspelt, or a figure without a range. */
export function unusedCorrelations(file: DemandFile | undefined, modes: PlanFile['modes']): Diagnostic[] {
  const drawn = new Set(
    modes.flatMap((mode) =>
      mode.kind === 'planned' ? (mode.uncertainty?.inputs.map(({ key }) => key) ?? []) : [],
    ),
  );
  return statedCorrelations(file).flatMap(({ a, b }) =>
    [a, b]
      .filter((key) => !drawn.has(key))
      .map((key) =>
        createDiagnostic(
          'ASSUMED_INPUT',
          `the correlation of ${a} with ${b} is not used: no mode draws ${key}`,
          'demand',
        ),
      ),
  );
}
