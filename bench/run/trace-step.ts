import type { TraceRequest } from '../../scenarios/traces/trace.ts';
import type { ResultStep } from '../../vocabulary/result-file.ts';
import { msFromS } from '../../vocabulary/units.ts';
import type { PlannedInteraction } from '../workload/schedule.ts';
import { Conversation } from './conversation.ts';
import { Feed } from './feed.ts';
import { keepShard } from './shard.ts';
import { runStep } from './step.ts';
import type { RunContext } from './step-context.ts';
import type { TraceStep } from './step-crew.ts';
import type { StepLabel } from './step-label.ts';

/** After the last arrival the window stays open this long, so that it lies inside. */
const WINDOW_MARGIN_MS = 1;

/** Each request as an interaction of one turn. */
function* planReplay(requests: readonly TraceRequest[]): Generator<PlannedInteraction, void> {
  for (const [i, { atMs, inputTokens, outputTokens, blocks }] of requests.entries()) {
    const tokens = { inputTokens: Math.max(1, inputTokens), outputTokens: Math.max(1, outputTokens) };
    const turn = { thinkTimeMs: 0, ...tokens, ...(blocks === undefined ? {} : { blocks }) };
    yield {
      id: `trace ${i}`,
      arrivalAtMs: atMs,
      firstTurn: 0,
      firstTurnAtMs: atMs,
      systemPromptTokens: 0,
      turns: [turn],
    };
  }
}

/** Sends the requests of a trace at their instants, as one step. */
export function replayTraceStep(
  context: RunContext,
  trace: TraceStep,
  label: StepLabel,
): Promise<ResultStep | undefined> {
  if (context.crew !== undefined) return context.crew.run({ kind: 'trace', trace, label }, context);
  const { requests, speedUp } = trace;
  const share = 1 / (context.shard?.count ?? 1);
  const windowMs = (requests.at(-1)?.atMs ?? 0) + WINDOW_MARGIN_MS;
  return runStep(context, {
    label,
    load: { kind: 'trace', meanRequestsPerS: (requests.length / (windowMs / msFromS(1))) * share, speedUp },
    warmUpMs: 0,
    windowMs,
    drainMs: context.scenario.drainMs,
    begin: (session, stepStartedAtMs) => {
      const start = (interaction: PlannedInteraction): void => {
        const random = context.random.fork(interaction.id);
        const { workload } = context.scenario;
        new Conversation({ interaction, workload, session, random, stepStartedAtMs }).start();
      };
      const interactions = keepShard(planReplay(requests), context.shard);
      return new Feed({ interactions, pacer: session.pacer, stepStartedAtMs, start });
    },
  });
}
