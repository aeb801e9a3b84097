import type { LlamaContext, LlamaContextSequence, Token } from 'node-llama-cpp';

/** One place in the batch, with the history that its last request left. */
export interface Slot {
  readonly sequence: LlamaContextSequence;
  cacheKey: string | undefined;
  busy: boolean;
  /** Counts uses: the smallest among idle slots was used least recently. */
  usedAt: number;
}

/**
 * The context's sequences. A request with a cache key gets the idle sequence that holds its interaction's history;
 * any other takes the emptiest or least recently used one, so that kept histories live as long as they can.
 */
export class SequencePool {
  readonly #slots: Slot[];
  #uses = 0;

  constructor(context: LlamaContext) {
    this.#slots = Array.from({ length: context.totalSequences }, () => ({
      sequence: context.getSequence(),
      cacheKey: undefined,
      busy: false,
      usedAt: 0,
    }));
  }

  get busySlots(): number {
    return this.#slots.filter((slot) => slot.busy).length;
  }

  /** Tokens with keys and values in sequences that are running. */
  get busyTokens(): number {
    return this.#slots.reduce((sum, slot) => sum + (slot.busy ? slot.sequence.nextTokenIndex : 0), 0);
  }

  /** Undefined while every sequence is running. */
  take(cacheKey: string | undefined): Slot | undefined {
    const idle = this.#slots.filter((slot) => !slot.busy);
    const own = cacheKey === undefined ? undefined : idle.find((slot) => slot.cacheKey === cacheKey);
    const slot = own ?? idle.sort(byWorth)[0];
    if (slot === undefined) return undefined;
    slot.busy = true;
    slot.usedAt = ++this.#uses;
    return slot;
  }

  release(slot: Slot, cacheKey: string | undefined): void {
    slot.busy = false;
    slot.cacheKey = cacheKey;
    // One history per key: an older copy would never be found again.
    for (const other of this.#slots) {
      if (other !== slot && !other.busy && cacheKey !== undefined && other.cacheKey === cacheKey)
        other.cacheKey = undefined;
    }
  }
}

const byWorth = (a: Slot, b: Slot): number =>
  Number(a.cacheKey !== undefined) - Number(b.cacheKey !== undefined) || a.usedAt - b.usedAt;

/**
 * Keeps what the slot's history shares with the prompt, if it is the same interaction's, and erases the rest.
 * Returns how many prompt tokens need not be computed; the last one always is.
 */
export async function reusePrefix(
  slot: Slot,
  prompt: readonly Token[],
  cacheKey: string | undefined,
): Promise<number> {
  const { sequence } = slot;
  const same = cacheKey !== undefined && slot.cacheKey === cacheKey;
  const shared = same ? sequence.compareContextTokens([...prompt]).firstDifferentIndex : 0;
  const kept = Math.min(shared, prompt.length - 1);
  if (kept === 0) await sequence.clearHistory();
  else if (kept < sequence.nextTokenIndex) {
    await sequence.eraseContextTokenRanges([{ start: kept, end: sequence.nextTokenIndex }]);
  }
  return Math.min(sequence.nextTokenIndex, kept);
}
