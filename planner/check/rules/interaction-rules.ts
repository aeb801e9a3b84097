import {
  type CallKind,
  type CheckContext,
  callsOfKind,
  callsOfKindPerTurn,
  type Rule,
  tokensOfKind,
} from '../context.ts';
import { type Draft, hold, wrong } from '../finding.ts';
import {
  claimOf,
  claimsOf,
  constant,
  mapEnds,
  minus,
  over,
  plus,
  type Quantity,
  RELATIVE_TOLERANCE,
  stated,
  sum,
  times,
} from '../quantity.ts';
import { show } from '../text.ts';

const count = (quantity: Quantity | undefined): string =>
  quantity === undefined
    ? '?'
    : quantity.low === quantity.high
      ? show(quantity.low, '')
      : `${show(quantity.low, '')}–${show(quantity.high, '')}`;

function callCounts({ claims, callsPerTurn }: CheckContext): Draft[] {
  const { interaction, calls } = claims;
  const turns = stated(interaction.turns);
  const expected = times(turns, callsPerTurn);
  const allCalls = calls.length === 0 ? undefined : sum(calls.map((kind) => callsOfKind(kind, claims)));
  return [
    ...hold(interaction.callsPerInteraction, expected, {
      unit: 'calls',
      say: ({ claimed, right }) =>
        `${count(turns)} turns of ${count(callsPerTurn)} calls are ${right} calls per interaction, not ${claimed}`,
    }),
    ...(expected === undefined
      ? hold(interaction.callsPerInteraction, allCalls, {
          unit: 'calls',
          say: ({ claimed, right }) => `the kinds of call add up to ${right} per interaction, not ${claimed}`,
        })
      : []),
    ...hold(
      interaction.callsPerTurn,
      calls.length === 0 ? undefined : sum(calls.map((kind) => callsOfKindPerTurn(kind, claims))),
      {
        unit: 'calls',
        say: ({ claimed, right }) => `the kinds of call add up to ${right} per turn, not ${claimed}`,
      },
    ),
    ...calls.flatMap((kind) =>
      hold(kind.callsPerInteraction, times(stated(kind.callsPerTurn), turns), {
        unit: 'calls',
        say: ({ claimed, right }) =>
          `${count(turns)} turns of ${count(stated(kind.callsPerTurn))} ${kind.name} calls are ${right}, not ${claimed}`,
      }),
    ),
  ];
}

const DIRECTIONS = ['input', 'output'] as const;
type Direction = (typeof DIRECTIONS)[number];

function tokensByKind({ claims }: CheckContext, direction: Direction): Draft[] {
  return claims.calls.flatMap((kind) => {
    const [perCall, total] =
      direction === 'input'
        ? [kind.inputTokensPerCall, kind.inputTokensPerInteraction]
        : [kind.outputTokensPerCall, kind.outputTokensPerInteraction];
    const calls = callsOfKind(kind, claims);
    return hold(total, times(calls, stated(perCall)), {
      unit: 'tokens',
      say: ({ claimed, right }) =>
        `${count(calls)} ${kind.name} calls of ${count(stated(perCall))} ${direction} tokens are ${right} tokens, not ${claimed}`,
    });
  });
}

function tokenTotals({ claims }: CheckContext, direction: Direction): Draft[] {
  const { interaction, calls } = claims;
  const [total, perTurn] =
    direction === 'input'
      ? [interaction.inputTokensPerInteraction, interaction.inputTokensPerTurn]
      : [interaction.outputTokensPerInteraction, interaction.outputTokensPerTurn];
  const added =
    calls.length === 0 ? undefined : sum(calls.map((kind) => tokensOfKind(kind, claims, direction)));
  return [
    ...hold(total, added ?? times(stated(perTurn), stated(interaction.turns)), {
      unit: 'tokens',
      say: ({ claimed, right }) =>
        `an interaction has ${right} ${direction} tokens in all its calls, not ${claimed}`,
    }),
    ...hold(perTurn, over(added, stated(interaction.turns)), {
      unit: 'tokens',
      say: ({ claimed, right }) =>
        `a turn has ${right} ${direction} tokens over all its calls, not ${claimed}, which is the figure of one call at most`,
    }),
  ];
}

interface History {
  /** Input tokens of the mean call, as stated. */
  readonly given: Quantity;
  /** Answers of earlier turns in the mean call. */
  readonly answers: Quantity;
  /** What the mean call must hold: exact where prompt and messages are stated, else what is given and the answers. */
  readonly needed: Quantity;
  readonly isExact: boolean;
}

/** Input of the mean turn when all earlier messages and answers are sent again: system + message·t + answer·(t − 1). */
function historyOf(kind: CallKind, { claims }: CheckContext): History | undefined {
  const turns = stated(claims.interaction.turns);
  const calls = callsOfKind(kind, claims);
  const given = over(tokensOfKind(kind, claims, 'input'), calls);
  const answer = over(tokensOfKind(kind, claims, 'output'), calls);
  const answers = times(answer, times(minus(turns, constant(1)), constant(0.5)));
  const messages = times(stated(kind.messageTokens), times(plus(turns, constant(1)), constant(0.5)));
  const exact = plus(plus(answers, messages), stated(kind.systemTokens));
  const needed = exact ?? plus(answers, given);
  if (given === undefined || answers === undefined || needed === undefined) return undefined;
  return { given, answers, needed, isExact: exact !== undefined };
}

function holdsHistory({ given, answers, needed, isExact }: History): boolean {
  return isExact
    ? needed.high <= given.low * (1 + RELATIVE_TOLERANCE)
    : answers.high <= given.low * MAX_ANSWER_SHARE;
}

function historyNeeds(context: CheckContext): Draft[] {
  const { claims } = context;
  return claims.calls.flatMap((kind) => {
    const claim = claimOf(kind.inputTokensPerCall) ?? claimOf(kind.inputTokensPerInteraction);
    const history = kind.carriesHistory === undefined ? undefined : historyOf(kind, context);
    if (claim === undefined || history === undefined || holdsHistory(history)) return [];
    const { given, answers, needed, isExact } = history;
    const isPerCall = kind.inputTokensPerCall !== undefined;
    const grown = isPerCall ? needed : (times(needed, callsOfKind(kind, claims)) ?? needed);
    return [
      wrong(claim, grown, {
        unit: 'tokens',
        severity: isExact ? 'contradiction' : 'doubt',
        say: ({ right }) =>
          `earlier answers alone average ${show(answers.high, '')} input tokens per ${kind.name} call over ${count(stated(claims.interaction.turns))} turns, so ${count(given)} cannot hold them with the prompt and messages; with the history growing it is about ${right}${isPerCall ? '' : ' in all'}`,
      }),
    ];
  });
}

/** Earlier answers that leave less than this for prompt and messages do not fit. */
const MAX_ANSWER_SHARE = 0.75;
/** Tokens a second of one stream: 5 ms a token, which few published servers of large models beat. */
const FAST_STREAM_TOKENS_PER_S = 200;

function streamSpeed({ claims }: CheckContext): Draft[] {
  const turns = stated(claims.interaction.turns);
  const awaited = claims.calls.filter(({ beforeAnswer }) => beforeAnswer);
  if (awaited.length === 0) return [];
  const perTurn = over(sum(awaited.map((kind) => tokensOfKind(kind, claims, 'output'))), turns);
  const claim = claimOf(claims.interaction.meanResponseS);
  const speed = over(perTurn, stated(claims.interaction.meanResponseS));
  if (perTurn === undefined || speed === undefined || claim === undefined) return [];
  if (speed.low <= FAST_STREAM_TOKENS_PER_S) return [];
  const needed = {
    ...perTurn,
    ...mapEnds(perTurn, (tokens) => tokens / FAST_STREAM_TOKENS_PER_S),
  } as Quantity;
  return [
    wrong(claim, needed, {
      unit: 's',
      severity: 'doubt',
      say: ({ claimed, right }) =>
        `${count(perTurn)} output tokens one after another in ${claimed} s are ${count(speed)} tokens/s of one stream; at ${FAST_STREAM_TOKENS_PER_S} a turn takes at least ${right} s`,
    }),
  ];
}

/** p95 ÷ mean of exponential times is ln 20; below half of it times hardly vary. */
const EXPONENTIAL_P95 = Math.log(20);
const LEAST_P95 = EXPONENTIAL_P95 / 2;

function percentileAboveMean({ claims }: CheckContext): Draft[] {
  const mean = stated(claims.interaction.meanResponseS);
  if (mean === undefined) return [];
  return claims.targets
    .filter(({ metric }) => metric === 'p95-response-s')
    .flatMap(({ target }) =>
      claimsOf(target).flatMap((claim) => {
        if (!Number.isFinite(claim.high) || claim.high >= LEAST_P95 * mean.low) return [];
        const usual = times(mean, constant(EXPONENTIAL_P95)) as Quantity;
        return [
          wrong(claim, usual, {
            unit: 's',
            severity: claim.high < mean.low ? 'contradiction' : 'doubt',
            say: ({ claimed, right }) =>
              `a mean of ${count(mean)} s leaves a p95 of ${claimed} s only to times that hardly vary; exponential ones have ${right} s`,
          }),
        ];
      }),
    );
}

function duration({ claims }: CheckContext): Draft[] {
  const { turns, meanResponseS, thinkTimeS, durationS } = claims.interaction;
  return hold(durationS, times(stated(turns), plus(stated(meanResponseS), stated(thinkTimeS))), {
    unit: 's',
    say: ({ claimed, right }) =>
      `the turns of an interaction with their pauses take ${right} s, not ${claimed}`,
  });
}

export const INTERACTION_RULES: readonly Rule[] = [
  {
    id: 'calls',
    title: 'calls per interaction = turns × calls per turn = sum over the kinds of call',
    check: callCounts,
  },
  {
    id: 'tokens',
    title: 'tokens per interaction = calls × tokens per call, and a turn has those of all its calls',
    check: (context) =>
      DIRECTIONS.flatMap((direction) => [
        ...tokensByKind(context, direction),
        ...tokenTotals(context, direction),
      ]),
  },
  {
    id: 'history-growth',
    title: 'input of turn t = system + message·t + answers·(t − 1)',
    check: historyNeeds,
  },
  {
    id: 'stream-speed',
    title: 'output tokens of a turn ÷ its time = the speed of one stream',
    check: streamSpeed,
  },
  {
    id: 'percentile-above-mean',
    title: 'a 95th percentile lies well above its mean unless times hardly vary',
    check: percentileAboveMean,
  },
  { id: 'duration', title: 'time of an interaction = turns × (response + think time)', check: duration },
];
