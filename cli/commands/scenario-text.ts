import { sketchArrivals } from '../../bench/arrivals/sketch.ts';
import type { ExpectedTotal, StepExpectation } from '../../bench/workload/explain.ts';
import type { MeanShape } from '../../bench/workload/interaction.ts';
import type { LlmPrice } from '../../scenarios/catalogue.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import { sFromMs } from '../../vocabulary/units.ts';

export interface Expectation {
  readonly scenario: Scenario;
  readonly shape: MeanShape;
  readonly steps: readonly (StepExpectation & {
    readonly cost?: { readonly usd: ExpectedTotal; readonly withPrefixCacheUsd: number | undefined };
  })[];
  readonly price: LlmPrice | undefined;
}

const DIGITS = 3;
const PLAIN_FROM = 1_000;

/** Three significant digits below 1,000, whole numbers with separators above. */
const number = (value: number): string =>
  Math.abs(value) >= PLAIN_FROM
    ? Math.round(value).toLocaleString('en-GB')
    : String(Number(value.toPrecision(DIGITS)));

const total = ({ mean, low, high }: ExpectedTotal): string =>
  `${number(mean)}  (${number(low)} to ${number(high)})`;

const LABEL_WIDTH = 22;
const row = (label: string, value: string): string => `  ${label.padEnd(LABEL_WIDTH)}${value}`;

const COLUMNS = 60;
/** Above so many arrivals a sketch takes longer than it is worth. */
const MAX_SKETCHED = 1_000_000;

const sketchLine = (step: StepExpectation, { arrivals, seed }: Scenario): string[] => {
  if (step.interactions.mean > MAX_SKETCHED) return [];
  const { interactionsPerS: ratePerS, durationMs } = step;
  return [row('arrivals', sketchArrivals(arrivals, { ratePerS, durationMs, columns: COLUMNS, seed }))];
};

function stepLines(step: Expectation['steps'][number], scenario: Scenario): string[] {
  const { cost } = step;
  return [
    `${step.name}: ${number(step.interactionsPerS)} interactions/s as base rate, ${number(sFromMs(step.durationMs))} s`,
    ...sketchLine(step, scenario),
    row('interactions begun', total(step.interactions)),
    row('turns = requests', total(step.requests)),
    row('input tokens', total(step.inputTokens)),
    row('  of them repeated', total(step.repeatedInputTokens)),
    row('output tokens asked', total(step.outputTokens)),
    row('prompt bytes', total(step.promptBytes)),
    row('peak rate', `${number(step.peakInteractionsPerS)} interactions/s planned`),
    row('busiest second', `${number(step.busiestSecondRequests)} requests with this seed`),
    row(
      'in flight',
      `${number(step.meanInFlight)} requests if an answer takes ${number(step.responseMs)} ms`,
    ),
    row('open interactions', number(step.meanOpenInteractions)),
    ...(cost === undefined
      ? []
      : [
          row('cost', `${total(cost.usd)} USD, every prompt in full`),
          ...(cost.withPrefixCacheUsd === undefined
            ? []
            : [
                row(
                  '  with prefix cache',
                  `${number(cost.withPrefixCacheUsd)} USD, if all that repeats is cached`,
                ),
              ]),
        ]),
  ];
}

/** What a scenario will send, for people. */
export function formatExpectation({ scenario, shape, steps, price }: Expectation): string {
  return [
    `${scenario.name}: ${scenario.description}`,
    '',
    `arrivals ${scenario.arrivals.kind}, work ${scenario.workload.kind}, protocol ${scenario.protocol}, seed ${scenario.seed}`,
    `${number(shape.meanTurnsPerInteraction)} turns per interaction, ${number(sFromMs(shape.meanThinkTimeMs))} s between them on average`,
    'totals of warm-up and window: mean, and the range of 95 in 100 seeds',
    ...(price === undefined ? [] : [`prices of ${price.id}, ${price.date}: ${price.source}`]),
    '',
    ...steps.flatMap((step) => [...stepLines(step, scenario), '']),
  ]
    .join('\n')
    .trimEnd();
}
