import type { ClosedStep } from '../../scenarios/load.ts';
import type { ResultStep } from '../../vocabulary/result-file.ts';
import { createShapeSampler } from '../workload/interaction.ts';
import { Conversation } from './conversation.ts';
import type { LoadSession } from './load-session.ts';
import { runStep } from './step.ts';
import type { RunContext } from './step-context.ts';

export interface ClosedStepOptions extends ClosedStep {
  readonly thinkTime: 'drawn' | 'none';
  readonly drainMs: number;
}

/** Starts the next interaction of one user; `order` numbers the user's interactions. */
interface UserLoop {
  readonly context: RunContext;
  readonly session: LoadSession;
  readonly sampler: ReturnType<typeof createShapeSampler>;
  readonly thinkTime: 'drawn' | 'none';
  readonly name: string;
}

/**
 * A user's interactions follow one another; the first begins at a random point of an interaction, so that users are
 * spread over their cycle from the start.
 */
function startInteraction(loop: UserLoop, user: number, order: number, atMs: number): void {
  const { context, session, sampler } = loop;
  const id = `${loop.name} u${user} i${order}`;
  const random = context.random.fork(id);
  const shape = sampler(random);
  const firstTurn = order === 0 ? Math.floor(random.next() * shape.turns.length) : 0;
  const thinkMs = shape.turns[firstTurn]?.thinkTimeMs ?? 0;
  const leadMs = order === 0 && loop.thinkTime === 'drawn' ? random.next() * thinkMs : 0;
  new Conversation({
    interaction: { ...shape, id, arrivalAtMs: 0, firstTurn, firstTurnAtMs: leadMs },
    workload: context.scenario.workload,
    session,
    random,
    stepStartedAtMs: atMs,
    ...(loop.thinkTime === 'none' ? { thinkTimeMs: 0 } : {}),
    onClosed: (endedAtMs) => startInteraction(loop, user, order + 1, endedAtMs),
  }).start();
}

/** A fixed number of users who wait for an answer, think and ask again. Latency counts from the end of thinking. */
export function runClosedStep(
  context: RunContext,
  options: ClosedStepOptions,
  name: string,
): Promise<ResultStep | undefined> {
  const sampler = createShapeSampler(context.scenario.workload);
  return runStep(context, {
    name,
    load: { kind: 'closed', concurrency: options.concurrency },
    warmUpMs: options.warmUpMs,
    windowMs: options.windowMs,
    drainMs: options.drainMs,
    begin: (session, stepStartedAtMs) => {
      const loop = { context, session, sampler, thinkTime: options.thinkTime, name };
      for (let user = 0; user < options.concurrency; user++) startInteraction(loop, user, 0, stepStartedAtMs);
    },
  });
}
