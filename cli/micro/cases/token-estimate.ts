import type { MicroCase } from '../../../bench/engines/tinybench/micro-case.ts';
import { estimatePromptTokens } from '../../../runtime/llm/estimate.ts';
import type { CompletionRequest } from '../../../runtime/llm/provider.ts';
import { repeated } from './repeated.ts';

const OPERATIONS = 50;
const MESSAGES = 20;

/** The most tokens of a prompt with twenty messages, as it is reserved for. */
export const tokenEstimate: MicroCase = {
  name: 'token-estimate',
  prepare: () => {
    const request: CompletionRequest = {
      requestId: 'micro',
      messages: Array.from({ length: MESSAGES }, (_, i) => ({
        role: i % 2 === 0 ? ('user' as const) : ('assistant' as const),
        content: 'my internet has been slow since yesterday evening and restarting did not change anything',
      })),
      maxOutputTokens: 100,
      temperature: 0,
      topP: 1,
      stop: [],
      ignoreEos: false,
      tenant: 'micro',
    };
    return repeated(OPERATIONS, () => estimatePromptTokens(request));
  },
};
