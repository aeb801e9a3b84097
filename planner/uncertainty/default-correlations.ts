import type { ResultTarget } from '../../vocabulary/result-file.ts';
import type { RankCorrelation } from './correlation.ts';

const BYTES = ['historyBytesPerTurn', 'logBytesPerTurn', 'egressBytesPerTurn', 'vendorEgressBytesPerTurn'];
const ENGINES: readonly ResultTarget['engine'][] = ['llama', 'simulated', 'remote', 'unknown'];

/** Every pair of a list. */
const pairs = (keys: readonly string[]): [string, string][] =>
  keys.flatMap((a, index) => keys.slice(index + 1).map((b): [string, string] => [a, b]));

/**
 * How inputs of a plan move together where nobody measured it: assumptions, each with its reason. Pairs that are not
 * listed are independent. The correlations that come with a plan replace these pair by pair.
 */
export const DEFAULT_CORRELATIONS: readonly RankCorrelation[] = [
  {
    a: 'escalationRatio',
    b: 'repeatRatio',
    rankCorrelation: 0.5,
    reason: 'what the machine answers badly is escalated more often and comes back more often',
  },
  {
    a: 'escalationRatio',
    b: 'humanContactUsd',
    rankCorrelation: -0.3,
    reason: 'the fewer contacts are escalated, the harder and longer are those that are left',
  },
  {
    a: 'averageHandleTimeS',
    b: 'humanContactUsd',
    rankCorrelation: 0.7,
    reason: 'a contact costs the time that a person takes for it',
  },
  {
    a: 'busyHourShareRatio',
    b: 'retries',
    rankCorrelation: 0.3,
    reason: 'the sharper the peak, the more calls run into timeouts and limits and are made again',
  },
  ...pairs(BYTES).map(([a, b]) => ({
    a,
    b,
    rankCorrelation: 0.8,
    reason: 'the same texts are stored, logged and sent',
  })),
  ...BYTES.map((b) => ({
    a: 'tokens-per-turn',
    b,
    rankCorrelation: 0.6,
    reason: 'longer texts are more tokens and more bytes',
  })),
  {
    a: 'tokens-per-turn',
    b: 'gateway-cpu',
    rankCorrelation: 0.3,
    reason: 'a gateway relays every token of an answer',
  },
  ...ENGINES.map((engine) => ({
    a: 'tokens-per-turn',
    b: `capacity:${engine}`,
    rankCorrelation: -0.25,
    reason: 'an engine answers fewer turns per second when turns are longer',
  })),
];

const isPair =
  (one: RankCorrelation) =>
  (other: RankCorrelation): boolean =>
    (one.a === other.a && one.b === other.b) || (one.a === other.b && one.b === other.a);

/** The assumed correlations with the given ones in their place; a given 0 makes a pair independent. */
export const withGiven = (given: readonly RankCorrelation[]): RankCorrelation[] =>
  [...DEFAULT_CORRELATIONS.filter((assumed) => !given.some(isPair(assumed))), ...given].filter(
    ({ rankCorrelation }) => rankCorrelation !== 0,
  );
