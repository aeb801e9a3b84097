import type { WorkloadOf } from '../../scenarios/workload.ts';
import { createSampler } from '../../vocabulary/distributions.ts';
import { type ShapeSampler, wholeFrom } from './shape.ts';

/** Single requests: interactions of one turn without history. */
export function requestSampler(workload: WorkloadOf<'requests'>): ShapeSampler {
  const inputTokens = wholeFrom(createSampler(workload.inputTokens.distribution), 1);
  const outputTokens = wholeFrom(createSampler(workload.outputTokens.distribution), 1);
  return (random) => ({
    systemPromptTokens: 0,
    turns: [{ thinkTimeMs: 0, inputTokens: inputTokens(random), outputTokens: outputTokens(random) }],
  });
}
