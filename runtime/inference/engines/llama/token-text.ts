import type { LlamaModel, Token } from 'node-llama-cpp';

/** A character of UTF-8 has at most this many bytes, and so comes in at most this many byte tokens. */
const MAX_CHARACTER_TOKENS = 4;
const CONTEXT_TOKENS = 4;
const INCOMPLETE = '\uFFFD';

/** Turns tokens to text one at a time; bytes of an unfinished character are held until it is whole. */
export class TokenText {
  readonly #model: LlamaModel;
  #before: Token[];
  readonly #pending: Token[] = [];

  /** `before`: the tokens in front, which decide about spaces. */
  constructor(model: LlamaModel, before: readonly Token[]) {
    this.#model = model;
    this.#before = before.slice(-CONTEXT_TOKENS);
  }

  add(token: Token): string {
    this.#pending.push(token);
    const text = this.#textOf(this.#pending);
    if (!text.endsWith(INCOMPLETE)) return this.#release(text, this.#pending.length);
    if (this.#pending.length < MAX_CHARACTER_TOKENS) return '';
    // The first of so many is no part of the character that is still unfinished: a byte that began nothing.
    return this.#release(this.#textOf(this.#pending.slice(0, 1)), 1);
  }

  /** What is held, when nothing more comes. */
  flush(): string {
    if (this.#pending.length === 0) return '';
    return this.#release(this.#textOf(this.#pending), this.#pending.length);
  }

  #textOf(tokens: readonly Token[]): string {
    return this.#model.detokenize(tokens, false, this.#before);
  }

  #release(text: string, tokens: number): string {
    this.#before = [...this.#before, ...this.#pending.splice(0, tokens)].slice(-CONTEXT_TOKENS);
    return text;
  }
}
