import type { Issue } from './errors.ts';
import { LatencyHistogram } from './histogram.ts';
import { decodeInFlight } from './in-flight-changes.ts';
import type { ResultStep } from './result-step.ts';

const FIX = 'restore the file, or run the bench again';

/** What unpacking throws, as an issue; undefined where it goes well. */
function issueOf(path: string, expected: string, unpack: () => void): Issue | undefined {
  try {
    unpack();
    return undefined;
  } catch (cause) {
    return { path, expected, got: cause instanceof Error ? cause.message : String(cause), fix: FIX };
  }
}

function histogramIssues({ histograms }: ResultStep, path: string): (Issue | undefined)[] {
  return Object.entries(histograms).map(([metric, encoded]) =>
    issueOf(`${path}.histograms.${metric}`, 'HdrHistogram V2 compressed base64 with the stated count', () => {
      const { count } = LatencyHistogram.decode(encoded);
      if (count !== encoded.count) throw new RangeError(`${count} samples instead of ${encoded.count}`);
    }),
  );
}

function inFlightIssue({ inFlightChanges }: ResultStep, path: string): Issue | undefined {
  if (inFlightChanges === undefined) return undefined;
  return issueOf(`${path}.inFlightChanges`, 'packed instants of every request', () => {
    decodeInFlight(inFlightChanges);
  });
}

/**
 * Packed parts of steps that cannot be unpacked, or hold another number of samples than they say: a schema sees only
 * their text. Checked once on reading, so that nothing that computes from a result has to expect them.
 */
export const damagedPayloads = (steps: readonly ResultStep[]): Issue[] =>
  steps
    .flatMap((step, i) => [...histogramIssues(step, `steps[${i}]`), inFlightIssue(step, `steps[${i}]`)])
    .filter((issue) => issue !== undefined);
