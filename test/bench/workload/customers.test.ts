import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { createOpenaiChatDriver } from '../../../bench/drive/openai-chat.ts';
import { spawnGroundTruth } from '../../../bench/ground-truth/spawn.ts';
import { createCustomerDriver } from '../../../bench/workload/customers.ts';
import { readDialogs } from '../../../bench/workload/dialog-file.ts';
import { createShapeSampler } from '../../../bench/workload/interaction.ts';
import { composeSystemText, composeUserText, wordTexts } from '../../../bench/workload/prompt.ts';
import { readTenantKeys, tenantShares } from '../../../bench/workload/tenants.ts';
import { countWords } from '../../../bench/workload/text.ts';
import { parseScenario } from '../../../scenarios/scenario.ts';
import { type Workload, workloadSchema } from '../../../scenarios/workload.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { createRandom } from '../../../vocabulary/random.ts';

const STAR = '../shared/data/dialogs-star/star.jsonl.gz';

const folder = mkdtempSync(join(tmpdir(), 'customers-'));
afterAll(() => rmSync(folder, { recursive: true }));

const constant = (value: number) => ({ distribution: { kind: 'constant', value }, source: 'a test' });
const requests = (more: object = {}): Workload =>
  workloadSchema.parse({ kind: 'requests', inputTokens: constant(5), outputTokens: constant(3), ...more });
const draw = (workload: Workload, interactions: number, seed = 1) => {
  const sampler = createShapeSampler(workload);
  const random = createRandom(seed);
  return Array.from({ length: interactions }, (_, i) => sampler(random.fork(`interaction ${i}`)));
};
const DRAWN = 20_000;
/** Four standard deviations of a share. */
const within = (share: number): number => 4 * Math.sqrt((share * (1 - share)) / DRAWN);

describe('tenants', () => {
  it('have shares by Zipf’s law: of rank k in proportion to 1/k, by the harmonic sum', () => {
    const tenants = { kind: 'zipf', count: 20, exponent: 1 } as const;
    const harmonic = Array.from({ length: 20 }, (_, i) => 1 / (i + 1)).reduce((sum, part) => sum + part, 0);
    const shapes = draw(requests({ tenants }), DRAWN);
    for (const rank of [1, 2, 5, 20]) {
      const got = shapes.filter(({ tenant }) => tenant === `tenant-${rank}`).length / DRAWN;
      const expected = 1 / rank / harmonic;
      expect(Math.abs(got - expected)).toBeLessThan(within(expected));
    }
  });

  it('have the weights that are given, and change nothing of the sizes', () => {
    const tenants = {
      kind: 'weights' as const,
      tenants: [
        { name: 'big', weight: 9 },
        { name: 'small', weight: 1, apiKeyEnv: 'SMALL_KEY' },
      ],
    };
    const sizes = { inputTokens: { distribution: { kind: 'exponential', mean: 50 }, source: 'a test' } };
    const shapes = draw(requests({ ...sizes, tenants }), DRAWN);
    const share = shapes.filter(({ tenant }) => tenant === 'small').length / DRAWN;
    expect(Math.abs(share - 0.1)).toBeLessThan(within(0.1));
    expect(shapes.map(({ turns }) => turns)).toEqual(draw(requests(sizes), DRAWN).map(({ turns }) => turns));
    expect(tenantShares(tenants).map(({ shareRatio }) => shareRatio)).toEqual([0.9, 0.1]);
    expect(unwrap(readTenantKeys(tenants, { SMALL_KEY: 'k' }))).toEqual(new Map([['small', 'k']]));
    const missing = readTenantKeys(tenants, {});
    expect(missing).toMatchObject({
      failure: { code: 'USAGE', issues: [{ path: 'tenant small: SMALL_KEY' }] },
    });
  });
});

describe('shared prefixes', () => {
  it.each([0, 0.3, 0.9, 1])(
    'are shared by a share of %d of the interactions, the same text in each',
    (hitShareRatio) => {
      const workload = requests({ sharedPrefix: { tokens: constant(40), hitShareRatio, groups: 3 } });
      const shapes = draw(workload, DRAWN);
      const texts = shapes
        .slice(0, 3_000)
        .map((shape) => composeSystemText(wordTexts, shape, createRandom(9)));
      const shared = shapes.filter(({ prefix }) => prefix?.id.startsWith('shared')).length / DRAWN;
      expect(Math.abs(shared - hitShareRatio)).toBeLessThanOrEqual(within(hitShareRatio));
      expect(texts.every((text) => countWords(text) === 40)).toBe(true);
      const seen = new Set<string>();
      const hits = texts.filter((text) => seen.size === seen.add(text).size).length / texts.length;
      // The first of each group is no hit.
      expect(Math.abs(hits - hitShareRatio)).toBeLessThan(0.04);
    },
  );
});

describe('the blocks of a trace', () => {
  it('are the same words wherever the same ids begin a prompt, to the length asked for', () => {
    const turn = (inputTokens: number, ids: readonly number[]) => ({
      thinkTimeMs: 0,
      inputTokens,
      outputTokens: 1,
      blocks: { ids, tokensPerBlock: 16 },
    });
    const text = (inputTokens: number, ids: readonly number[], seed: number) =>
      composeUserText(wordTexts, turn(inputTokens, ids), createRandom(seed)).split(' ');
    const [a, b, c] = [text(48, [1, 2, 3], 1), text(40, [1, 2, 9], 2), text(50, [1], 3)];
    expect([a.length, b.length, c.length]).toEqual([48, 40, 50]);
    expect(b.slice(0, 32)).toEqual(a.slice(0, 32));
    expect(b.slice(32)).not.toEqual(a.slice(32, 40));
    expect(c.slice(0, 16)).toEqual(a.slice(0, 16));
  });

  it('make exactly the words asked for, whatever the blocks', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 400 }),
        fc.array(fc.nat({ max: 50 }), { maxLength: 12 }),
        (tokens, ids) => {
          const blocks = { ids: ids.slice(0, Math.ceil(tokens / 16)), tokensPerBlock: 16 };
          const turn = { thinkTimeMs: 0, inputTokens: tokens, outputTokens: 1, blocks };
          expect(countWords(composeUserText(wordTexts, turn, createRandom(1)))).toBe(tokens);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('real dialogs', () => {
  const lines = [
    {
      messages: [
        { role: 'system', content: 'be kind' },
        { role: 'user', content: 'hello there' },
        { role: 'assistant', content: 'a b c' },
        { role: 'user', content: 'bye', delayMs: 700 },
      ],
    },
    {
      conversations: [
        { from: 'human', value: 'one' },
        { from: 'gpt', value: 'two words' },
      ],
    },
    {
      turns: [
        ['user', 'first', 0],
        ['user', 'and more', 2],
        ['agent', 'x', 5],
        ['user', 'last', 9],
      ],
    },
  ];
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, name.endsWith('.gz') ? gzipSync(text) : text);
    return path;
  };
  const jsonl = lines.map((line) => JSON.stringify(line)).join('\n');

  it('are read from three forms, gzipped or not', () => {
    for (const name of ['dialogs.jsonl', 'dialogs.jsonl.gz']) {
      expect(unwrap(readDialogs(write(name, jsonl)))).toEqual([
        {
          system: 'be kind',
          turns: [
            { text: 'hello there', answerWords: 3 },
            { text: 'bye', delayMs: 700, answerWords: 0 },
          ],
        },
        { turns: [{ text: 'one', answerWords: 2 }] },
        {
          turns: [
            { text: 'first\nand more', delayMs: 0, answerWords: 1 },
            { text: 'last', delayMs: 4_000, answerWords: 0 },
          ],
        },
      ]);
    }
  });

  it('are played in order, with the words, pauses and instructions of the file', () => {
    const file = write('played.jsonl', jsonl);
    const workload = workloadSchema.parse({
      kind: 'dialogs',
      file,
      order: 'in-order',
      thinkTimeMs: constant(50),
    });
    const shapes = draw(workload, 4);
    expect(shapes.map(({ turns }) => turns[0]?.text)).toEqual([
      'hello there',
      'one',
      'first\nand more',
      'hello there',
    ]);
    expect(shapes[0]?.turns[1]).toMatchObject({ thinkTimeMs: 700, text: 'bye', outputTokens: 1 });
    expect(shapes[0] && composeSystemText(wordTexts, shapes[0], createRandom(1))).toBe('be kind');
    const drawn = draw(workloadSchema.parse({ ...workload, order: 'drawn' }), 3_000);
    const share = drawn.filter(({ turns }) => turns[0]?.text === 'one').length / 3_000;
    expect(Math.abs(share - 1 / 3)).toBeLessThan(0.04);
  });

  it('are refused with the line of every bad one', () => {
    const bad = ['{"messages":[{"role":"king","content":"x"}]}', 'nonsense', '{"turns":[]}', '{"text":"x"}'];
    const read = readDialogs(write('bad.jsonl', [JSON.stringify(lines[0]), ...bad].join('\n')));
    if (read.kind === 'ok') throw new Error('the dialogs were read');
    expect(read.failure.issues.map(({ path }) => path).sort()).toEqual(['line 2', 'line 3', 'line 5']);
  });

  it('are left out where the customer never says a word, and refused where none ever does', () => {
    const silent = ['{"turns":[]}', '{"turns":[["agent","hello?",0]]}', '{"turns":[["user"," ",0]]}'];
    const mixed = readDialogs(write('mixed.jsonl', [...silent, JSON.stringify(lines[1])].join('\n')));
    expect(unwrap(mixed)).toEqual([{ turns: [{ text: 'one', answerWords: 2 }] }]);
    expect(readDialogs(write('silent.jsonl', silent.join('\n')))).toMatchObject({
      failure: { code: 'INVALID_TRACE', issues: [{ got: 'dialogs in which no customer says a word' }] },
    });
  });

  it.skipIf(!existsSync(STAR))('of STAR are read as they are published (needs ../shared/data)', () => {
    // 6,652 dialogs, 447 of which were broken off before their first word.
    expect(unwrap(readDialogs(STAR))).toHaveLength(6_205);
  });
});

describe('a data set in place of a distribution', () => {
  const scenario = (dataSet: object) =>
    JSON.stringify({
      name: 'sizes',
      description: 'A test.',
      workload: { kind: 'requests', inputTokens: { dataSet }, outputTokens: constant(3) },
      load: { kind: 'steps', steps: [{ turnsPerS: 1 }] },
    });

  it('puts the counts of the column there, with the file as the source', () => {
    writeFileSync(
      join(folder, 'sizes.csv.gz'),
      gzipSync('kind,tokens,weight\na,10,1\nb,99,5\na,30,3\na,10,2\n'),
    );
    const dataSet = { file: 'sizes.csv.gz', column: 'tokens', weightColumn: 'weight', where: { kind: 'a' } };
    const { workload } = unwrap(parseScenario(scenario(dataSet), 'a test', folder));
    if (workload.kind !== 'requests') throw new Error('requests were asked for');
    expect(workload.inputTokens.distribution).toEqual({
      kind: 'histogram',
      values: [10, 30],
      weights: [3, 3],
    });
    expect(workload.inputTokens.source).toContain('3 rows of tokens in sizes.csv.gz (SHA-256 ');
  });

  it('lists a missing column and every bad row', () => {
    writeFileSync(join(folder, 'bad.csv'), 'tokens\n1\n-2\nNaN\n\n4\n');
    const bad = parseScenario(scenario({ file: 'bad.csv', column: 'tokens' }), 'a test', folder);
    expect(bad).toMatchObject({
      failure: { code: 'INVALID_SCENARIO', issues: [{ path: 'line 3' }, { path: 'line 4' }] },
    });
    const missing = parseScenario(scenario({ file: 'bad.csv', column: 'words' }), 'a test', folder);
    expect(missing).toMatchObject({ failure: { issues: [{ expected: 'a column words', got: 'tokens' }] } });
  });
});

describe('customers with little patience', () => {
  it('leave when the answer takes longer, and their requests end as that; others get theirs', async () => {
    const server = await spawnGroundTruth({ firstTokenMs: 500, tokenGapMs: 5, outputTokens: 3 });
    const timeouts = { connectMs: 1_000, firstTokenMs: 5_000, idleMs: 5_000, totalMs: 10_000 };
    const driver = createCustomerDriver({
      createDriver: () => createOpenaiChatDriver({ url: server.url, timeouts, maxConnections: 4 }),
      keys: new Map([['b', 'key of b']]),
    });
    const ask = (more: object) =>
      driver.send(
        {
          interactionId: 'i',
          messages: [{ role: 'user', content: 'x' }],
          maxOutputTokens: 3,
          exactOutputTokens: true,
          keepText: false,
          ...more,
        },
        new AbortController().signal,
      );
    try {
      const askedAtMs = performance.now();
      const [left, stayed, patient] = await Promise.all([
        ask({ patienceMs: 100 }),
        ask({ tenant: 'b' }),
        ask({ patienceMs: 5_000 }),
      ]);
      expect(left.outcome).toEqual({ state: 'timed-out', phase: 'patience' });
      expect(left.endedAtMs - askedAtMs).toBeGreaterThanOrEqual(99);
      expect(left.endedAtMs - askedAtMs).toBeLessThan(500);
      expect([stayed.outcome.state, patient.outcome.state]).toEqual(['completed', 'completed']);
    } finally {
      await driver.close();
      await server.close();
    }
  });
});
