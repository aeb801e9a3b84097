import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { buildCatalogueFiles } from '../../scenarios/catalogue/build-catalogue.ts';
import { earliestDate, figureEntry } from '../../scenarios/catalogue/build-figures.ts';
import { editDistance, nearNames } from '../../scenarios/catalogue/near-names.ts';
import { ageDays } from '../../scenarios/catalogue/staleness.ts';
import { unitOfField } from '../../scenarios/catalogue/units-of-fields.ts';
import {
  builtInCatalogueFiles,
  cataloguePriceDiagnostics,
  findEntry,
  findFigure,
  findLlmPrice,
  readCatalogue,
} from '../../scenarios/catalogue.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import { dataPath } from '../theory/published-vectors.ts';

const factsPath = dataPath('catalog-facts.json');
const catalogue = unwrap(readCatalogue());
const NOW = Date.UTC(2026, 10, 21);

describe.skipIf(factsPath === undefined)('build from facts (skipped where ../shared/data is absent)', () => {
  const text = factsPath === undefined ? '{}' : readFileSync(factsPath, 'utf8');

  test('the committed files are exactly what the facts give', () => {
    const files = buildCatalogueFiles(text);
    const committed = builtInCatalogueFiles().filter((path) => !path.endsWith('planning-defaults.yaml'));
    expect(committed).toHaveLength(files.size);
    for (const path of committed) {
      const name = path.slice(path.lastIndexOf('/') + 1);
      expect(readFileSync(path, 'utf8'), name).toBe(files.get(name));
    }
  });

  test('every fact is there with its source, and token prices and hourly prices as stated', () => {
    type Row = Record<string, unknown> & {
      id: string;
      input?: number;
      output?: number;
      usd_per_hour?: number;
    };
    const facts = JSON.parse(text) as Record<string, unknown>;
    const rows = Object.values(facts).flatMap((value) =>
      Array.isArray(value) ? (value as Row[]).filter((row) => typeof row === 'object') : [],
    );
    expect(rows.length).toBeGreaterThan(260);
    for (const row of rows) {
      if (row.ranges !== undefined) continue;
      const { entry } = unwrap(findEntry(catalogue, row.id));
      expect(entry.date, row.id).toMatch(/^\d{4}/);
      expect(entry.source.length, row.id).toBeGreaterThan(3);
      if (row.input !== undefined) {
        expect(entry).toMatchObject({ inputUsdPerMTokens: row.input, outputUsdPerMTokens: row.output });
      }
      if (row.vcpu !== undefined)
        expect(entry).toMatchObject({ usdPerHour: row.usd_per_hour, vcpus: row.vcpu });
    }
  });
});

describe('facts that no rule covers', () => {
  test('stop the build', () => {
    const fact = { id: 'x', source: 's', date: '2026', unit: 'USD per furlong', value: 3 };
    expect(() => figureEntry(fact)).toThrow('no rule for value@USD per furlong');
  });
  test.each([
    ['1999 data; repo 2025-09-14', '1999'],
    ['2024-2025', '2024'],
    ['2025 (book); page 2026-02-04', '2025'],
    ['2026-10', '2026-10'],
    ['2026-08-21', '2026-08-21'],
  ])('the earliest date of %s', (text, date) => {
    expect(earliestDate(text)).toBe(date);
  });
  test('an entry without a date is no entry', () => {
    expect(() => earliestDate('recently')).toThrow('no date');
  });
});

describe('look-up', () => {
  test('a price with unit, source and date', () => {
    expect(unwrap(findFigure(catalogue, 'aws/c7i.large', 'usdPerHour'))).toMatchObject({
      value: 0.08925,
      unit: 'USD per hour',
      date: '2026-07-20',
      range: undefined,
    });
  });
  test('a range has its likeliest value, or its middle', () => {
    const share = unwrap(findFigure(catalogue, 'default/busy-hour-share', 'busyHourShareRatio'));
    expect(share).toMatchObject({ value: 0.15, range: { low: 0.08, high: 0.18 } });
    const published = unwrap(findFigure(catalogue, 'busy-hour-factor', 'busyHourShareRatio'));
    expect(published.value).toBeCloseTo(0.13, 12);
    expect(share.range).toMatchObject({ low: published.range?.low, high: published.range?.high });
  });
  test('an unknown id fails with near names, an unknown field with those there are', () => {
    const id = findLlmPrice(catalogue, 'openai/gpt-4o-min');
    expect(id.kind === 'failed' && id.failure.issues[0]?.fix).toContain('openai/gpt-4o-mini');
    const field = findFigure(catalogue, 'aws/alb', 'usdPerHour');
    expect(field.kind === 'failed' && field.failure.hint).toContain('usdPerLcuMonth');
    const group = findLlmPrice(catalogue, 'aws/alb');
    expect(group.kind === 'failed' && group.failure.message).toContain('managed-services');
    expect(findFigure(catalogue, 'aws/alb', 'constructor').kind).toBe('failed');
  });
  test('the two kinds of long-context tier read the same way', () => {
    expect(unwrap(findLlmPrice(catalogue, 'openai/gpt-5.6-sol')).longContextTiers).toEqual([
      {
        aboveInputTokens: 272_000,
        inputUsdPerMTokens: 10,
        cachedInputUsdPerMTokens: 1,
        cacheWriteUsdPerMTokens: 12.5,
        outputUsdPerMTokens: 45,
      },
    ]);
    expect(unwrap(findLlmPrice(catalogue, 'anthropic/claude-haiku-5-5')).longContextTiers).toEqual([
      {
        aboveInputTokens: 100_000,
        inputUsdPerMTokens: 0.5,
        cachedInputUsdPerMTokens: 0.05,
        outputUsdPerMTokens: 2.5,
      },
    ]);
  });
  test('edit distance of the textbook pair', () => {
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(nearNames('aws/c7i.larg', ['aws/c7i.large', 'gcp/e2'], 1)).toEqual(['aws/c7i.large']);
  });
});

describe('staleness', () => {
  test('months and years count from their first day', () => {
    expect(ageDays('2026-11-20', NOW)).toBe(1);
    expect(ageDays('2026-11', NOW)).toBe(20);
    expect(ageDays('2026', NOW)).toBe(324);
  });
  test('token prices keep for 30 days, machines for a year, disputes are named', () => {
    const codes = (id: string, now = NOW) =>
      cataloguePriceDiagnostics(catalogue, [id, id], now).map(({ code }) => code);
    expect(codes('openai/gpt-6.1-terra')).toEqual([]);
    expect(codes('openai/gpt-6.1-terra', NOW + 30 * 86_400_000)).toEqual(['STALE_PRICE']);
    expect(codes('aws/c7i.large')).toEqual([]);
    expect(codes('openai/gpt-5.6-sol')).toEqual(['STALE_PRICE', 'DISPUTED_PRICE']);
    expect(codes('no/such')).toEqual([]);
  });
});

describe('names of fields', () => {
  test.each([
    ['usdPerMonth', 'USD per month'],
    ['storageUsdPerGbMonth', 'USD per GB-month'],
    ['ratio', 'ratio'],
    ['startS', 's'],
    ['price', undefined],
  ])('%s', (field, unit) => {
    expect(unitOfField(field)).toBe(unit);
  });
});

describe("a user's own file", () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'busyhour-catalogue-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const cpu = (entry: string): string =>
    `kind: busyhour-catalogue\nschemaVersion: 1\ngroup: cpu-instances\nentries:\n  - ${entry}\n`;

  test('replaces an entry and adds others', () => {
    const path = write(
      'own.yaml',
      `${cpu('{ id: aws/c7i.large, source: our contract, date: 2026-11-01, provider: aws, region: us-east-1, instance: c7i.large, vcpus: 2, memoryGib: 4, usdPerHour: 0.05 }')}  - { id: own/box, source: invoice, date: "2026", provider: us, region: cellar, instance: box, vcpus: 8, memoryGib: 32, usdPerHour: 0.1 }\n`,
    );
    const own = unwrap(readCatalogue([path]));
    expect(unwrap(findFigure(own, 'aws/c7i.large', 'usdPerHour'))).toMatchObject({
      value: 0.05,
      source: 'our contract',
    });
    expect(unwrap(findFigure(own, 'own/box', 'vcpus')).value).toBe(8);
    expect(own.entries.size).toBe(catalogue.entries.size + 1);
  });

  test('every problem of every file is listed with its place', () => {
    const bad = write(
      'bad.yaml',
      cpu(
        '{ id: "", source: s, date: yesterday, provider: p, region: r, instance: i, vcpus: two, memoryGib: 4 }',
      ),
    );
    const twice = write(
      'twice.yaml',
      'kind: busyhour-catalogue\nschemaVersion: 1\ngroup: people\nentries:\n  - { id: a, source: s, date: "2026", figures: { price: 3 } }\n',
    );
    const broken = write('broken.yaml', 'entries: [');
    const failure = readCatalogue([bad, twice, broken, join(folder, 'absent.yaml')]);
    if (failure.kind === 'ok') throw new Error('expected a failure');
    expect(failure.failure.code).toBe('INVALID_CATALOGUE');
    const paths = failure.failure.issues.map(({ path }) => path.replace(`${folder}/`, ''));
    for (const field of ['id', 'date', 'vcpus', 'usdPerHour']) {
      expect(paths).toContain(`bad.yaml: entries[0].${field}`);
    }
    expect(paths.some((path) => path.startsWith('twice.yaml: entries[0].figures'))).toBe(true);
    expect(paths.some((path) => path.startsWith('broken.yaml: line 1'))).toBe(true);
    expect(paths).toContain('absent.yaml');
  });

  test.each([
    ['facility', 'usdPerKwh: -0.1', 'usdPerKwh', 'from 0 to'],
    ['facility', 'serverLifeYears: 0', 'serverLifeYears', 'above 0'],
    ['facility', 'serverLifeYears: { low: -1, high: 5 }', 'serverLifeYears', 'above 0'],
    ['planning-defaults', 'discountRatio: 30', 'discountRatio', 'from 0 to 1'],
    ['planning-defaults', 'interruptedPerMonthRatio: 1', 'interruptedPerMonthRatio', 'below 1'],
    ['provisioned-llm', 'inputTokensPerMinPerPtu: 0', 'inputTokensPerMinPerPtu', 'above 0'],
    ['managed-services', 'usdPerMonth: 1e30', 'usdPerMonth', 'to 1000000000'],
    ['managed-services', 'usdPerMonth: .nan', 'usdPerMonth', ''],
    ['managed-services', 'usdPerMonth: .inf', 'usdPerMonth', ''],
  ])('%s with %s is refused at its place', (group, figure, field, expected) => {
    const path = write(
      'absurd.yaml',
      `kind: busyhour-catalogue\nschemaVersion: 1\ngroup: ${group}\nentries:\n  - { id: own/x, source: s, date: "2026", figures: { ${figure} } }\n`,
    );
    const own = readCatalogue([path]);
    const issues = own.kind === 'failed' ? own.failure.issues : [];
    const issue = issues.find((each) => each.path.includes(`entries[0].figures.${field}`));
    expect(issue?.expected).toContain(expected);
  });

  test('an id twice, or in another group, is refused', () => {
    const entry = '{ id: own/x, source: s, date: "2026", figures: { callUsd: 3 } }';
    const people = (lines: string): string =>
      `kind: busyhour-catalogue\nschemaVersion: 1\ngroup: people\nentries:\n${lines}`;
    const double = readCatalogue([write('d.yaml', people(`  - ${entry}\n  - ${entry}\n`))]);
    expect(double.kind === 'failed' && double.failure.issues[0]?.expected).toBe('ids that are unique');
    const moved = people('  - { id: aws/c7i.large, source: s, date: "2026", figures: { callUsd: 3 } }\n');
    const other = readCatalogue([write('m.yaml', moved)]);
    expect(other.kind === 'failed' && other.failure.issues[0]?.expected).toContain('group cpu-instances');
  });
});

test('planning defaults say that they are assumptions, and why', () => {
  const path = builtInCatalogueFiles().find((name) => name.endsWith('planning-defaults.yaml')) ?? '';
  const file = parse(readFileSync(path, 'utf8')) as { entries: { id: string; source: string }[] };
  for (const { id, source } of file.entries)
    expect(source, id).toMatch(/[Aa]ssumed|convention|datasheet|documentation|FAQ/);
});
