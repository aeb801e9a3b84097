import type { ConversationWorkload } from '../../scenarios/workload.ts';
import { createSampler } from '../../vocabulary/distributions.ts';
import { type ShapeSampler, wholeFrom } from './shape.ts';

/** Conversations of several turns, every size drawn. */
export function conversationSampler(workload: ConversationWorkload): ShapeSampler {
  const turns = wholeFrom(createSampler(workload.turns.distribution), 1);
  const thinkTimeMs = wholeFrom(createSampler(workload.thinkTimeMs.distribution), 0);
  const inputTokens = wholeFrom(createSampler(workload.userTokens.distribution), 1);
  const outputTokens = wholeFrom(createSampler(workload.outputTokens.distribution), 1);
  const systemPromptTokens = wholeFrom(createSampler(workload.systemPromptTokens.distribution), 0);
  return (random) => ({
    systemPromptTokens: systemPromptTokens(random),
    turns: Array.from({ length: turns(random) }, (_, i) => ({
      thinkTimeMs: i === 0 ? 0 : thinkTimeMs(random),
      inputTokens: inputTokens(random),
      outputTokens: outputTokens(random),
    })),
  });
}
