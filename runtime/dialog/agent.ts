import { type Answer, type AnswerSink, answer } from '../llm/answer.ts';
import type { CompletionRequest } from '../llm/provider.ts';
import { addSpent, NOTHING_SPENT, type Spent } from '../llm/spent.ts';
import { dropOlderHalf } from './context-window.ts';
import { reviewCompletion } from './supervisor/model-review.ts';
import type { ReviewSubject } from './supervisor/verdict.ts';
import { type Prepared, promptOf } from './turn-context.ts';
import { sentText, type TurnScope } from './turn-types.ts';

/** The agent's answer, and what it was asked with. */
export interface Asked {
  readonly answer: Answer;
  readonly prepared: Prepared;
}

/** What the agent is asked with. */
export function completionFor(scope: TurnScope, prepared: Prepared, attempt = 0): CompletionRequest {
  const { parts, options, interaction } = scope;
  return {
    requestId: attempt === 0 ? options.requestId : `${options.requestId}-${attempt}`,
    tenant: interaction.tenant,
    messages: promptOf(prepared),
    maxOutputTokens: parts.config.maxOutputTokens,
    temperature: parts.config.temperature,
    topP: 1,
    stop: [],
    ignoreEos: false,
    cacheKey: prepared.context.interactionId,
    ...(options.traceparent === undefined ? {} : { traceparent: options.traceparent }),
  };
}

/** Of a draft that is still to be written, as a reviewer may count it. */
const DRAFT_BYTES_PER_TOKEN = 4;

/** What models may be asked in this turn: the agent, and whoever reviews the longest draft that it can write. */
export function completionsOf(
  scope: TurnScope,
  prepared: Prepared,
  subject: Omit<ReviewSubject, 'answer'>,
): CompletionRequest[] {
  const { supervisor, maxOutputTokens } = scope.parts.config;
  const asked = completionFor(scope, prepared);
  if (supervisor.mode === 'off' || !supervisor.model.enabled) return [asked];
  const longest = 'x'.repeat(maxOutputTokens * DRAFT_BYTES_PER_TOKEN);
  const { requestId, signal } = scope.options;
  const { tenant } = scope.interaction;
  const reviewed = { ...subject, customerText: sentText(scope), answer: longest };
  const review = { subject: reviewed, requestId, tenant, signal };
  return [asked, reviewCompletion(supervisor.model, review)];
}

/** Asks; where the engine finds the prompt too long after all, asks again with the older half of the turns dropped. */
export async function askAgent(
  scope: TurnScope,
  first: Prepared,
  io: { readonly signal: AbortSignal; readonly sink: AnswerSink | undefined },
): Promise<Asked> {
  const { chain, observer, clock } = scope.parts;
  let prepared = first;
  let spent: Spent = NOTHING_SPENT;
  for (let attempt = 0; ; attempt++) {
    const result = await answer(chain, completionFor(scope, prepared, attempt), {
      signal: io.signal,
      observer,
      clock,
      ...(io.sink === undefined ? {} : { sink: io.sink }),
    });
    spent = addSpent(spent, result.spent);
    const isTooLong = result.kind === 'refused' && result.fault.code === 'caller_context_too_long';
    if (!isTooLong || prepared.history.length === 0) return { answer: { ...result, spent }, prepared };
    prepared = { ...prepared, history: dropOlderHalf(prepared.history) };
  }
}
