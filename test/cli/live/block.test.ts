import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TerminalBlock } from '../../../cli/live/block.ts';
import { Screen } from './screen.ts';

describe('a block on a terminal', () => {
  const lines = fc.array(fc.stringMatching(/^[ -~]{0,60}$/), { minLength: 1, maxLength: 12 });

  it('shows the last frame under everything printed, whatever came before', () => {
    const events = fc.array(fc.oneof(lines, fc.stringMatching(/^[!-~]{1,30}$/)), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(events, lines, (before, last) => {
        const screen = new Screen(80);
        const block = new TerminalBlock({ write: (text) => screen.write(text), columns: 80, rows: 40 });
        const printed: string[] = [];
        for (const event of before) {
          if (typeof event === 'string') {
            block.print(event);
            printed.push(event);
          } else block.draw(event);
        }
        block.draw(last);
        expect(screen.isCursorHidden).toBe(true);
        expect(screen.text).toBe(
          [...printed, ...last]
            .map((line) => line.trimEnd())
            .join('\n')
            .trimEnd(),
        );
        block.clear();
        expect(screen.text).toBe(printed.join('\n'));
        expect(screen.isCursorHidden).toBe(false);
      }),
    );
  });

  it('takes a terminal that was never told its size for a usual one', () => {
    const written: string[] = [];
    const block = new TerminalBlock({ write: (text) => written.push(text), columns: 0, rows: 0 });
    block.draw(['one', 'two']);
    block.draw(['three', 'four']);
    expect(written[0]).toContain('one');
    expect(written[0]).toContain('two');
    // Up by the one line above the cursor's.
    expect(written[1]).toContain('\r\u001b[1Athree');
  });

  it('cuts to the terminal, skips frames while it is slow', () => {
    const written: string[] = [];
    const terminal = {
      write: (text: string) => written.push(text),
      columns: 20,
      rows: 4,
      writableNeedDrain: false,
    };
    const block = new TerminalBlock(terminal);
    block.draw(Array.from({ length: 9 }, () => '字'.repeat(50)));
    expect(written[0]?.split('\n').length).toBe(3);
    terminal.writableNeedDrain = true;
    block.draw(['never']);
    expect(written.length).toBe(1);
  });
});
