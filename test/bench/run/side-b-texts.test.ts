import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { runBench } from '../../../bench/run/run-bench.ts';
import { resolveScenario } from '../../../scenarios/scenario.ts';
import { unwrap } from '../../../vocabulary/errors.ts';

const INPUT_TOKENS = 40;
const constant = (value: number) => ({
  distribution: { kind: 'constant' as const, value },
  source: 'a test',
});

/** Pieces of at most `letters` characters, a space before a word belonging to it. */
const countBy =
  (letters: number) =>
  (text: string): number =>
    text.match(new RegExp(` ?[^ ]{1,${letters}}`, 'g'))?.length ?? 0;

/** An OpenAI-compatible server with a tokenizer; `prompts` are those of its streams. */
async function serve(count: (text: string) => number) {
  const prompts: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => {
      body += part.toString('utf8');
    });
    request.on('end', () => {
      if (request.url === '/v1/models') return void response.end('{"data":[{"id":"m"}]}');
      if (request.url === '/tokenize') {
        return void response.end(
          JSON.stringify({ count: count((JSON.parse(body) as { prompt: string }).prompt) }),
        );
      }
      if (request.url !== '/v1/chat/completions') return void response.writeHead(404).end('{}');
      const { messages } = JSON.parse(body) as { messages: { content: string }[] };
      prompts.push(messages.at(-1)?.content ?? '');
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(
        'data: {"choices":[{"delta":{"content":"a"}}]}\n\ndata: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, prompts };
}

it('each side of a comparison is asked in its own tokens', async () => {
  const [countA, countB] = [countBy(4), countBy(2)];
  const [a, b] = [await serve(countA), await serve(countB)];
  const scenario = unwrap(
    resolveScenario({
      name: 'two-tokenizers',
      description: 'A test.',
      workload: {
        kind: 'requests',
        inputTokens: constant(INPUT_TOKENS),
        outputTokens: constant(1),
        tokenCount: 'target',
      },
      load: { kind: 'ab', blocks: 2, turnsPerS: 30, warmUpMs: 0, windowMs: 400 },
    }),
  );
  const result = unwrap(
    await runBench({ scenario, target: { url: a.url }, variantB: { target: { url: b.url } } }),
  );
  expect(a.prompts.length).toBeGreaterThan(5);
  expect(b.prompts.length).toBeGreaterThan(5);
  expect(new Set(a.prompts.map(countA))).toEqual(new Set([INPUT_TOKENS]));
  expect(new Set(b.prompts.map(countB))).toEqual(new Set([INPUT_TOKENS]));
  expect(result.scenario).toMatchObject({
    variants: { b: { tokenCount: expect.stringContaining('exact') } },
  });
});
