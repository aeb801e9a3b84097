/** As much of a terminal as a block needs. */
export interface Terminal {
  write(text: string): unknown;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  /** True while what was written waits for a slow reader. */
  readonly writableNeedDrain?: boolean;
}

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_LINE_END = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';
const up = (lines: number): string => (lines > 0 ? `\u001b[${lines}A` : '');

const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

/** Lines at the end of a terminal's text that are drawn over in place; other lines go above them. */
export class TerminalBlock {
  readonly #terminal: Terminal;
  /** Lengths of the lines on the screen; the cursor stands at the end of the last. */
  #drawn: number[] = [];
  #isHidden = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** A terminal that nobody told its size, as in a container, says 0. */
  #columns(): number {
    return this.#terminal.columns || DEFAULT_COLUMNS;
  }

  /** Rows above the cursor's: a terminal that was made narrower has wrapped what was drawn. */
  #rowsAbove(): number {
    const columns = this.#columns();
    const rows = this.#drawn.reduce((sum, length) => sum + Math.max(1, Math.ceil(length / columns)), 0);
    return Math.max(0, rows - 1);
  }

  #home(): string {
    return `\r${up(this.#rowsAbove())}`;
  }

  /** Draws the lines in the place of the last ones, each cut to the terminal's width. A frame is skipped while the terminal is slow. */
  draw(lines: readonly string[]): void {
    if (this.#terminal.writableNeedDrain === true) return;
    const columns = this.#columns();
    const rows = this.#terminal.rows || DEFAULT_ROWS;
    const shown = lines
      .slice(0, Math.max(1, rows - 1))
      .map((line) => [...line].slice(0, columns - 1).join(''));
    const body = shown.map((line) => `${line}${CLEAR_LINE_END}`).join('\n');
    const cursor = this.#isHidden ? '' : HIDE_CURSOR;
    this.#isHidden = true;
    this.#terminal.write(`${cursor}${this.#home()}${body}${CLEAR_BELOW}`);
    this.#drawn = shown.map((line) => [...line].length);
  }

  /** A line above the block, which is drawn again at the next frame. */
  print(text: string): void {
    this.#terminal.write(`${this.#drawn.length === 0 ? '' : `${this.#home()}${CLEAR_BELOW}`}${text}\n`);
    this.#drawn = [];
  }

  /** Takes the block away and gives the cursor back. Idempotent. */
  clear(): void {
    if (this.#drawn.length > 0) this.#terminal.write(`${this.#home()}${CLEAR_BELOW}`);
    this.#drawn = [];
    if (this.#isHidden) this.#terminal.write(SHOW_CURSOR);
    this.#isHidden = false;
  }
}
