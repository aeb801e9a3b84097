import type { MicroCase } from '../../../bench/engines/tinybench/micro-case.ts';
import { ChatChunks } from '../../../runtime/gateway/chat-stream.ts';
import { repeated } from './repeated.ts';

const TOKENS = ['word ', 'a ', '"quoted" ', 'Grüße ', 'line\n', 'customer ', 'number', '. '] as const;
const OPERATIONS = 500;

/** One token as a chunk of a streamed chat completion. */
export const sseEncode: MicroCase = {
  name: 'sse-encode',
  prepare: () => {
    const chunks = new ChatChunks({
      id: 'chatcmpl-micro',
      createdAtUnixS: 0,
      includeUsage: true,
      answerer: { provider: 'p', providerKind: 'grpc', engine: 'simulated', model: 'm', level: 'primary' },
    });
    return repeated(OPERATIONS, (i) => chunks.text(TOKENS[i % TOKENS.length] ?? '').length);
  },
};
