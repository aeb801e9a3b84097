import { describe, expect, test } from 'vitest';
import type { PlanFile } from '../../../vocabulary/plan-file.ts';
import { MODES } from '../fixtures/sized.ts';
import { diffOf, planOf } from './two-plans.ts';

describe('a range that grows', () => {
  const given = planOf({ modes: [MODES.kubernetes], overrides: { escalationRatio: 0.2 } });
  const ranged = planOf({ modes: [MODES.kubernetes] });

  test('is an input that changed, although its value did not', () => {
    const escalation = ranged.modes.flatMap((mode) =>
      mode.kind === 'planned' ? (mode.uncertainty?.inputs ?? []) : [],
    );
    expect(escalation.length).toBeGreaterThan(3);
    const wider: PlanFile = {
      ...ranged,
      modes: ranged.modes.map((mode) =>
        mode.kind === 'refused' || mode.uncertainty === undefined
          ? mode
          : {
              ...mode,
              uncertainty: {
                ...mode.uncertainty,
                inputs: mode.uncertainty.inputs.map((each, index) =>
                  index === 0 ? { ...each, high: each.high * 2 } : each,
                ),
              },
            },
      ),
    };
    const ranges = diffOf(wider, ranged).inputs;
    expect(ranges.map(({ kind }) => kind)).toEqual(['range']);
    expect(ranges[0]?.name).toBe(escalation[0]?.label);
  });

  test('that is no longer drawn, since the value was given, is told by what it rests on', () => {
    const diff = diffOf(given, ranged);
    expect(diff.inputs.find(({ name }) => name === 'escalationRatio')?.rests?.after).toContain('given');
  });
});
