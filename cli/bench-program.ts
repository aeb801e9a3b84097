import { type Command, Option } from 'commander';
import { action, JSON_HELP, MAX_SEED } from './action.ts';
import { collectObjectives } from './objectives.ts';
import { choiceOption, numberOption, urlOption } from './options.ts';

const MAX_DURATION_S = 7 * 86_400;
/** A year. */
const MAX_TRACE_S = 366 * 86_400;
const MAX_USERS = 1_000_000;

/** Commander calls it once for each value of a repeatable option. */
const collectUrls = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  urlOption('--url')(text),
];

const MAX_PER_S = 1_000_000;
const positive = (flag: string, max = MAX_PER_S) => numberOption(flag, { min: 0.001, max });
const whole = (flag: string, max = MAX_USERS) => numberOption(flag, { min: 1, max, integer: true });

/** What every command that measures takes: the target, the objectives, the result file. */
function addTargetOptions(command: Command): Command {
  return command
    .requiredOption(
      '--url <url>',
      'base URL of the target, without /v1; repeat it to spread interactions over replicas',
      collectUrls,
    )
    .option('--model <name>', 'model to ask for (default: the first that the target lists)')
    .option('--api-key-env <name>', 'environment variable that holds the API key')
    .option('--metrics <process=url...>', 'Prometheus /metrics of a process of the target, repeatable')
    .option('--watch <process=pid...>', 'read CPU and memory of this process of yours, repeatable (Linux)')
    .option(
      '--slo <objective...>',
      'objective such as p95:latencyMs=2000 or errors=0.01, repeatable; those of the scenario without it',
      collectObjectives,
    )
    .option(
      '--max-in-flight <n>',
      'requests sent and not ended; arrivals beyond are dropped and counted',
      whole('--max-in-flight'),
    )
    .option(
      '--generator-threads <n>',
      'share every step among so many threads of this process (default: 1)',
      whole('--generator-threads', 64),
    )
    .option('--out <file>', 'result file', 'result.json')
    .option(
      '--seed <n>',
      'seed of the schedule',
      numberOption('--seed', { min: 0, max: MAX_SEED, integer: true }),
    )
    .option('--plain', 'progress as lines every few seconds, also on a terminal')
    .option('--json', JSON_HELP);
}

/** The work in short, without a scenario file. */
function addWorkOptions(command: Command): Command {
  return command
    .option('--warm-up-s <s>', 'warm-up of each step', numberOption('--warm-up-s', { min: 0, max: 86_400 }))
    .option(
      '--input-tokens <n>',
      'single requests of so many tokens instead of the scenario’s work',
      whole('--input-tokens'),
    )
    .option('--output-tokens <n>', 'tokens to ask for with --input-tokens', whole('--output-tokens'));
}

/** The replay of a trace, which part of it and how much. */
const addTraceOptions = (command: Command): Command =>
  command
    .option('--trace <file>', 'replay this arrival trace (CSV, optionally .gz) instead of a scenario')
    .option(
      '--speed-up <n>',
      'replay speed (default: 1)',
      numberOption('--speed-up', { min: 0.001, max: 100_000 }),
    )
    .option('--max-requests <n>', 'replay at most so many requests', whole('--max-requests', 1e9))
    .option(
      '--keep-ratio <p>',
      'replay each request of the trace with this probability, drawn by the seed',
      numberOption('--keep-ratio', { min: 1e-6, max: 1 }),
    )
    .option('--servegen-model <name>', 'whose clients, of a ServeGen trace')
    .option(
      '--servegen-from-s <s>',
      'where in a ServeGen trace to begin (default: 0)',
      numberOption('--servegen-from-s', { min: 0, max: MAX_TRACE_S }),
    )
    .option(
      '--servegen-for-s <s>',
      'how much of a ServeGen trace to draw (default: 600)',
      numberOption('--servegen-for-s', { min: 1, max: MAX_TRACE_S }),
    );

function addBench(program: Command): void {
  const command = program
    .command('bench')
    .argument('[scenario]', 'a scenario of the library, or a file (default: call-centre)')
    .description('measure a target: a scenario, a rate, or the replay of a trace');
  addTraceOptions(command);
  addWorkOptions(addTargetOptions(command))
    .addOption(
      new Option('--engine <name>', 'what sends the load')
        .argParser(choiceOption('--engine', ['native', 'autocannon']))
        .default('native'),
    )
    .option('--rate <n>', 'one open-loop step at so many turns/s, instead of the plan', positive('--rate'))
    .option('--concurrency <n>', 'one closed-loop step with so many users', whole('--concurrency'))
    .option(
      '--duration-s <s>',
      'window of the step of --rate or --concurrency; of a trace, how much of the run to replay',
      numberOption('--duration-s', { min: 0.1, max: MAX_DURATION_S }),
    )
    .option('--replications <n>', 'run every step so often, with other seeds', whole('--replications', 100))
    .option(
      '--confidence <p>',
      'confirm the capacity that a search finds at this confidence',
      numberOption('--confidence', { min: 0.5, max: 0.999 }),
    )
    .option('--schedule <file>', 'replay a schedule that busyhour scenarios print --json-lines wrote')
    .option('--b-url <url>', 'compare with this target, in turns', urlOption('--b-url'))
    .option('--b-model <name>', 'compare with this model')
    .option('--b-scenario <name|file>', 'compare with the work of this scenario')
    .option('--blocks <n>', 'pairs of steps of a comparison (default: 16)', whole('--blocks', 1_000))
    .option('--shard <i/n>', 'send only part i of n of the schedule; merge the results afterwards')
    .option('--start-at <time>', 'begin at this time, such as 2027-01-31T12:00:00Z, or +30s from now')
    .option('--pid <name=pid...>', 'a process of yours that scheduled actions may stop or kill, repeatable')
    .option(
      '--fault-proxy <name=port:host:port...>',
      'listen on a loopback port and pass bytes on; scheduled outages cut it, repeatable',
    )
    .option('--allow-commands', 'let the scenario’s cold starts run their commands')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  busyhour bench call-centre --url http://127.0.0.1:8080\n' +
        '  busyhour bench --url http://127.0.0.1:8080 --rate 20 --duration-s 30\n' +
        '  busyhour bench --url http://127.0.0.1:8080 --b-url http://127.0.0.1:8081 --rate 20\n' +
        '  busyhour bench --trace AzureLLMInferenceTrace_conv.csv.gz --speed-up 10 --duration-s 60 --url http://127.0.0.1:8080\n',
    )
    .action(action(async () => (await import('./commands/bench.ts')).bench));
}

function addCurveOptions(command: Command): Command {
  return addWorkOptions(addTargetOptions(command))
    .option(
      '--over <axis>',
      'what the points are: turnsPerS, interactionsPerS or concurrency',
      choiceOption('--over', ['turnsPerS', 'interactionsPerS', 'concurrency']),
      'turnsPerS',
    )
    .option('--from <n>', 'lowest point', positive('--from'))
    .option('--to <n>', 'highest point', positive('--to'))
    .option(
      '--duration-s <s>',
      'window of each point',
      numberOption('--duration-s', { min: 0.1, max: MAX_DURATION_S }),
    );
}

function addSweep(program: Command): void {
  const command = program
    .command('sweep')
    .argument('[scenario]', 'a scenario of the library, or a file (default: call-centre)')
    .description('measure a target at a row of rates or numbers of users');
  addCurveOptions(command)
    .option('--values <list>', 'the points, separated by commas, instead of a range')
    .option(
      '--points <n>',
      'points of the range, each the same ratio above the one before',
      whole('--points'),
    )
    .option(
      '--stop-after-misses <n>',
      'end after so many points in a row that miss an objective; 0 runs all',
      numberOption('--stop-after-misses', { min: 0, max: 100, integer: true }),
    )
    .option('--replications <n>', 'run every point so often, with other seeds', whole('--replications', 100))
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  busyhour sweep --url http://127.0.0.1:8080 --values 5,10,20,40\n' +
        '  busyhour sweep --url http://127.0.0.1:8080 --over concurrency --from 1 --to 64 --points 7\n',
    )
    .action(action(async () => (await import('./commands/bench.ts')).sweep));
}

function addCalibrate(program: Command): void {
  const command = program
    .command('calibrate')
    .argument('[scenario]', 'a scenario of the library, or a file (default: call-centre)')
    .description('find the capacity curve of a target with few points');
  addCurveOptions(command)
    .option('--points <n>', 'points in all (default: 6)', numberOption('--points', { min: 4, max: 50 }))
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  busyhour calibrate --url http://127.0.0.1:8080 --duration-s 20\n' +
        '  busyhour calibrate --url http://127.0.0.1:8080 --from 5 --to 80 --points 8\n',
    )
    .action(action(async () => (await import('./commands/bench.ts')).calibrate));
}

/** Declares `busyhour bench`, `sweep` and `calibrate`. */
export function addBenchCommands(program: Command): void {
  addBench(program);
  addSweep(program);
  addCalibrate(program);
}
