import { existsSync } from 'node:fs';
import fc from 'fast-check';
import type { Token } from 'node-llama-cpp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEMO_MODEL_PATH } from '../../../runtime/inference/engines/engine-config.ts';
import { type LoadedModel, loadModel } from '../../../runtime/inference/engines/llama/load-model.ts';
import { TokenText } from '../../../runtime/inference/engines/llama/token-text.ts';

describe.skipIf(!existsSync(DEMO_MODEL_PATH))(
  'text of tokens one at a time (skipped without the model)',
  () => {
    let loaded: LoadedModel;
    beforeAll(async () => {
      loaded = await loadModel({
        kind: 'llama',
        modelPath: DEMO_MODEL_PATH,
        device: 'cpu',
        maxSequences: 1,
        threads: 1,
        maxWaiting: 0,
      });
    });
    afterAll(async () => {
      await loaded.context.dispose();
      await loaded.model.dispose();
      await loaded.llama.dispose();
    });

    function piecesOf(tokens: readonly Token[]): string[] {
      const text = new TokenText(loaded.model, []);
      return [...tokens.map((token) => text.add(token)), text.flush()];
    }

    it('a character of several bytes comes whole with its last byte', () => {
      const tokens = loaded.model.tokenize('😀');
      const pieces = piecesOf(tokens);
      expect(tokens.length).toBeGreaterThanOrEqual(4);
      expect(pieces.join('').trim()).toBe('😀');
      expect(pieces.filter((piece) => piece.includes('😀'))).toHaveLength(1);
    });

    it('any text comes back as it was, and no piece of it is half a character', () => {
      const texts = fc.string({ unit: 'binary', maxLength: 30 }).filter((text) => !text.includes('\uFFFD'));
      fc.assert(
        fc.property(texts, (text) => {
          const pieces = piecesOf(loaded.model.tokenize(text));
          const whole = loaded.model.detokenize(loaded.model.tokenize(text));
          expect(pieces.join('')).toBe(whole);
          for (const piece of pieces) expect(piece).not.toContain('\uFFFD');
          expect(pieces.every((piece) => piece.isWellFormed())).toBe(true);
        }),
        { numRuns: 200 },
      );
    });

    it('a byte that begins nothing does not break the character after it', () => {
      const lone = loaded.model.tokenize('😀')[1] as Token | undefined;
      if (lone === undefined) throw new Error('no byte tokens');
      for (const character of ['é', '日', '😀']) {
        const text = piecesOf([lone, ...loaded.model.tokenize(character)]).join('');
        expect(text).toContain(character);
      }
    });

    it('a text that ends within a character gives one mark in its place', () => {
      const tokens = loaded.model.tokenize('ok 😀').slice(0, -1);
      const text = piecesOf(tokens).join('');
      expect(text.trim()).toMatch(/^ok \uFFFD+$/);
    });
  },
);
