import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createTargetTexts } from '../../../bench/workload/target-texts.ts';
import { createRandom } from '../../../vocabulary/random.ts';

/** A tokenizer of pieces of at most four characters, a space before a word belonging to it: not one token a word. */
const pieces = (text: string): string[] => text.match(/ ?[^ ]{1,4}/g) ?? [];
const CHAT_TEMPLATE_TOKENS = 9;

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((done) => server.close(done))));
});

/** An HTTP server that counts as llama.cpp, vLLM or only in its usage does. */
async function serve(kind: 'llama.cpp' | 'vllm' | 'usage' | 'nothing'): Promise<string> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => {
      body += part.toString('utf8');
    });
    request.on('end', () => {
      const given = JSON.parse(body) as {
        content?: string;
        prompt?: string;
        messages?: { content: string }[];
      };
      const answer = (value: unknown): void => {
        response.setHeader('connection', 'close');
        response.end(JSON.stringify(value));
      };
      if (request.url === '/tokenize' && kind === 'llama.cpp')
        return answer({ tokens: pieces(given.content ?? '') });
      if (request.url === '/tokenize' && kind === 'vllm')
        return answer({ count: pieces(given.prompt ?? '').length });
      if (request.url === '/v1/chat/completions' && kind === 'usage') {
        const prompt_tokens = pieces(given.messages?.[0]?.content ?? '').length + CHAT_TEMPLATE_TOKENS;
        return answer({ usage: { prompt_tokens } });
      }
      response.statusCode = 404;
      return answer({ error: 'not found' });
    });
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('texts counted as the target counts', () => {
  it.each(['llama.cpp', 'vllm'] as const)(
    'have exactly the tokens asked for where there is a tokenizer: %s',
    async (kind) => {
      const texts = await createTargetTexts({ url: await serve(kind), model: 'm' });
      expect(texts.basis).toContain('all exact');
      for (const voice of ['customer', 'agent', 'instructions'] as const) {
        for (const tokens of [1, 2, 3, 10, 99, 512, 2_000]) {
          const text = texts.compose(voice, tokens, createRandom(tokens));
          expect(pieces(text)).toHaveLength(tokens);
          expect(texts.count(text)).toBe(tokens);
        }
      }
      expect(texts.compose('customer', 0, createRandom(1))).toBe('');
      expect(texts.compose('agent', 50, createRandom(3))).toBe(texts.compose('agent', 50, createRandom(3)));
    },
  );

  it('come near where only usage tells, without what the server puts around a prompt, and say so', async () => {
    const texts = await createTargetTexts({ url: await serve('usage') });
    expect(texts.basis).toContain('calibrated on the usage');
    for (const tokens of [200, 1_000]) {
      const got = pieces(texts.compose('customer', tokens, createRandom(tokens))).length;
      expect(Math.abs(got - tokens)).toBeLessThan(0.08 * tokens);
    }
  });

  it('are words where nothing tells, and say so', async () => {
    const texts = await createTargetTexts({ url: await serve('nothing') });
    expect(texts.basis).toContain('no tokenizer');
    expect(texts.compose('customer', 12, createRandom(1)).split(' ')).toHaveLength(12);
  });
});
