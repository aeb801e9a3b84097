import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FAMILIES } from '../../../runtime/inference/engines/simulated/families.ts';
import { computeFitError, computeLoss } from '../../../runtime/inference/engines/simulated/fit.ts';
import { readMeasuredPoints } from '../../../runtime/inference/engines/simulated/measured-points.ts';
import { listProfiles, readProfile } from '../../../runtime/inference/engines/simulated/profile.ts';
import type { SchedulerLimits } from '../../../runtime/inference/engines/simulated/scheduler.ts';
import { unwrap } from '../../../vocabulary/errors.ts';

const DATA = join(import.meta.dirname, '../../../../shared/data/measured-llm/measured.csv.gz');

describe.each(listProfiles())('profile %s', (name) => {
  const profile = unwrap(readProfile(name));

  it('says that it is simulated, of what, and how well it fits', () => {
    expect(profile.name).toBe(name);
    expect(profile.model).toMatch(/^simulated\//);
    expect(profile.device).toMatch(/\(simulated\)$/);
    expect(profile.fit.source).toContain('aiconfigurator');
    expect(profile.fit.fitted.timePerOutputTokenMapeRatio).toBeLessThan(0.12);
    expect(profile.fit.fitted.requestsPerSMapeRatio).toBeLessThan(0.12);
    expect(profile.fit.heldOut.requestsPerSMapeRatio).toBeGreaterThan(0);
  });
});

// The large family takes minutes; the one that the defaults use is checked whole.
const family = FAMILIES[0];

describe.skipIf(!existsSync(DATA))(`re-fit of ${family?.name} (skipped where ${DATA} is absent)`, () => {
  const profile = unwrap(readProfile(family?.name ?? ''));
  const points = unwrap(readMeasuredPoints(DATA, family?.filter ?? {}));
  // The points ran without a limit on sequences.
  const limits: SchedulerLimits = { ...profile, maxSequences: 1024 };

  it('has the error that its file says', () => {
    const error = computeFitError(limits, points);
    expect(error.points).toBe(profile.fit.fitted.points);
    for (const key of [
      'timeToFirstTokenMapeRatio',
      'timePerOutputTokenMapeRatio',
      'requestsPerSMapeRatio',
    ] as const) {
      expect(error[key]).toBeCloseTo(profile.fit.fitted[key], 3);
    }
  });

  it('is a least-squares optimum: no parameter moved by a fifth fits better', { timeout: 120_000 }, () => {
    // The heaviest points cost most of the time; every second one of the rest still pins each parameter.
    const sample = points.filter((point) => point.outputTokens < 1024);
    const best = computeLoss(limits, sample);
    const moved = (by: number): SchedulerLimits[] => [
      { ...limits, stepCost: { ...limits.stepCost, baseMs: limits.stepCost.baseMs * by } },
      {
        ...limits,
        stepCost: { ...limits.stepCost, perPrefillTokenMs: limits.stepCost.perPrefillTokenMs * by },
      },
      { ...limits, stepCost: { ...limits.stepCost, perKvTokenMs: limits.stepCost.perKvTokenMs * by } },
      { ...limits, kvCapacityTokens: Math.round(limits.kvCapacityTokens * by) },
    ];
    for (const other of [...moved(1.2), ...moved(0.8)])
      expect(computeLoss(other, sample)).toBeGreaterThan(best);
  });
});

describe('readProfile', () => {
  it('names the profiles there are when asked for another', () => {
    const result = readProfile('no-such-gpu');
    expect(result).toMatchObject({ kind: 'failed', failure: { code: 'INVALID_CONFIG' } });
    if (result.kind === 'failed') expect(result.failure.hint).toContain('qwen3-32b-h100x2');
  });
});
