import { describe, expect, it } from 'vitest';
import type { ContextStore, DialogContext } from '../../runtime/store/context-store.ts';

export interface ContextStoreSubject {
  readonly store: ContextStore;
  /** Lets this much time pass for the store: on a virtual clock, or by waiting. */
  pass(ms: number): Promise<void>;
}

const contextOf = (interactionId: string, turns = 1): DialogContext => ({
  interactionId,
  turns,
  tokensPerChar: 0.25,
  messages: [
    { role: 'user', content: 'naïve 🙂 "quoted"\u2028' },
    { role: 'assistant', content: '' },
  ],
});

/** What every context store does. */
export function describeContextStore(name: string, open: () => Promise<ContextStoreSubject>): void {
  describe(`${name} as a context store`, () => {
    it('gives back what was set, unchanged, and nothing under another id', async () => {
      const { store } = await open();
      await store.set(contextOf('a'), 1000);
      expect(await store.get('a')).toEqual(contextOf('a'));
      expect(await store.get('b')).toBeUndefined();
      await store.close();
    });

    it('replaces an entry as a whole, an absent field included', async () => {
      const { store } = await open();
      await store.set(contextOf('a'), 1000);
      const { tokensPerChar: _gone, ...without } = contextOf('a', 2);
      await store.set(without, 1000);
      expect(await store.get('a')).toEqual(without);
      await store.close();
    });

    it('forgets an entry after its time, counted from the last write and not from a read', async () => {
      const { store, pass } = await open();
      await store.set(contextOf('a'), 400);
      await pass(200);
      expect(await store.get('a')).toBeDefined();
      await store.set(contextOf('b'), 400);
      await pass(250);
      expect(await store.get('a')).toBeUndefined();
      expect(await store.get('b')).toBeDefined();
      await store.close();
    });

    it('deletes, also what is not there', async () => {
      const { store } = await open();
      await store.set(contextOf('a'), 1000);
      await store.delete('a');
      await store.delete('a');
      expect(await store.get('a')).toBeUndefined();
      await store.close();
    });

    it('closes twice', async () => {
      const { store } = await open();
      await store.close();
      await store.close();
    });
  });
}
