import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ESCALATION_TRIGGERS } from '../../../runtime/dialog/escalation/hand-over.ts';
import { INTERACTION_STATES, TRANSITIONS } from '../../../runtime/dialog/interaction-states.ts';

const page = readFileSync(new URL('../../../docs/dialog.md', import.meta.url), 'utf8');

describe('docs/dialog.md', () => {
  it.each(INTERACTION_STATES)('has the transitions from %s as the code does', (state) => {
    const { turn, idle, escalate, close } = TRANSITIONS[state];
    expect(page).toContain(`| \`${state}\` | \`${turn}\` | \`${idle}\` | \`${escalate}\` | \`${close}\` |`);
  });

  it.each(ESCALATION_TRIGGERS)('explains the trigger %s', (trigger) => {
    expect(page).toContain(`| \`${trigger}\` |`);
  });
});
