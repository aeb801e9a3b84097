import { expect, it } from 'vitest';
import { INTERACTION_STATES, stateAt, TRANSITIONS } from '../../../runtime/dialog/interaction-states.ts';

it('every state answers every event, closed is final and only a turn reactivates', () => {
  for (const state of INTERACTION_STATES) {
    for (const [event, next] of Object.entries(TRANSITIONS[state])) {
      if (next === 'active') expect([event, ['active', 'inactive'].includes(state)]).toEqual(['turn', true]);
      if (state === 'closed') expect(['refused', 'closed']).toContain(next);
      if (event === 'idle') expect(next).not.toBe('refused');
    }
  }
  expect(TRANSITIONS['handed-off']).toMatchObject({ turn: 'refused', escalate: 'refused', close: 'closed' });
});

it('time makes an active interaction inactive, and no other', () => {
  const record = { state: 'active' as const, updatedAtUnixMs: 1000 };
  expect(stateAt(record, 1999, 1000)).toBe('active');
  expect(stateAt(record, 2000, 1000)).toBe('inactive');
  expect(stateAt({ ...record, state: 'handed-off' }, 9e9, 1000)).toBe('handed-off');
  expect(stateAt({ ...record, state: 'closed' }, 9e9, 1000)).toBe('closed');
});
