import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../runtime/store/audit.ts';
import {
  HistoryConflict,
  type HistoryStore,
  type InteractionRecord,
  type TurnRecord,
} from '../../runtime/store/history-store.ts';

export const interactionOf = (interactionId: string): InteractionRecord => ({
  interactionId,
  tenant: 'default',
  customerHash: 'c'.repeat(64),
  channel: 'chat',
  state: 'active',
  createdAtUnixMs: 1_700_000_000_000.25,
  updatedAtUnixMs: 1_700_000_000_000.25,
});

export const turnOf = (
  interactionId: string,
  turnIndex: number,
  messageId = `m${turnIndex}`,
): TurnRecord => ({
  interactionId,
  tenant: 'default',
  turnIndex,
  messageId,
  customerText: `naïve 🙂 "quoted" '; DROP TABLE turns; -- ${turnIndex}`,
  answerText: `answer ${turnIndex}`,
  outcome: 'complete',
  finishReason: 'stop',
  provider: 'local',
  engine: 'simulated',
  level: 'primary',
  decidedBy: 'agent',
  costUsd: 0.001,
  promptTokens: 10 + turnIndex,
  cachedPromptTokens: turnIndex,
  outputTokens: 5,
  startedAtUnixMs: 1_700_000_000_100 + turnIndex,
  finishedAtUnixMs: 1_700_000_000_200 + turnIndex,
});

/** What goes with a turn. */
export const answered = (turn: TurnRecord): AuditEntry[] => [
  {
    kind: 'turn_answered',
    atUnixMs: turn.finishedAtUnixMs,
    tenant: turn.tenant,
    interactionId: turn.interactionId,
    turnIndex: turn.turnIndex,
    messageId: turn.messageId,
    decisions: [{ step: 'agent', outcome: 'answered' }],
  },
];

export const created = (record: InteractionRecord): AuditEntry[] => [
  {
    kind: 'interaction_created',
    atUnixMs: record.createdAtUnixMs,
    tenant: record.tenant,
    interactionId: record.interactionId,
    decisions: [],
  },
];

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

    it('closes twice', async () => {
      const store = await open();
      await store.close();
      await store.close();
    });
  });
}
