import type { BenchOptions } from './options.ts';
import { isComparison, usage } from './scenario.ts';

type Flag = keyof BenchOptions;

const OF_TRACES: readonly Flag[] = [
  'speedUp',
  'maxRequests',
  'keepRatio',
  'servegenModel',
  'servegenFromS',
  'servegenForS',
];
const OF_COMPARISONS: readonly Flag[] = ['bUrl', 'bModel', 'bScenario', 'blocks'];
const OF_ACTIONS: readonly Flag[] = ['pid', 'faultProxy', 'allowCommands'];
/** What a file says that is sent as it is: its scenario, its loads, its times. */
const OF_WORK: readonly Flag[] = [
  'args',
  'rate',
  'concurrency',
  'replications',
  'confidence',
  'warmUpS',
  'inputTokens',
  'outputTokens',
  ...OF_COMPARISONS,
];

/** A way to run `bench`, and the flags that say nothing there. */
interface Way {
  readonly is: (options: BenchOptions) => boolean;
  readonly where: string;
  readonly idle: readonly Flag[];
}

const WAYS: readonly Way[] = [
  {
    is: ({ engine }) => engine === 'autocannon',
    where: 'nothing with --engine autocannon, a closed loop in this process (--concurrency)',
    idle: [
      'rate',
      'replications',
      'confidence',
      'schedule',
      'trace',
      'shard',
      'startAt',
      'generatorThreads',
      'maxInFlight',
      'metrics',
      'watch',
      ...OF_TRACES,
      ...OF_COMPARISONS,
      ...OF_ACTIONS,
    ],
  },
  {
    is: ({ trace }) => trace !== undefined,
    where: 'nothing with --trace, which replays what the file holds',
    idle: ['schedule', ...OF_WORK, ...OF_ACTIONS],
  },
  {
    is: ({ schedule }) => schedule !== undefined,
    where: 'nothing with --schedule: scenario, rates, times and seed are those of the file',
    idle: ['durationS', 'seed', ...OF_WORK],
  },
  { is: ({ trace }) => trace === undefined, where: 'nothing without --trace', idle: OF_TRACES },
  {
    is: ({ servegenModel }) => servegenModel === undefined,
    where: 'nothing without --servegen-model: whose clients?',
    idle: ['servegenFromS', 'servegenForS'],
  },
  {
    is: (options) => !isComparison(options),
    where: 'nothing without --b-url, --b-model or --b-scenario',
    idle: ['blocks'],
  },
  {
    is: isComparison,
    where: 'nothing in a comparison, which repeats in --blocks',
    idle: ['replications', 'confidence'],
  },
  {
    is: ({ rate, concurrency }) => rate !== undefined || concurrency !== undefined,
    where: 'nothing with --rate or --concurrency, which search for no capacity',
    idle: ['confidence'],
  },
];

/** Positional arguments are an empty list where none is given. */
const isGiven = (value: unknown): boolean =>
  value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);

const nameOf = (flag: Flag): string =>
  flag === 'args' ? 'a scenario' : `--${flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** Refuses flags that would be ignored: what they say would not be so, and nobody would notice. */
export function refuseIdleFlags(options: BenchOptions): void {
  for (const { is, where, idle } of WAYS) {
    const given = is(options) ? idle.filter((flag) => isGiven(options[flag])) : [];
    if (given.length === 0) continue;
    throw usage(`${given.map(nameOf).join(', ')}: ${given.length === 1 ? 'says' : 'say'} ${where}`);
  }
}
