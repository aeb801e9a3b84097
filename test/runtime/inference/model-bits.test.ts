import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  computeGzipBitsPerByte,
  computeOrder0BitsPerByte,
  computeOrder1BitsPerByte,
} from '../../../measure/byte-baselines.ts';
import { measureModelBits, splitDialogs } from '../../../measure/model-bits.ts';
import { DEMO_MODEL_PATH } from '../../../runtime/inference/engines/engine-config.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('byte baselines', () => {
  it('are the entropies of textbook sources', () => {
    // Two equally frequent bytes: 1 bit; the next one is certain given the one before: 0 bits.
    expect(computeOrder0BitsPerByte(bytes('ab'.repeat(500)))).toBeCloseTo(1, 9);
    expect(computeOrder1BitsPerByte(bytes('ab'.repeat(500)))).toBeCloseTo(0, 9);
    // H(1/4) = 0.811278 bits.
    expect(computeOrder0BitsPerByte(bytes(`${'a'.repeat(250)}${'b'.repeat(750)}`))).toBeCloseTo(0.811278, 5);
    expect(computeOrder0BitsPerByte(Uint8Array.from({ length: 256 }, (_, i) => i))).toBeCloseTo(8, 9);
    expect(computeGzipBitsPerByte(bytes('a'.repeat(100_000)))).toBeLessThan(0.05);
  });
});

describe('dialogs of a corpus', () => {
  it('keep every byte: each with its last line end, and one for the empty line after it', () => {
    const text = 'USER: a\nAGENT: b\n\nUSER: c\n\n';
    const dialogs = splitDialogs(text);
    expect(dialogs).toEqual(['USER: a\nAGENT: b\n', 'USER: c\n']);
    expect(dialogs.reduce((sum, dialog) => sum + dialog.length + 1, 0)).toBe(text.length);
  });
});

describe.skipIf(!existsSync(DEMO_MODEL_PATH))(
  'bits per byte by llama.cpp (skipped without the demo model)',
  () => {
    const dialog = 'USER: Hello, I would like to book a hotel.\nAGENT: Sure, what is your name please?\n\n';
    const noise = 'xq zvk jjw qpz lkd mmw qxv zzj kqw pvx\n\n';

    it('are those of a model that knows dialogs and does not know noise', async () => {
      const known = await measureModelBits(DEMO_MODEL_PATH, dialog, 1);
      const unknown = await measureModelBits(DEMO_MODEL_PATH, noise, 1);
      expect(known.textBytes).toBe(dialog.length);
      expect(known.bitsPerByte).toBeGreaterThan(0.05);
      expect(known.bitsPerByte).toBeLessThan(2.5);
      expect(unknown.bitsPerByte).toBeGreaterThan(3);
    });

    it('of a text longer than the context count every token once', async () => {
      const long = `${dialog.trimEnd()}\n`.repeat(200);
      const { tokens, textBytes, bitsPerByte } = await measureModelBits(DEMO_MODEL_PATH, `${long}\n`, 1);
      expect(textBytes).toBe(long.length + 1);
      expect(tokens).toBeGreaterThan(2048);
      expect(bitsPerByte).toBeLessThan(2.5);
    });
  },
);
