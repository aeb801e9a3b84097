import { describe, expect, it } from 'vitest';
import type { Exchange, Message, TurnRequest } from '../../../bench/drive/driver.ts';
import { StepRecorder } from '../../../bench/observe/recorder.ts';
import { Conversation } from '../../../bench/run/conversation.ts';
import { LoadSession } from '../../../bench/run/load-session.ts';
import { resolveScenario } from '../../../scenarios/scenario.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { createRandom } from '../../../vocabulary/random.ts';

const USER_WORDS = 5;
const AGENT_WORDS = 3;
const SYSTEM_WORDS = 7;
const TURNS = 6;
const constant = (value: number) => ({ distribution: { kind: 'constant', value }, source: 'a test' });

const scenarioOf = (maxHistoryTokens: number) =>
  unwrap(
    resolveScenario({
      name: 'history',
      description: 'One conversation.',
      workload: {
        kind: 'conversations',
        turns: constant(TURNS),
        thinkTimeMs: constant(0),
        userTokens: constant(USER_WORDS),
        outputTokens: constant(AGENT_WORDS),
        systemPromptTokens: constant(SYSTEM_WORDS),
        maxHistoryTokens,
      },
      load: { kind: 'steps', steps: [{ turnsPerS: 1 }] },
    }),
  );

/** The requests of one conversation that resumes at `firstTurn`, each answered at once. */
async function play(maxHistoryTokens: number, firstTurn: number): Promise<TurnRequest[]> {
  const scenario = scenarioOf(maxHistoryTokens);
  const sent: TurnRequest[] = [];
  const answer = (request: TurnRequest): Exchange => {
    sent.push(request);
    const atMs = performance.now();
    return {
      outcome: { state: 'completed' },
      sentAtMs: atMs,
      endedAtMs: atMs,
      chunksAtMs: [atMs],
      text: Array<string>(AGENT_WORDS).fill('word').join(' '),
    };
  };
  const startedAtMs = performance.now();
  const random = createRandom(1);
  const recorder = new StepRecorder({
    name: 'history',
    load: { kind: 'open', interactionsPerS: 1, turnsPerS: TURNS },
    slos: [],
    runStartedAtMs: startedAtMs,
    windowFromMs: startedAtMs,
    warmUpMs: 0,
    windowMs: 10_000,
  });
  const session = new LoadSession(
    {
      scenario,
      shape: { meanTurnsPerInteraction: TURNS, meanThinkTimeMs: 0, basis: 'a test' },
      driver: { send: async (request) => answer(request), close: async () => {} },
      random,
      metricsUrls: [],
      signal: new AbortController().signal,
      onProgress: () => {},
      startedAtMs,
    },
    recorder,
  );
  const turns = Array.from({ length: TURNS }, () => ({
    thinkTimeMs: 0,
    inputTokens: USER_WORDS,
    outputTokens: AGENT_WORDS,
  }));
  await new Promise<void>((resolve) => {
    new Conversation({
      interaction: {
        id: 'i0',
        systemPromptTokens: SYSTEM_WORDS,
        turns,
        arrivalAtMs: 0,
        firstTurn,
        firstTurnAtMs: 0,
      },
      workload: scenario.workload,
      session,
      random,
      stepStartedAtMs: startedAtMs,
      onClosed: () => resolve(),
    }).start();
  });
  await session.end();
  return sent;
}

const words = (messages: readonly Message[]): number =>
  messages.reduce((sum, { content }) => sum + content.split(' ').length, 0);

/** Whole past turns that fit, times their words, beside the system prompt and the new message. */
const expectedWords = (turn: number, limit: number): number =>
  SYSTEM_WORDS +
  USER_WORDS +
  (USER_WORDS + AGENT_WORDS) * Math.min(turn, Math.floor(limit / (USER_WORDS + AGENT_WORDS)));

describe('the prompt of a long conversation', () => {
  it.each([1, 7, 8, 9, 15, 16, 17, 24, 100_000])(
    'carries exactly the newest whole turns within %i words',
    async (limit) => {
      for (const firstTurn of [0, 3]) {
        const sent = await play(limit, firstTurn);
        expect(sent.map(({ messages }) => words(messages))).toEqual(
          Array.from({ length: TURNS - firstTurn }, (_, i) => expectedWords(firstTurn + i, limit)),
        );
      }
    },
  );

  it('keeps the system prompt, and drops from the oldest side', async () => {
    const [whole, short] = await Promise.all([play(100_000, 0), play(16, 0)]);
    whole.forEach(({ messages: all }, turn) => {
      const kept = short[turn]?.messages ?? [];
      expect(kept[0]).toEqual(all[0]);
      expect(kept[0]?.role).toBe('system');
      expect(kept.slice(1)).toEqual(all.slice(1).slice(-(kept.length - 1)));
      expect(kept.slice(1).map(({ role }) => role)).toEqual(
        Array.from({ length: kept.length - 1 }, (_, i) => (i % 2 === 0 ? 'user' : 'assistant')),
      );
    });
  });
});
