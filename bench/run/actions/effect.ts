import type { ActionRecord, ResultStep } from '../../../vocabulary/result-file.ts';
import { MS_PER_S, sFromMs } from '../../../vocabulary/units.ts';

type Second = ResultStep['timeline'][number];
type Effect = NonNullable<ActionRecord['effect']>;

/** Goodput over some seconds. */
function summarise(seconds: readonly Second[]): NonNullable<Effect['before']> | undefined {
  const offered = seconds.reduce((sum, second) => sum + second.offered, 0);
  if (offered === 0) return undefined;
  const good = seconds.reduce((sum, second) => sum + (second.good ?? second.completed), 0);
  return {
    seconds: seconds.length,
    goodputPerS: good / sFromMs(seconds.length * MS_PER_S),
    goodRatio: good / offered,
  };
}

/** Recovered means: over this many seconds in a row … */
const STEADY_SECONDS = 3;
/** … as large a share of requests is good as before, but for a twentieth. */
const RECOVERED_RATIO = 0.95;

/**
 * From `endedAtMs` to the first second of three in a row whose requests are as good as those before the action;
 * undefined where that is not seen.
 */
function findRecovery(after: readonly Second[], endedAtMs: number, goodRatio: number): number | undefined {
  for (let i = 0; i + STEADY_SECONDS <= after.length; i++) {
    const ratio = summarise(after.slice(i, i + STEADY_SECONDS))?.goodRatio;
    if (ratio !== undefined && ratio >= goodRatio * RECOVERED_RATIO)
      return Math.max(0, (after[i]?.atMs ?? endedAtMs) - endedAtMs);
  }
  return undefined;
}

/**
 * What an action did to goodput: the whole seconds before it, those it touched, those after it, and how long after its
 * end it took until requests were as good as before. By scheduled instant, so a request that was due during an outage
 * counts there however late it ended. What other actions did in those seconds is in them too.
 */
export function computeEffect(
  steps: readonly ResultStep[],
  { startedAtMs, endedAtMs }: Pick<ActionRecord, 'startedAtMs' | 'endedAtMs'>,
): Effect {
  const seconds = steps.flatMap(({ timeline }) => timeline).toSorted((a, b) => a.atMs - b.atMs);
  const isBefore = ({ atMs }: Second): boolean => atMs + MS_PER_S <= startedAtMs;
  const after = seconds.filter(({ atMs }) => atMs >= endedAtMs);
  const touched = seconds.filter((second) => !isBefore(second) && second.atMs < endedAtMs);
  const before = summarise(seconds.filter(isBefore));
  const during = summarise(touched);
  const afterwards = summarise(after);
  const recoveryMs = before === undefined ? undefined : findRecovery(after, endedAtMs, before.goodRatio);
  return {
    ...(before === undefined ? {} : { before }),
    ...(during === undefined ? {} : { during }),
    ...(afterwards === undefined ? {} : { after: afterwards }),
    ...(recoveryMs === undefined ? {} : { recoveryMs }),
  };
}
