import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { afterAll, describe, expect, it } from 'vitest';
import { FAMILIES } from '../../../runtime/inference/engines/simulated/families.ts';
import { computeFitError } from '../../../runtime/inference/engines/simulated/fit.ts';
import { readMeasuredPoints } from '../../../runtime/inference/engines/simulated/measured-points.ts';
import { listProfiles, readProfile } from '../../../runtime/inference/engines/simulated/profile.ts';
import { type Issue, unwrap } from '../../../vocabulary/errors.ts';
import { testProfile } from './simulated-profile.ts';

const folder = mkdtempSync(join(tmpdir(), 'busyhour-profile-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

/** Writes a profile with the value at the path replaced (undefined: taken out) and reads it as a user's file. */
function readChanged(changes: Readonly<Record<string, unknown>>) {
  const profile = JSON.parse(JSON.stringify(testProfile())) as Record<string, unknown>;
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split('.');
    const last = keys.pop() ?? '';
    const parent = keys.reduce((at, key) => at[key] as Record<string, unknown>, profile);
    if (value === undefined) delete parent[last];
    else parent[last] = value;
  }
  const path = join(folder, `${++files}.json`);
  writeFileSync(path, JSON.stringify(profile));
  return readProfile(path);
}

function issuesOf(changes: Readonly<Record<string, unknown>>): readonly Issue[] {
  const result = readChanged(changes);
  if (result.kind === 'ok') return [];
  expect(result.failure.code).toBe('INVALID_CONFIG');
  return result.failure.issues ?? [];
}

/** Field, a value that it must not have, and how that value is shown. */
const WRONG: readonly (readonly [path: string, value: unknown, got: string])[] = [
  ['name', 'Not A Name', '"Not A Name"'],
  ['model', 'llama-3', '"llama-3"'],
  ['device', '2 x H100', '"2 x H100"'],
  ['gpus', 0, '0'],
  ['gpus', 1.5, '1.5'],
  ['contextTokens', -1, '-1'],
  ['maxSequences', '8', '"8"'],
  ['kvCapacityTokens', null, 'null'],
  ['kvBlockTokens', 0, '0'],
  ['maxStepTokens', 2.5, '2.5'],
  ['requestOverheadMs', -0.1, '-0.1'],
  ['requestOverheadPerPromptTokenMs', 'none', '"none"'],
  ['stepCost.baseMs', 0, '0'],
  ['stepCost.perSequenceMs', -1, '-1'],
  ['stepCost.perPrefillTokenMs', true, 'true'],
  ['stepCost.perKvTokenMs', undefined, 'nothing'],
  ['fit.source', 7, '7'],
  ['fit.fitted.points', -1, '-1'],
  ['fit.heldOut.requestsPerSMapeRatio', undefined, 'nothing'],
  ['fit.validity.concurrency.min', 0, '0'],
  ['fit.validity.inputTokens', undefined, 'nothing'],
  ['fit.notes', 'none', '"none"'],
];

describe('a profile file', () => {
  it('is read as it is when nothing is wrong', () => {
    expect(readChanged({})).toEqual({ kind: 'ok', value: testProfile() });
  });

  it.each(WRONG)('%s = %j is one problem, said with what it got', (path, value, got) => {
    const issues = issuesOf({ [path]: value });
    expect(issues).toHaveLength(1);
    expect(issues[0]).toMatchObject({ path, got });
    expect(issues[0]?.expected.length).toBeGreaterThan(0);
    expect(issues[0]?.fix.length).toBeGreaterThan(0);
  });

  it('with every field wrong says so of every field at once', () => {
    const wrong = new Map(WRONG.map(([path, value]) => [path, value]));
    const paths = issuesOf(Object.fromEntries(wrong)).map((issue) => issue.path);
    expect([...paths].sort()).toEqual([...wrong.keys()].sort());
  });

  it('with a misspelt field names it, rather than leaving it out in silence', () => {
    const issues = issuesOf({ 'stepCost.perSequnceMs': 1 });
    expect(issues).toHaveLength(1);
    expect(issues[0]).toMatchObject({ path: 'stepCost', fix: expect.stringContaining('perSequnceMs') });
  });

  it.each(['inputTokens', 'outputTokens', 'concurrency'])(
    'whose range of %s is upside down is wrong',
    (range) => {
      const issues = issuesOf({ [`fit.validity.${range}`]: { min: 100, max: 10 } });
      expect(issues.map((issue) => issue.path)).toEqual([`fit.validity.${range}`]);
      expect(issuesOf({ [`fit.validity.${range}`]: { min: 10, max: 10 } })).toEqual([]);
    },
  );

  it('that is not there, or is no JSON, is a failure and no exception', () => {
    expect(readProfile(join(folder, 'none.json')).kind).toBe('failed');
    const path = join(folder, 'broken.json');
    writeFileSync(path, '{"name": ');
    expect(readProfile(path).kind).toBe('failed');
    writeFileSync(path, '[]');
    expect(readProfile(path)).toMatchObject({ kind: 'failed', failure: { issues: [{ path: '(root)' }] } });
  });
});

describe('a profile’s name', () => {
  it.each(['', 'h100', 'QWEN3-32B-H100X2', 'qwen3-32b-h100x3'])(
    '%j is unknown, and all known ones are listed',
    (name) => {
      const result = readProfile(name);
      if (result.kind === 'ok') throw new Error('there is no such profile');
      expect(result.failure.message).toContain(name);
      expect(listProfiles().length).toBeGreaterThanOrEqual(3);
      for (const known of listProfiles()) expect(result.failure.hint).toContain(known);
    },
  );
});

const DATA = join(import.meta.dirname, '../../../../shared/data/measured-llm/measured.csv.gz');

describe.skipIf(!existsSync(DATA)).each(FAMILIES)(
  'profile $name against the points it was fitted to (skipped where ../shared/data is absent)',
  ({ name, filter }) => {
    const profile = unwrap(readProfile(name));
    const rows = (
      parse(gunzipSync(readFileSync(DATA)), { columns: true }) as Record<string, string>[]
    ).filter((row) => Object.entries(filter).every(([column, value]) => row[column] === value));

    it('states the range that its points cover', () => {
      const rangeOf = (column: string) => {
        const values = rows.map((row) => Number(row[column]));
        return { min: Math.min(...values), max: Math.max(...values) };
      };
      expect(profile.fit.validity).toEqual({
        inputTokens: rangeOf('input_tokens'),
        outputTokens: rangeOf('output_tokens'),
        concurrency: rangeOf('concurrency'),
      });
      expect(profile.fit.fitted.points).toBe(rows.length);
    });

    it('predicts its points with the error that it states, to the digits written', () => {
      const points = unwrap(readMeasuredPoints(DATA, filter));
      // The published runs had no limit on sequences that binds.
      const error = computeFitError({ ...profile, maxSequences: 1024 }, points);
      const { fitted } = profile.fit;
      expect(error.points).toBe(fitted.points);
      for (const key of [
        'timeToFirstTokenMapeRatio',
        'timePerOutputTokenMapeRatio',
        'requestsPerSMapeRatio',
      ] as const) {
        expect(Number(error[key].toPrecision(4))).toBe(fitted[key]);
      }
    });

    it('does not pass off its held-out error as smaller than the fitted one', () => {
      const { fitted, heldOut } = profile.fit;
      expect(heldOut.points).toBe(fitted.points);
      expect(heldOut.timePerOutputTokenMapeRatio).toBeGreaterThanOrEqual(fitted.timePerOutputTokenMapeRatio);
    });
  },
);
