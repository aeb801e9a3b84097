import type { ResultStep } from '../../vocabulary/result-file.ts';
import { createShapeSampler } from '../workload/interaction.ts';
import { Conversation } from './conversation.ts';
import type { LoadSession } from './load-session.ts';
import { usersOfShard } from './shard.ts';
import { runStep } from './step.ts';
import type { RunContext } from './step-context.ts';
import type { ClosedStepOptions } from './step-crew.ts';
import { type StepLabel, streamOf } from './step-label.ts';

/** Starts the next interaction of one user; `order` numbers the user's interactions. */
interface UserLoop {
  readonly context: RunContext;
  readonly session: LoadSession;
  readonly sampler: ReturnType<typeof createShapeSampler>;
  readonly thinkTime: 'drawn' | 'none';
  readonly label: StepLabel;
}

/**
 * A user's interactions follow one another; the first begins at a random point of an interaction, so that users are
 * spread over their cycle from the start.
 */
function startInteraction(loop: UserLoop, user: number, order: number, atMs: number): void {
  const { context, session, sampler } = loop;
  const own = `u${user} i${order}`;
  const id = `${loop.label.name} ${own}`;
  const random = context.random.fork(`${streamOf(loop.label)} ${own}`);
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
    ...(context.texts === undefined ? {} : { texts: context.texts }),
    onClosed: (endedAtMs) => startInteraction(loop, user, order + 1, endedAtMs),
  }).start();
}

/** A fixed number of users who wait for an answer, think and ask again. Latency counts from the end of thinking. */
export function runClosedStep(
  context: RunContext,
  options: ClosedStepOptions,
  label: StepLabel,
): Promise<ResultStep | undefined> {
  if (context.crew !== undefined) return context.crew.run({ kind: 'closed', options, label }, context);
  const sampler = createShapeSampler(context.scenario.workload);
  const { count = 1, index = 0 } = context.shard ?? {};
  const users = usersOfShard(options.concurrency, context.shard);
  return runStep(context, {
    label,
    load: { kind: 'closed', concurrency: users },
    warmUpMs: options.warmUpMs,
    windowMs: options.windowMs,
    drainMs: options.drainMs,
    begin: (session, stepStartedAtMs) => {
      const loop = { context, session, sampler, thinkTime: options.thinkTime, label };
      for (let user = 0; user < users; user++)
        startInteraction(loop, index + user * count, 0, stepStartedAtMs);
      return undefined;
    },
  });
}
