import { describe, expect, it } from 'vitest';
import { type GroundTruthCommandOptions, groundTruth } from '../../../cli/commands/ground-truth.ts';

const OPTIONS: GroundTruthCommandOptions = {
  host: '127.0.0.1',
  port: 0,
  delayMs: 5,
  delayCv: 0,
  gapMs: 2,
  gapCv: 0,
  tokens: 4,
  seed: 1,
};

/** Runs the command, asks its server, then stops it as Ctrl-C does. */
async function ask(options: Partial<GroundTruthCommandOptions>, path: string, body?: string) {
  const abort = new AbortController();
  const said: string[] = [];
  const running = groundTruth(
    { ...OPTIONS, ...options },
    { signal: abort.signal, say: (line) => said.push(line) },
  );
  await expect.poll(() => said[0]).toBeDefined();
  const url = /http:\S+(?=:)/.exec(said[0] ?? '')?.[0] ?? '';
  const response = await fetch(`${url}${path}`, body === undefined ? {} : { method: 'POST', body });
  const text = await response.text();
  abort.abort();
  return { status: response.status, text, result: await running };
}

describe('busyhour ground-truth', () => {
  it('streams what OpenAI clients read, and tells at its end what it kept to', async () => {
    const { status, text, result } = await ask({}, '/v1/chat/completions', '{"stream":true,"messages":[]}');
    expect(status).toBe(200);
    expect(text.match(/"content":"word "/g)).toHaveLength(4);
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(result).toMatchObject({ exitCode: 0, json: { truth: { streams: 1, tokens: 4 } } });
  });

  it('answers whole where no stream is asked for', async () => {
    const { text } = await ask({}, '/v1/chat/completions', '{"messages":[],"max_tokens":3}');
    expect(JSON.parse(text)).toMatchObject({
      choices: [{ message: { content: 'word word word ' } }],
      usage: { completion_tokens: 3 },
    });
  });

  it('errs on purpose as often as told', async () => {
    expect((await ask({ error: ['503=1'] }, '/plain')).status).toBe(503);
  });

  it.each([
    [{ error: ['503'] }, /KIND=RATIO/],
    [{ error: ['teapot=0.1'] }, /KIND=RATIO/],
    [{ error: ['503=0.6', 'cut=0.6'] }, /at most 1/],
    [{ stall: 'often' }, /10000:1000/],
    [{ stall: '100:200' }, /shorter than everyMs/],
  ])('refuses %j with what it expected', async (options, message) => {
    const running = groundTruth({ ...OPTIONS, ...options }, { signal: AbortSignal.abort(), say: () => {} });
    await expect(running).rejects.toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ code: 'USAGE' }) }),
    );
    await running.catch((error) => expect(JSON.stringify(error.failure)).toMatch(message));
  });
});
