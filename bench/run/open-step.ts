import type { OpenStep } from '../../scenarios/load.ts';
import type { ResultStep } from '../../vocabulary/result-file.ts';
import {
  interactionsPerSFromTurns,
  type PlannedInteraction,
  planInteractions,
} from '../workload/schedule.ts';
import { Conversation } from './conversation.ts';
import { drawUnderWay, Feed } from './feed.ts';
import { keepShard } from './shard.ts';
import { runStep } from './step.ts';
import type { RunContext } from './step-context.ts';
import { type StepLabel, streamOf } from './step-label.ts';

/** The rates of an open step, both ways. */
export function resolveRates(
  step: OpenStep,
  meanTurns: number,
): { interactionsPerS: number; turnsPerS: number } {
  const interactionsPerS =
    step.interactionsPerS ?? interactionsPerSFromTurns(step.turnsPerS ?? Number.NaN, meanTurns);
  return { interactionsPerS, turnsPerS: interactionsPerS * meanTurns };
}

/** Runs one open-loop step; its schedule depends on scenario, seed and the label's stream alone. */
export function runOpenStep(
  context: RunContext,
  step: OpenStep,
  label: StepLabel,
): Promise<ResultStep | undefined> {
  const { scenario, shape, shard, crew } = context;
  if (crew !== undefined) return crew.run({ kind: 'open', step, label }, context);
  const rates = resolveRates(step, shape.meanTurnsPerInteraction);
  const { workload, arrivals, drainMs } = scenario;
  const random = context.random.fork(streamOf(label));
  const drawn = context.schedule?.get(streamOf(label));
  const planned =
    drawn ??
    planInteractions(
      {
        workload,
        arrivals,
        interactionsPerS: rates.interactionsPerS,
        spanMs: step.warmUpMs + step.windowMs + drainMs,
      },
      random,
    );
  const made = context.texts === undefined ? {} : { texts: context.texts };
  const interactions = drawUnderWay(keepShard(planned, shard));
  const share = 1 / (shard?.count ?? 1);
  return runStep(context, {
    label,
    load: {
      kind: 'open',
      interactionsPerS: rates.interactionsPerS * share,
      turnsPerS: rates.turnsPerS * share,
    },
    warmUpMs: step.warmUpMs,
    windowMs: step.windowMs,
    drainMs,
    begin: (session, stepStartedAtMs) => {
      const start = (interaction: PlannedInteraction): void => {
        new Conversation({
          interaction,
          // Ids are unique over the run: a server that keeps interactions must not see one twice.
          id: `${label.name} ${interaction.id}`,
          workload,
          session,
          random: random.fork(`text ${interaction.id}`),
          stepStartedAtMs,
          ...made,
        }).start();
      };
      return new Feed({ interactions, pacer: session.pacer, stepStartedAtMs, start });
    },
  });
}
