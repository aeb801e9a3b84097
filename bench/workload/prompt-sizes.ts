import type { Workload } from '../../scenarios/workload.ts';
import { createRandom } from '../../vocabulary/random.ts';
import type { InteractionShape } from './shape.ts';
import { composeText, countWords } from './text.ts';

/** Sizes of the prompt of one turn. */
export interface PromptSize {
  /** Instructions, history and the customer's message. */
  readonly inputTokens: number;
  /** Of them, the beginning that an earlier prompt had too: what a prefix cache can serve. */
  readonly repeatedTokens: number;
  readonly promptBytes: number;
}

const SAMPLE_WORDS = 20_000;
/** Bytes of a word and the space after it, of the texts that are made up. */
const MADE_UP_BYTES = composeText('customer', SAMPLE_WORDS, createRandom(1)).length / SAMPLE_WORDS;

/** Tokens of the newest turns before turn `at` that fit the history limit, and whether they are all. */
function historyOf(shape: InteractionShape, at: number, limit: number): { tokens: number; isWhole: boolean } {
  let tokens = 0;
  for (let i = at - 1; i >= 0; i--) {
    const turn = shape.turns[i];
    const ofTurn = (turn?.inputTokens ?? 0) + (turn?.outputTokens ?? 0);
    if (tokens + ofTurn > limit) return { tokens, isWhole: false };
    tokens += ofTurn;
  }
  return { tokens, isWhole: true };
}

/** The prompt of every turn if each is answered with as many tokens as are asked for. */
export function promptSizes(workload: Workload, shape: InteractionShape): PromptSize[] {
  const limit = workload.kind === 'requests' ? 0 : workload.maxHistoryTokens;
  const prefixTokens = shape.prefix?.tokens ?? 0;
  const ownSystem = shape.systemText === undefined ? shape.systemPromptTokens : countWords(shape.systemText);
  const system = prefixTokens + ownSystem;
  const isShared = shape.prefix?.id.startsWith('shared') === true;
  return shape.turns.map((turn, i) => {
    const { tokens: history, isWhole } = historyOf(shape, i, limit);
    const inputTokens = system + history + turn.inputTokens;
    const textBytes =
      turn.text === undefined ? turn.inputTokens * MADE_UP_BYTES : Buffer.byteLength(turn.text);
    return {
      inputTokens,
      // Without its oldest turns a prompt begins like the one before only as far as the instructions go.
      repeatedTokens: i === 0 ? (isShared ? prefixTokens : 0) : system + (isWhole ? history : 0),
      promptBytes: (system + history) * MADE_UP_BYTES + textBytes,
    };
  });
}
