import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { PROFILE_SHAPES, parseDemand, profileShape, readDemandFile } from '../../scenarios/demand.ts';
import { unwrap } from '../../vocabulary/errors.ts';

const MINIMAL = {
  kind: 'busyhour-demand',
  schemaVersion: 1,
  name: 'mine',
  source: 'our forecast',
  volume: { kind: 'per-day', interactionsPerDay: 1000 },
};

const issuesOf = (changes: object): string[] => {
  const parsed = parseDemand(stringify({ ...MINIMAL, ...changes }), 'd.yaml');
  if (parsed.kind === 'ok') return [];
  expect(parsed.failure.code).toBe('INVALID_DEMAND');
  return parsed.failure.issues.map(({ path }) => path);
};

describe('a demand file', () => {
  test('needs a name, a source and a volume, and nothing else', () => {
    expect(unwrap(parseDemand(stringify(MINIMAL), 'd.yaml'))).toEqual(MINIMAL);
  });

  test('the one that comes with the tool', () => {
    const path = join(import.meta.dirname, '../../scenarios/demand/call-centre-guide.yaml');
    expect(unwrap(readDemandFile(path)).spec.name).toBe('call-centre-guide');
  });

  test.each([
    [
      'a volume of nothing',
      { volume: { kind: 'per-day', interactionsPerDay: 0 } },
      'volume.interactionsPerDay',
    ],
    [
      'a volume below nothing',
      { volume: { kind: 'per-day', interactionsPerDay: -5 } },
      'volume.interactionsPerDay',
    ],
    [
      'more than the world asks',
      { volume: { kind: 'per-day', interactionsPerDay: 1e11 } },
      'volume.interactionsPerDay',
    ],
    ['a percentage as a share', { escalation: { escalatedRatio: 20 } }, 'escalation.escalatedRatio'],
    ['no turns', { interaction: { turns: 0 } }, 'interaction.turns'],
    ['a range the wrong way round', { peakFactor: { value: 2, low: 3 } }, 'peakFactor'],
    ['hours that are not 24', { profile: { hours: [1, 2, 3] } }, 'profile.hours'],
    ['a profile of nothing', { profile: { hours: Array(24).fill(0) } }, 'profile.hours'],
    ['shape and levels', { profile: { shape: 'flat', hours: Array(24).fill(1) } }, 'profile'],
    ['days twice', { profile: { week: Array(168).fill(1), weekdays: Array(7).fill(1) } }, 'profile.weekdays'],
    [
      'a busy hour beside levels',
      { profile: { hours: Array(24).fill(1), busyHourShareRatio: 0.1 } },
      'profile.busyHourShareRatio',
    ],
    [
      'a busy hour quieter than the mean',
      { profile: { busyHourShareRatio: 0.03 } },
      'profile.busyHourShareRatio',
    ],
    [
      'a flat day with a busy hour',
      { profile: { shape: 'flat', busyHourShareRatio: 0.1 } },
      'profile.busyHourShareRatio',
    ],
    [
      'a week that happens in one hour',
      { profile: { week: Array.from({ length: 168 }, (_, hour) => (hour === 9 ? 1 : 0)) } },
      'profile.week',
    ],
    ['answers without messages', { interaction: { answerTokens: 100 } }, 'interaction.messageTokens'],
    [
      'an objective twice',
      {
        slos: [
          { kind: 'error-ratio', limitRatio: 0.1 },
          { kind: 'error-ratio', limitRatio: 0.2 },
        ],
      },
      'slos[1]',
    ],
    ['a misspelt field', { growht: { ratioPerYear: 1, months: 3 } }, '(root)'],
    ['a trace without a file', { volume: { kind: 'trace' } }, 'volume.file'],
    ['not a number', { peakFactor: Number.NaN }, 'peakFactor'],
    ['everything else', { people: { averageHandleTimeS: 1e9 } }, 'people.averageHandleTimeS'],
  ])('%s is refused, and the place is named', (_, changes, path) => {
    expect(issuesOf(changes)).toContain(path);
  });

  test('a problem inside a figure with a range is told where it is, not as a figure of another kind', () => {
    const parsed = parseDemand(
      stringify({ ...MINIMAL, escalation: { escalatedRatio: { value: 20 } } }),
      'd.yaml',
    );
    expect(parsed.kind === 'failed' && parsed.failure.issues).toMatchObject([
      { path: 'escalation.escalatedRatio.value', expected: '≤ 1', got: '20' },
    ]);
    expect(issuesOf({ peakFactor: 'two' })).toEqual(['peakFactor']);
  });

  test('all problems are listed at once', () => {
    const found = issuesOf({ peakFactor: 0.5, interaction: { turns: -1 }, growth: { months: 1 } });
    expect(found).toEqual(expect.arrayContaining(['peakFactor', 'interaction.turns', 'growth.ratioPerYear']));
  });

  test('no YAML at all is told by line', () => {
    const parsed = parseDemand('a: [1', 'd.yaml');
    expect(parsed.kind === 'failed' && parsed.failure.issues[0]?.path).toContain('line');
  });
});

describe('built-in shapes', () => {
  test.each(PROFILE_SHAPES)('%s: 24 hours, seven days, a source', (name) => {
    const { hours, weekdays, source } = profileShape(name);
    expect(hours).toHaveLength(24);
    expect(weekdays).toHaveLength(7);
    expect(source.length).toBeGreaterThan(10);
    for (const level of [...hours, ...weekdays]) expect(level).toBeGreaterThan(0);
  });
});

describe('a volume that is a trace', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'busyhour-demand-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const demandOf = (trace: object): string =>
    write('d.yaml', stringify({ ...MINIMAL, volume: { kind: 'trace', ...trace } }));

  test('is read beside the demand file, with its hours', () => {
    // One every 10 s for two hours, then one every 5 s for an hour.
    const rows = [
      ...Array.from({ length: 720 }, (_, i) => i * 10),
      ...Array.from({ length: 721 }, (_, i) => 7200 + i * 5),
    ];
    write('t.csv', ['at,in,out', ...rows.map((atS) => `${atS},100,20`)].join('\n'));
    const columns = { at: 'at', atUnit: 's', inputTokens: 'in', outputTokens: 'out' };
    const { arrivals } = unwrap(readDemandFile(demandOf({ file: 't.csv', columns })));
    expect(arrivals?.hourly).toEqual([360, 360, 720]);
    expect(arrivals?.summary.requests).toBe(1441);
    expect(arrivals?.summary.meanRequestsPerS).toBeCloseTo(1441 / 10_800, 6);
  });

  test('that is missing or broken fails by the name of the trace', () => {
    const missing = readDemandFile(demandOf({ file: 'nowhere.csv' }));
    expect(missing.kind === 'failed' && missing.failure.code).toBe('INPUT_NOT_FOUND');
    write('bad.csv', 'TIMESTAMP,ContextTokens,GeneratedTokens\nyesterday,1,2\n');
    const bad = readDemandFile(demandOf({ file: 'bad.csv', format: 'azure-llm' }));
    expect(bad.kind === 'failed' && bad.failure.code).toBe('INVALID_TRACE');
  });
});
