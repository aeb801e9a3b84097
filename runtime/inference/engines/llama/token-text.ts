import type { LlamaModel, Token } from 'node-llama-cpp';

/** A character of UTF-8 has at most this many bytes, and so comes in at most this many byte tokens. */
const MAX_CHARACTER_TOKENS = 4;
const CONTEXT_TOKENS = 4;
const INCOMPLETE = '\uFFFD';

/** Turns tokens to text one at a time; bytes of an unfinished character are held until it is whole. */
export class TokenText {
  readonly #model: LlamaModel;
  #before: Token[];
  #pending: Token[] = [];

  /** `before`: the tokens in front, which decide about spaces. */
  constructor(model: LlamaModel, before: readonly Token[]) {
    this.#model = model;
    this.#before = before.slice(-CONTEXT_TOKENS);
  }

  add(token: Token): string {
    this.#pending.push(token);
    const text = this.#model.detokenize(this.#pending, false, this.#before);
    if (text.endsWith(INCOMPLETE) && this.#pending.length < MAX_CHARACTER_TOKENS) return '';
    return this.#release(text);
  }

  /** What is held, when nothing more comes. */
  flush(): string {
    if (this.#pending.length === 0) return '';
    return this.#release(this.#model.detokenize(this.#pending, false, this.#before));
  }

  #release(text: string): string {
    this.#before = [...this.#before, ...this.#pending].slice(-CONTEXT_TOKENS);
    this.#pending = [];
    return text;
  }
}
