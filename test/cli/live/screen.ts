/** What a terminal would show: enough of ECMA-48 for a block that is redrawn. Anything else in the bytes throws. */
export class Screen {
  readonly #columns: number;
  #rows: string[][] = [[]];
  #row = 0;
  #column = 0;
  isCursorHidden = false;
  /** How often the cursor went up to draw over what stood there. */
  redraws = 0;

  constructor(columns = 100) {
    this.#columns = columns;
  }

  write(bytes: string): true {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's own language
    for (const [token] of bytes.matchAll(/\u001b\[[?0-9;]*[A-Za-z]|[\s\S]/gu)) this.#apply(token);
    return true;
  }

  #apply(token: string): void {
    if (token.startsWith('\u001b[')) this.#control(token.slice(2));
    else if (token === '\r') this.#column = 0;
    else if (token === '\n') this.#newLine();
    else this.#put(token);
  }

  #newLine(): void {
    this.#row++;
    this.#column = 0;
    this.#rows[this.#row] ??= [];
  }

  #put(character: string): void {
    if (character < ' ' || character === '\u007f') throw new Error(`control ${JSON.stringify(character)}`);
    if (this.#column === this.#columns) this.#newLine();
    const row = this.#rows[this.#row] ?? [];
    while (row.length < this.#column) row.push(' ');
    row[this.#column++] = character;
    this.#rows[this.#row] = row;
  }

  #control(sequence: string): void {
    const lines = /^(\d+)A$/.exec(sequence)?.[1];
    if (lines !== undefined) {
      this.#row = Math.max(0, this.#row - Number(lines));
      this.redraws++;
    } else if (sequence === 'K') this.#rows[this.#row]?.splice(this.#column);
    else if (sequence === 'J') {
      this.#rows[this.#row]?.splice(this.#column);
      this.#rows.splice(this.#row + 1);
    } else if (sequence === '?25l') this.isCursorHidden = true;
    else if (sequence === '?25h') this.isCursorHidden = false;
    else throw new Error(`unknown sequence ESC [ ${sequence}`);
  }

  get lines(): string[] {
    return this.#rows.map((row) => row.join('').trimEnd());
  }

  get text(): string {
    return this.lines.join('\n').trimEnd();
  }
}
