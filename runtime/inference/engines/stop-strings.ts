/** What may be shown of the text so far. */
export interface StopReading {
  /** Text that is safe to show now, without any stop string or the beginning of one. */
  readonly text: string;
  readonly stopped: boolean;
}

/** Length of the longest end of `text` that begins `stop`. */
function heldLength(text: string, stop: string): number {
  for (let length = Math.min(text.length, stop.length - 1); length > 0; length--) {
    if (text.endsWith(stop.slice(0, length))) return length;
  }
  return 0;
}

/** Finds stop strings in text that arrives in pieces; text that may begin one is held back until it is decided. */
export class StopMatcher {
  readonly #stops: readonly string[];
  #held = '';

  constructor(stops: readonly string[]) {
    this.#stops = stops.filter((stop) => stop.length > 0);
  }

  /** Adds a piece. The earliest stop string wins; it and what follows it are dropped. */
  add(piece: string): StopReading {
    if (this.#stops.length === 0) return { text: piece, stopped: false };
    const text = this.#held + piece;
    const found = this.#stops.map((stop) => text.indexOf(stop)).filter((index) => index >= 0);
    if (found.length > 0) {
      this.#held = '';
      return { text: text.slice(0, Math.min(...found)), stopped: true };
    }
    const held = Math.max(...this.#stops.map((stop) => heldLength(text, stop)));
    this.#held = held === 0 ? '' : text.slice(-held);
    return { text: held === 0 ? text : text.slice(0, -held), stopped: false };
  }

  /** The text held back, when generation ended without a stop string. */
  flush(): string {
    const text = this.#held;
    this.#held = '';
    return text;
  }
}
