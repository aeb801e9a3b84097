import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type InferenceOptions, inference } from '../../cli/commands/inference.ts';
import { type ServeOptions, serve } from '../../cli/commands/serve.ts';
import { scratchFolder } from '../end-to-end/command.ts';

const context = () => ({ signal: AbortSignal.abort(), say: () => undefined });
const messageOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'accepted',
    (error: Error) => error.message,
  );

describe('flags of busyhour inference that would say nothing', () => {
  it.each<[Partial<InferenceOptions>, string]>([
    [{ engine: 'simulated', threads: 2 }, '--threads: says nothing to --engine simulated'],
    [
      { engine: 'simulated', model: 'a.gguf', device: 'cuda' },
      '--model, --device: say nothing to --engine simulated',
    ],
    [{ engine: 'llama', seed: 0 }, '--seed: says nothing to --engine llama'],
    [{ engine: 'llama', profile: 'p', seed: 3 }, '--profile, --seed: say nothing to --engine llama'],
  ])('are refused by name: %j', async (given, message) => {
    const options = { engine: 'llama', host: '127.0.0.1', port: 0, ...given } as const;
    expect(await messageOf(inference(options, context()))).toBe(message);
  });
});

describe('flags of busyhour serve that would say nothing', () => {
  const printed = (options: Partial<ServeOptions>) =>
    serve({ keyword: true, printConfig: true, json: true, ...options }, context());

  it('are refused by name', async () => {
    const message = '--no-keyword: says nothing without --inference or --openai';
    expect(await messageOf(printed({ keyword: false }))).toBe(message);
  });

  it('are none of these, nor is a file of comments alone', async () => {
    const config = join(scratchFolder(), 'gateway.yaml');
    writeFileSync(config, '# port: 8080\n');
    expect(await messageOf(printed({ config }))).toBe('accepted');
    const { json } = await printed({ keyword: false, inference: '127.0.0.1:1' });
    const { providers } = (json as { settings: { providers: { name: string }[] } }).settings;
    expect(providers.map(({ name }) => name)).toEqual(['local']);
    expect(await messageOf(printed({}))).toBe('accepted');
  });
});
