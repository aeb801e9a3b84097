import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StopMatcher } from '../../../runtime/inference/engines/stop-strings.ts';

function run(stops: readonly string[], pieces: readonly string[]): { text: string; stopped: boolean } {
  const matcher = new StopMatcher(stops);
  let text = '';
  for (const piece of pieces) {
    const reading = matcher.add(piece);
    text += reading.text;
    if (reading.stopped) return { text, stopped: true };
  }
  return { text: text + matcher.flush(), stopped: false };
}

describe('stop strings', () => {
  it('are found across pieces and never shown', () => {
    expect(run(['END'], ['abcE', 'N', 'Dxyz'])).toEqual({ text: 'abc', stopped: true });
    expect(run(['\n'], ['one', ' two\nthree'])).toEqual({ text: 'one two', stopped: true });
  });

  it('do not swallow text that only begins like one', () => {
    expect(run(['END'], ['E', 'N', 'E', 'M'])).toEqual({ text: 'ENEM', stopped: false });
    expect(run(['END'], ['abcEN'])).toEqual({ text: 'abcEN', stopped: false });
  });

  it('agree with searching the whole text, however it is cut', () => {
    const letters = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 40 });
    const stops = fc.array(fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 }), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(letters, stops, fc.infiniteStream(fc.integer({ min: 1, max: 4 })), (text, parts, cuts) => {
        const whole = text.join('');
        const stopList = parts.map((part) => part.join(''));
        const pieces: string[] = [];
        for (let at = 0; at < whole.length; ) {
          const length = cuts.next().value ?? 1;
          pieces.push(whole.slice(at, at + length));
          at += length;
        }
        const { text: shown, stopped } = run(stopList, pieces);
        const ends = stopList
          .filter((stop) => whole.includes(stop))
          .map((stop) => whole.indexOf(stop) + stop.length);
        expect(stopped).toBe(ends.length > 0);
        if (!stopped) expect(shown).toBe(whole);
        else {
          expect(whole.startsWith(shown)).toBe(true);
          expect(stopList.some((stop) => shown.includes(stop))).toBe(false);
          expect(shown.length).toBeLessThan(Math.min(...ends));
        }
      }),
    );
  });
});
