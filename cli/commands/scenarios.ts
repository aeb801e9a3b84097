import { keepShard, parseShard } from '../../bench/run/shard.ts';
import { type ExpectedTotal, explainStep, type StepExpectation } from '../../bench/workload/explain.ts';
import { estimateMeanShape } from '../../bench/workload/interaction.ts';
import { planSteps, type StepOverride } from '../../bench/workload/planned-steps.ts';
import { formatSchedule, nominalResponseMs } from '../../bench/workload/schedule.ts';
import { type ExpandedSchedule, expandSchedule, scheduleLines } from '../../bench/workload/schedule-file.ts';
import { findLlmPrice, type LlmPrice, readCatalogue } from '../../scenarios/catalogue.ts';
import { formatScenario, listScenarios, readScenario, withOverrides } from '../../scenarios/scenario.ts';
import { EXIT_CODES, unwrap } from '../../vocabulary/errors.ts';
import { writePiecesAtomic } from '../../vocabulary/files.ts';
import { createRandom } from '../../vocabulary/random.ts';
import { msFromS, usdFromTokens } from '../../vocabulary/units.ts';
import type { Command } from '../boundary.ts';
import { formatExpectation } from './scenario-text.ts';

/** Arguments and flags of `busyhour scenarios`. */
export interface ScenarioOptions {
  readonly args: readonly string[];
  readonly json?: boolean;
}

const out = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const firstSentence = (text: string): string => /^.*?\.(?=\s|$)/.exec(text)?.[0] ?? text;

/** `busyhour scenarios [name]`: the library, or one scenario as resolved. */
export const scenarios: Command<ScenarioOptions> = async ({ args: [name], json }) => {
  const found = (name === undefined ? listScenarios() : [name]).map((each) => unwrap(readScenario(each)));
  const width = Math.max(...found.map((each) => each.name.length));
  if (!json) {
    out(
      name === undefined
        ? found.map((each) => `${each.name.padEnd(width)}  ${firstSentence(each.description)}`).join('\n')
        : found.map(formatScenario).join('').trimEnd(),
    );
  }
  return {
    exitCode: EXIT_CODES.ok,
    json: name === undefined ? found.map(({ name, description }) => ({ name, description })) : found[0],
  };
};

/** Flags of the commands that draw a schedule: rates per second, spans in seconds. */
export interface ExpandOptions extends ScenarioOptions {
  readonly seed?: number;
  readonly turnsPerS?: number;
  readonly interactionsPerS?: number;
  readonly warmUpS?: number;
  readonly windowS?: number;
}

const overrideFrom = ({ turnsPerS, interactionsPerS, warmUpS, windowS }: ExpandOptions): StepOverride => ({
  ...(turnsPerS === undefined ? {} : { turnsPerS }),
  ...(interactionsPerS === undefined ? {} : { interactionsPerS }),
  ...(warmUpS === undefined ? {} : { warmUpMs: msFromS(warmUpS) }),
  ...(windowS === undefined ? {} : { windowMs: msFromS(windowS) }),
});

function readSteps(options: ExpandOptions) {
  const read = unwrap(readScenario(options.args[0] ?? 'call-centre'));
  const scenario = unwrap(withOverrides(read, { seed: options.seed }));
  const shape = estimateMeanShape(scenario.workload, createRandom(scenario.seed).fork('shape'));
  return {
    scenario,
    shape,
    steps: unwrap(planSteps(scenario, shape.meanTurnsPerInteraction, overrideFrom(options))),
  };
}

/** Flags of `busyhour scenarios explain`. */
export interface ExplainOptions extends ExpandOptions {
  readonly prices?: readonly string[];
  readonly price?: string;
  readonly responseMs?: number;
}

/** What a step costs at list prices: every prompt paid in full, and with what is repeated read from a cache. */
interface StepCost {
  readonly usd: ExpectedTotal;
  readonly withPrefixCacheUsd: number | undefined;
}

function costOf(step: StepExpectation, price: LlmPrice): StepCost {
  const at = (end: keyof ExpectedTotal): number =>
    usdFromTokens(step.inputTokens[end], price.inputUsdPerMTokens) +
    usdFromTokens(step.outputTokens[end], price.outputUsdPerMTokens);
  const cached = price.cachedInputUsdPerMTokens;
  const repeated = step.repeatedInputTokens.mean;
  return {
    usd: { mean: at('mean'), low: at('low'), high: at('high') },
    withPrefixCacheUsd:
      cached === undefined
        ? undefined
        : at('mean') - usdFromTokens(repeated, price.inputUsdPerMTokens) + usdFromTokens(repeated, cached),
  };
}

/** `busyhour scenarios explain`: what a scenario will send and cost, before it runs. */
export const scenariosExplain: Command<ExplainOptions> = async (options) => {
  const { scenario, shape, steps } = readSteps(options);
  const responseMs = options.responseMs ?? (nominalResponseMs(scenario.workload) || DEFAULT_RESPONSE_MS);
  const price =
    options.price === undefined
      ? undefined
      : unwrap(findLlmPrice(unwrap(readCatalogue(options.prices)), options.price));
  const explained = steps.map((step) => {
    const expectation = explainStep(scenario, step, responseMs);
    return price === undefined ? expectation : { ...expectation, cost: costOf(expectation, price) };
  });
  if (!options.json) out(formatExpectation({ scenario, shape, steps: explained, price }));
  const { name, description, protocol, arrivals, seed } = scenario;
  const priced =
    price === undefined ? {} : { price: { id: price.id, source: price.source, date: price.date } };
  return {
    exitCode: EXIT_CODES.ok,
    json: { name, description, protocol, arrivals, seed, shape, steps: explained, ...priced },
  };
};

/** Answer time for Little's law where a scenario names none. */
const DEFAULT_RESPONSE_MS = 1_000;

/** Flags of `busyhour scenarios print`. */
export interface PrintOptions extends ExpandOptions {
  readonly jsonLines?: boolean;
  readonly shard?: string;
  readonly out?: string;
}

function sharded(schedule: ExpandedSchedule, text: string | undefined): ExpandedSchedule {
  if (text === undefined) return schedule;
  const shard = { ...unwrap(parseShard(text)), startAtUnixMs: 0 };
  return {
    ...schedule,
    steps: schedule.steps.map((step) => ({
      ...step,
      interactions: [...keepShard(step.interactions, shard)],
    })),
  };
}

function* textOf({ scenario, steps }: ExpandedSchedule): Generator<string, void> {
  for (const step of steps) {
    yield `# ${step.name}: ${step.interactionsPerS} interactions/s, warm-up ${step.warmUpMs} ms, window ${step.windowMs} ms\n`;
    yield formatSchedule(step.interactions, nominalResponseMs(scenario.workload));
  }
}

/** Pieces this long are written at once: a line at a time would cost a system call each. */
const PIECE_CHARS = 65_536;

function* inPieces(lines: Iterable<string>): Generator<string, void> {
  let piece = '';
  for (const line of lines) {
    piece += line;
    if (piece.length < PIECE_CHARS) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

/** To standard output, waiting where the reader is slower. One that has left, as `head` does, ends the writing. */
async function writeToReader(lines: Iterable<string>): Promise<void> {
  for (const piece of inPieces(lines)) {
    const written = new Promise<boolean>((resolve) => {
      process.stdout.write(piece, (error) => resolve(error === null || error === undefined));
    });
    if (!(await written)) return;
  }
}

/** `busyhour scenarios print`: the schedule that a run would send, as text or as a file that a run can replay. */
export const scenariosPrint: Command<PrintOptions> = async (options) => {
  const { scenario, steps } = readSteps(options);
  const schedule = sharded(expandSchedule(scenario, steps), options.shard);
  const lines = options.jsonLines ? scheduleLines(schedule) : textOf(schedule);
  if (options.out === undefined) await writeToReader(lines);
  // Whole or not at all: a schedule cut short would be replayed as if it were one.
  else unwrap(writePiecesAtomic(options.out, inPieces(lines)));
  return { exitCode: EXIT_CODES.ok };
};
