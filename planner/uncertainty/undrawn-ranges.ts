import type { DemandFile } from '../../scenarios/demand.ts';
import { createDiagnostic, type Diagnostic } from '../../vocabulary/diagnostics.ts';

/** Figures of a demand file whose ranges a plan draws. */
const DRAWN: ReadonlySet<string> = new Set([
  'volume.interactionsPerDay',
  'volume.busyHourCallAttempts',
  'profile.busyHourShareRatio',
  'growth.ratioPerYear',
  'peakFactor',
  'burstiness.indexOfDispersion60S',
  'interaction.turns',
  'interaction.retryRatio',
  'escalation.escalatedRatio',
  'escalation.directToHumanRatio',
  'escalation.repeatRatio',
  'people.averageHandleTimeS',
  'people.contactUsd',
  'voice.minutesPerInteraction',
  'voice.spokenRatio',
]);

const hasRange = (value: object): boolean => 'samples' in value || 'low' in value || 'high' in value;

/** Paths of every figure that is stated with a range or as values that were seen. */
function rangesIn(value: unknown, path: string): string[] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [];
  if (hasRange(value)) return [path];
  return Object.entries(value).flatMap(([key, inner]) =>
    rangesIn(inner, path === '' ? key : `${path}.${key}`),
  );
}

/** Stated ranges that no draw follows: the plan takes the value, and says so. */
export function undrawnRanges(file: DemandFile | undefined): Diagnostic[] {
  const paths = rangesIn(file?.spec, '').filter((path) => !DRAWN.has(path));
  if (paths.length === 0) return [];
  const message = `ranges that the plan does not draw: ${paths.join(', ')}; it takes their values`;
  return [createDiagnostic('ASSUMED_INPUT', message, 'demand')];
}
