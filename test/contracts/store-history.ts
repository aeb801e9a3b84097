import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../runtime/store/audit.ts';
import {
  HistoryConflict,
  type HistoryStore,
  type InteractionRecord,
  type Page,
  type TurnRecord,
} from '../../runtime/store/history-store.ts';
import { answered, created, interactionOf, turnOf } from './history-fixtures.ts';

export { answered, created, interactionOf, turnOf };

type After = { readonly after?: string };

/** 15 of 20 turns from the primary, 5 of the first tenant, 2 with an intent. */
const kindOf = (index: number) => ({
  level: index < 15 ? 'primary' : 'keyword',
  tenant: index < 5 ? 'left' : 'default',
  ...(index < 2 ? { intent: 'billing', confidence: 0.9 } : {}),
});

/** Every page of a list. */
async function readAll(
  read: (after: After) => Promise<Page<InteractionRecord>>,
): Promise<InteractionRecord[]> {
  const all: InteractionRecord[] = [];
  for (let after: After = {}; ; ) {
    const page = await read(after);
    all.push(...page.items);
    if (page.next === undefined) return all;
    after = { after: page.next };
  }
}

/** What every history store does. */
export function describeHistoryStore(name: string, open: () => Promise<HistoryStore>): void {
  describe(`${name} as a history store`, () => {
    it('gives back interactions and turns unchanged', async () => {
      const store = await open();
      const { customerHash: _none, ...anonymous } = interactionOf('b');
      await store.createInteraction(interactionOf('a'), created(interactionOf('a')));
      await store.createInteraction(anonymous, created(anonymous));
      await store.appendTurn(turnOf('a', 0), answered(turnOf('a', 0)));
      expect(await store.findInteraction('b')).toEqual(anonymous);
      expect(await store.findTurn('a', 'm0')).toEqual(turnOf('a', 0));
      expect(await store.findTurn('b', 'm0')).toBeUndefined();
      expect(await store.findInteraction('c')).toBeUndefined();
      await store.close();
    });

    it('touches the interaction with each turn', async () => {
      const store = await open();
      await store.createInteraction(interactionOf('a'), created(interactionOf('a')));
      await store.appendTurn(turnOf('a', 0), answered(turnOf('a', 0)));
      expect((await store.findInteraction('a'))?.updatedAtUnixMs).toBe(turnOf('a', 0).finishedAtUnixMs);
      await store.close();
    });

    it('lists the last turns in their order, of one interaction only', async () => {
      const store = await open();
      for (const id of ['a', 'b']) {
        await store.createInteraction(interactionOf(id), created(interactionOf(id)));
        for (let index = 0; index < 5; index++)
          await store.appendTurn(turnOf(id, index), answered(turnOf(id, index)));
      }
      expect((await store.listTurns('a', 3)).map((turn) => turn.turnIndex)).toEqual([2, 3, 4]);
      expect(await store.listTurns('a', 100)).toEqual([0, 1, 2, 3, 4].map((index) => turnOf('a', index)));
      expect(await store.listTurns('c', 100)).toEqual([]);
      await store.close();
    });

    it.each([
      ['a message id twice', turnOf('a', 1, 'm0')],
      ['a turn index twice', turnOf('a', 0, 'other')],
      ['a gap', turnOf('a', 2)],
      ['an interaction that does not exist', turnOf('zzz', 0)],
    ])('refuses %s and writes nothing', async (_what, turn) => {
      const store = await open();
      await store.createInteraction(interactionOf('a'), created(interactionOf('a')));
      await store.appendTurn(turnOf('a', 0), answered(turnOf('a', 0)));
      const before = await store.findInteraction('a');
      await expect(store.appendTurn(turn, answered(turn))).rejects.toThrow(HistoryConflict);
      expect(await store.listTurns('a', 10)).toEqual([turnOf('a', 0)]);
      expect(await store.findInteraction('a')).toEqual(before);
      // The store still works: nothing was left half open.
      await store.appendTurn(turnOf('a', 1), answered(turnOf('a', 1)));
      await store.close();
    });

    it('of turns appended at once under one index keeps exactly one', async () => {
      const store = await open();
      await store.createInteraction(interactionOf('a'), created(interactionOf('a')));
      const attempts = Array.from({ length: 10 }, (_, n) =>
        store.appendTurn(turnOf('a', 0, `m${n}`), answered(turnOf('a', 0, `m${n}`))),
      );
      const results = await Promise.allSettled(attempts);
      expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
      expect(await store.listTurns('a', 100)).toHaveLength(1);
      await store.close();
    });

    it('changes the state with its reason, and refuses to create or change what it should not', async () => {
      const store = await open();
      await store.createInteraction(interactionOf('a'), created(interactionOf('a')));
      await store.changeState({ interactionId: 'a', state: 'closed', reason: 'done', atUnixMs: 5 }, []);
      const expected = { ...interactionOf('a'), state: 'closed', reason: 'done', updatedAtUnixMs: 5 };
      expect(await store.findInteraction('a')).toEqual(expected);
      await expect(store.createInteraction(interactionOf('a'), created(interactionOf('a')))).rejects.toThrow(
        HistoryConflict,
      );
      const absent = { interactionId: 'x', state: 'closed', atUnixMs: 5 } as const;
      await expect(store.changeState(absent, [])).rejects.toThrow(HistoryConflict);
      await store.close();
    });

    it('changes the state with a turn, or neither', async () => {
      const store = await open();
      await store.createInteraction(interactionOf('a'), created(interactionOf('a')));
      const handOver = {
        trigger: 'policy',
        reasonCode: 'policy_hit',
        summary: 'Asks for legal advice',
        atUnixMs: 7,
      };
      const change = {
        interactionId: 'a',
        state: 'handed-off',
        reason: 'policy',
        handOver,
        atUnixMs: 7,
      } as const;
      await expect(store.appendTurn(turnOf('a', 1), answered(turnOf('a', 1)), change)).rejects.toThrow(
        HistoryConflict,
      );
      expect(await store.findInteraction('a')).toEqual(interactionOf('a'));
      await store.appendTurn(turnOf('a', 0), answered(turnOf('a', 0)), change);
      expect(await store.findInteraction('a')).toMatchObject({
        state: 'handed-off',
        reason: 'policy',
        handOver,
      });
      await store.changeState({ interactionId: 'a', state: 'closed', atUnixMs: 8 }, []);
      expect(await store.findInteraction('a')).toMatchObject({ state: 'closed', handOver });
      await store.close();
    });

    it('of many writes at once a conflict of one fails that one alone', async () => {
      const store = await open();
      await store.createInteraction(interactionOf('a'), created(interactionOf('a')));
      const writes = Array.from({ length: 40 }, (_, n) => {
        const record = interactionOf(n % 10 === 0 ? 'a' : `n${n}`);
        return store.createInteraction(record, created(record));
      });
      const results = await Promise.allSettled(writes);
      expect(results.map(({ status }) => status === 'rejected')).toEqual(writes.map((_, n) => n % 10 === 0));
      for (let n = 1; n < 10; n++)
        expect(await store.findInteraction(`n${n}`)).toEqual(interactionOf(`n${n}`));
      await store.close();
    });

    it('lists interactions newest first and escalations longest wait first, page by page, each once', async () => {
      const store = await open();
      for (let n = 0; n < 25; n++) {
        // Several of one instant: the pages must not lose those that a border divides.
        const record = {
          ...interactionOf(`i${n}`),
          tenant: n % 2 === 0 ? 'even' : 'odd',
          createdAtUnixMs: 1000 + Math.floor(n / 4),
        };
        await store.createInteraction(record, created(record));
        if (n % 5 === 0)
          await store.changeState({ interactionId: `i${n}`, state: 'handed-off', atUnixMs: 5000 - n }, []);
      }
      const all = await readAll((after) => store.listInteractions({ limit: 7, ...after }));
      expect(all.map((record) => record.interactionId).toSorted()).toEqual(
        Array.from({ length: 25 }, (_, n) => `i${n}`).toSorted(),
      );
      expect(all.map((record) => record.createdAtUnixMs)).toEqual(
        all.map((record) => record.createdAtUnixMs).toSorted((a, b) => b - a),
      );
      const odd = await readAll((after) =>
        store.listInteractions({ limit: 5, tenant: 'odd', state: 'active', ...after }),
      );
      expect(odd.map((record) => record.interactionId).toSorted()).toEqual(
        [1, 3, 7, 9, 11, 13, 17, 19, 21, 23].map((n) => `i${n}`).toSorted(),
      );
      const waiting = await readAll((after) => store.listEscalations({ limit: 2, ...after }));
      expect(waiting.map((record) => record.interactionId)).toEqual(['i20', 'i15', 'i10', 'i5', 'i0']);
      await store.close();
    });

    it('counts a window as it was written', async () => {
      const store = await open();
      await store.createInteraction(interactionOf('a'), created(interactionOf('a')));
      const handOver = {
        trigger: 'customer',
        reasonCode: 'asked_for_human',
        summary: '',
        atUnixMs: 1_700_000_000_500,
      };
      // Answer times 1…20 ms: nearest rank gives 10 and 19.
      for (let index = 0; index < 20; index++) {
        const turn: TurnRecord = {
          ...turnOf('a', index),
          startedAtUnixMs: 1_700_000_000_000,
          finishedAtUnixMs: 1_700_000_000_001 + index,
          ...kindOf(index),
          costUsd: 0.5,
        };
        const change =
          index === 19
            ? ({ interactionId: 'a', state: 'handed-off', handOver, atUnixMs: 2 } as const)
            : undefined;
        await store.appendTurn(turn, answered(turn), change);
      }
      const whole = { fromUnixMs: 1_700_000_000_000, toUnixMs: 1_700_000_001_000 };
      expect(await store.readAnalytics(whole)).toEqual({
        interactions: 1,
        turns: 20,
        escalations: 1,
        escalationsByReason: { asked_for_human: 1 },
        turnsByLevel: { primary: 15, keyword: 5 },
        turnsByIntent: { billing: 2 },
        promptTokens: 390,
        cachedPromptTokens: 190,
        outputTokens: 100,
        costUsdByTenant: { default: 7.5, left: 2.5 },
        answerTimeP50Ms: 10,
        answerTimeP95Ms: 19,
      });
      expect(await store.readAnalytics({ ...whole, tenant: 'left' })).toMatchObject({
        turns: 5,
        interactions: 0,
        answerTimeP50Ms: 3,
      });
      const empty = await store.readAnalytics({ fromUnixMs: 0, toUnixMs: 1 });
      expect(empty).toMatchObject({
        turns: 0,
        interactions: 0,
        escalations: 0,
        turnsByLevel: {},
        costUsdByTenant: {},
      });
      expect(empty).not.toHaveProperty('answerTimeP50Ms');
      await store.close();
    });

    it('removes one customer’s texts, and old interactions whole, and nothing else', async () => {
      const store = await open();
      const other = {
        ...interactionOf('b'),
        customerHash: 'd'.repeat(64),
        createdAtUnixMs: 1,
        updatedAtUnixMs: 1,
      };
      for (const record of [interactionOf('a'), other]) {
        await store.createInteraction(record, created(record));
        const turn = turnOf(record.interactionId, 0);
        await store.appendTurn({ ...turn, finishedAtUnixMs: record.updatedAtUnixMs }, answered(turn));
      }
      const entry: AuditEntry = { kind: 'customer_deleted', atUnixMs: 9, tenant: '', decisions: [] };
      expect(await store.deleteCustomer('c'.repeat(64), entry)).toEqual({
        interactionIds: ['a'],
        turns: 1,
        auditRows: 0,
      });
      expect(await store.findTurn('a', 'm0')).toMatchObject({
        customerText: '',
        answerText: '',
        outputTokens: 5,
      });
      expect(await store.findInteraction('a')).not.toHaveProperty('customerHash');
      expect((await store.findTurn('b', 'm0'))?.answerText).toBe('answer 0');
      expect(await store.deleteCustomer('c'.repeat(64), entry)).toMatchObject({ interactionIds: [] });
      const retention: AuditEntry = { ...entry, kind: 'retention_applied' };
      const removed = await store.applyRetention({ turnsBeforeUnixMs: 1000 }, retention);
      expect(removed).toEqual({ interactionIds: ['b'], turns: 1, auditRows: 0 });
      expect(await store.findInteraction('b')).toBeUndefined();
      await store.close();
    });

    it('closes what a deleted customer had open, and takes nothing more for it', async () => {
      const store = await open();
      const done = { ...interactionOf('done'), state: 'closed', reason: 'done' } as const;
      for (const record of [interactionOf('a'), interactionOf('b'), done])
        await store.createInteraction(record, created(record));
      await store.appendTurn(turnOf('a', 0), answered(turnOf('a', 0)));
      const entry: AuditEntry = { kind: 'customer_deleted', atUnixMs: 9e12, tenant: '', decisions: [] };
      // A turn that was under way comes before or after; its text stays in neither case.
      const [removed, late] = await Promise.allSettled([
        store.deleteCustomer('c'.repeat(64), entry),
        store.appendTurn(turnOf('b', 0), answered(turnOf('b', 0))),
      ]);
      expect(removed).toMatchObject({ status: 'fulfilled' });
      if (late.status === 'fulfilled')
        expect(await store.findTurn('b', 'm0')).toMatchObject({ customerText: '' });
      else expect(late.reason).toBeInstanceOf(HistoryConflict);
      const state = { state: 'closed', reason: 'customer_deleted', updatedAtUnixMs: 9e12 };
      expect(await store.findInteraction('a')).toMatchObject(state);
      expect(await store.findInteraction('done')).toMatchObject({ reason: 'done' });
      await expect(store.appendTurn(turnOf('a', 1), answered(turnOf('a', 1)))).rejects.toBeInstanceOf(
        HistoryConflict,
      );
      const handedOff = { interactionId: 'a', state: 'handed-off', atUnixMs: 9e12 } as const;
      await expect(store.changeState(handedOff, [])).rejects.toBeInstanceOf(HistoryConflict);
      expect(await store.listTurns('a', 10)).toHaveLength(1);
      await store.close();
    });

    it('answers a ping', async () => {
      const store = await open();
      await store.ping();
      await store.close();
    });

    it('closes twice', async () => {
      const store = await open();
      await store.close();
      await store.close();
    });
  });
}
