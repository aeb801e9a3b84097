import type { OpenStep } from '../../scenarios/load.ts';
import type { ResultStep } from '../../vocabulary/result-file.ts';
import { interactionsPerSFromTurns, planStep } from '../workload/schedule.ts';
import { Conversation } from './conversation.ts';
import { runStep } from './step.ts';
import type { RunContext } from './step-context.ts';

/** The rates of an open step, both ways. */
export function resolveRates(
  step: OpenStep,
  meanTurns: number,
): { interactionsPerS: number; turnsPerS: number } {
  const interactionsPerS =
    step.interactionsPerS ?? interactionsPerSFromTurns(step.turnsPerS ?? Number.NaN, meanTurns);
  return { interactionsPerS, turnsPerS: interactionsPerS * meanTurns };
}

/** Runs one open-loop step; its schedule depends on scenario, seed and name alone. */
export function runOpenStep(
  context: RunContext,
  step: OpenStep,
  name: string,
): Promise<ResultStep | undefined> {
  const { scenario, shape } = context;
  const rates = resolveRates(step, shape.meanTurnsPerInteraction);
  const { workload, arrivals, drainMs } = scenario;
  const random = context.random.fork(name);
  const interactions = planStep(
    {
      workload,
      arrivals,
      interactionsPerS: rates.interactionsPerS,
      spanMs: step.warmUpMs + step.windowMs + drainMs,
    },
    random,
  );
  return runStep(context, {
    name,
    load: { kind: 'open', ...rates },
    warmUpMs: step.warmUpMs,
    windowMs: step.windowMs,
    drainMs,
    begin: (session, stepStartedAtMs) => {
      for (const interaction of interactions) {
        const text = random.fork(`text ${interaction.id}`);
        // Ids are unique over the run: a server that keeps interactions must not see one twice.
        const named = { ...interaction, id: `${name} ${interaction.id}` };
        new Conversation({ interaction: named, workload, session, random: text, stepStartedAtMs }).start();
      }
    },
  });
}
