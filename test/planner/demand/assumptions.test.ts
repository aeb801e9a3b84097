import { describe, expect, test } from 'vitest';
import { resolveAssumptions } from '../../../planner/demand/assumptions.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { CATALOGUE, scaledCatalogue } from '../fixtures/sized.ts';

const defaults = unwrap(resolveAssumptions(CATALOGUE, undefined));

describe('what is assumed where nothing was measured', () => {
  test('the ranges of the catalogue, their likeliest value inside', () => {
    expect(defaults.busyHourShare).toMatchObject({ low: 0.08, value: 0.15, high: 0.18 });
    expect(defaults.escalation).toMatchObject({ low: 0.15, value: 0.2, high: 0.25 });
    expect(defaults.repeat).toMatchObject({ low: 0.05, value: 0.1, high: 0.2 });
    expect(defaults.retry).toMatchObject({ low: 0, value: 0.01, high: 0.03 });
    expect(defaults.operatorUsdPerHour).toMatchObject({ low: 50, value: 75, high: 112.5 });
    for (const each of Object.values(defaults)) {
      if (typeof each !== 'object' || !('low' in each)) continue;
      expect(each.low).toBeLessThanOrEqual(each.value);
      expect(each.high).toBeGreaterThanOrEqual(each.value);
      expect(each.figure.value).toBe(each.value);
    }
  });

  test('a human contact: from the cheapest survey to the dearest vendor', () => {
    // US 2017 5.25, UK 2023 7.68, phone contacts 8 to 15.
    expect(defaults.humanContactUsd).toMatchObject({ low: 5.25, value: 7.68, high: 15 });
    expect(defaults.humanContactUsd.figure.basis).toBe('catalogue');
  });

  test('the conventions of workforce management', () => {
    expect(defaults.answeredRatio.value).toBe(0.8);
    expect(defaults.targetWaitS.value).toBe(20);
    expect(defaults.maxOccupancy.value).toBe(0.85);
    expect(defaults.shrinkage.value).toBe(0.3);
    // Six minutes and twelve seconds.
    expect(defaults.averageHandleTimeS.value).toBe(6 * 60 + 12);
  });

  test('every entry that was read is named, once', () => {
    expect(new Set(defaults.entryIds).size).toBe(defaults.entryIds.length);
    for (const id of defaults.entryIds) expect(CATALOGUE.entries.has(id)).toBe(true);
    expect(defaults.entryIds).toContain('default/busy-hour-share');
  });
});

describe("a user's own values", () => {
  test('stand alone: no range is left, and they are called given', () => {
    const own = unwrap(
      resolveAssumptions(CATALOGUE, { busyHourShareRatio: 0.11, humanContactUsd: 3, operatorUsdPerHour: 90 }),
    );
    expect(own.busyHourShare).toMatchObject({ low: 0.11, value: 0.11, high: 0.11 });
    expect(own.humanContactUsd).toMatchObject({ low: 3, value: 3, high: 3 });
    expect(own.operatorUsdPerHour).toMatchObject({ low: 90, value: 90, high: 90 });
    expect(own.busyHourShare.figure).toMatchObject({ basis: 'assumed', source: 'given with the plan' });
    expect(own.escalation).toEqual(defaults.escalation);
  });

  test('nought is a value', () => {
    const own = unwrap(
      resolveAssumptions(CATALOGUE, { escalationRatio: 0, retryRatio: 0, humanContactUsd: 0 }),
    );
    expect([own.escalation.value, own.retry.high, own.humanContactUsd.high]).toEqual([0, 0, 0]);
  });

  test.each([
    ['busyHourShareRatio', 0],
    ['busyHourShareRatio', 1.01],
    ['busyHourShareRatio', 15],
    ['escalationRatio', -0.1],
    ['escalationRatio', 20],
    ['repeatRatio', 1],
    ['retryRatio', 1],
    ['humanContactUsd', -1],
    ['averageHandleTimeS', 0],
    ['averageHandleTimeS', 86_401],
    ['operatorUsdPerHour', -75],
    ['busyHourShare', 0.15],
  ])('%s of %d is refused by name', (name, value) => {
    const own = resolveAssumptions(CATALOGUE, { [name]: value });
    expect(own.kind === 'failed' && own.failure.code).toBe('INVALID_DEMAND');
    expect(own.kind === 'failed' && JSON.stringify(own.failure.issues)).toContain(name);
  });

  test('come from an own catalogue file too, with its ranges', () => {
    const doubled = unwrap(
      resolveAssumptions(scaledCatalogue('default/escalation-share', 'escalationRatio', 2), undefined),
    );
    expect(doubled.escalation).toMatchObject({ low: 0.3, value: 0.4, high: 0.5 });
  });

  test('a catalogue without a default that is needed: every missing one is listed', () => {
    const entries = new Map(CATALOGUE.entries);
    entries.delete('default/busy-hour-share');
    entries.delete('wfm/shrinkage');
    const own = resolveAssumptions({ entries }, undefined);
    if (own.kind === 'ok') throw new Error('expected a failure');
    expect(own.failure.issues.map(({ path }) => path)).toEqual(['default/busy-hour-share', 'wfm/shrinkage']);
  });
});
