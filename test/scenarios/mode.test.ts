import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { findEntry, readCatalogue } from '../../scenarios/catalogue.ts';
import {
  builtInModeNames,
  catalogueReferences,
  type DeploymentMode,
  parseMode,
  readAllModes,
  readMode,
} from '../../scenarios/mode.ts';
import { FAILURES, unwrap } from '../../vocabulary/errors.ts';

const catalogue = unwrap(readCatalogue());
const textOf = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../scenarios/modes/${name}.yaml`, import.meta.url)), 'utf8');

/** A built-in mode with a change, as text. */
function changed(name: string, change: (mode: DeploymentMode) => void): string {
  const mode = parse(textOf(name)) as DeploymentMode;
  change(mode);
  return stringify(mode);
}

function issuesOf(text: string) {
  const mode = parseMode(text, 'own.yaml', catalogue);
  if (mode.kind === 'ok') throw new Error('expected a failure');
  expect(mode.failure.code).toBe('INVALID_MODE');
  return mode.failure.issues;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
const writable = <T>(value: T | undefined): Writable<T> => {
  if (value === undefined) throw new Error('absent');
  return value;
};

describe('built-in modes', () => {
  test('are valid, named after their files', () => {
    const modes = unwrap(readAllModes(catalogue));
    expect(modes.map(({ id }) => id)).toEqual(builtInModeNames());
    expect(builtInModeNames()).toEqual(expect.arrayContaining(['compose', 'kubernetes', 'onprem']));
  });

  test('say who runs what, where data rests, what leaves and what fails together', () => {
    for (const mode of unwrap(readAllModes(catalogue))) {
      expect(mode.failureDomains.length).toBeGreaterThan(0);
      expect(mode.residency.dataRests.length).toBeGreaterThan(0);
      expect(mode.tiers.some(({ role }) => role === 'gateway')).toBe(true);
      expect(mode.tiers.some(({ role }) => role === 'inference' || role === 'vendor-llm')).toBe(true);
    }
  });

  test('a mode that forbids egress sends nothing out and buys nothing from a vendor', () => {
    const onprem = unwrap(readMode('onprem', catalogue));
    expect(onprem.residency).toMatchObject({ egressAllowed: false, leavesPremises: [] });
    expect(onprem.tiers.some(({ operatedBy }) => operatedBy !== 'you')).toBe(false);
  });

  test('compose is one host', () => {
    const host = unwrap(readMode('compose', catalogue)).tiers.find(({ id }) => id === 'host');
    expect(host).toMatchObject({ maxReplicas: 1, zones: 1, survives: { zones: 0, replicas: 0 } });
  });

  test('the size and price of a rented unit are those of its catalogue entry', () => {
    for (const mode of unwrap(readAllModes(catalogue))) {
      for (const { unit } of mode.tiers) {
        if (unit.kind !== 'instance') continue;
        const found = unwrap(findEntry(catalogue, unit.priceId));
        if (found.group !== 'cpu-instances') throw new Error(`${unit.priceId} is no instance`);
        expect(unit.vcpus).toBe(found.entry.vcpus);
        expect(unit.memoryGib).toBe(found.entry.memoryGib);
        expect(unit.name).toContain(found.entry.instance);
      }
    }
  });

  test('links take tens of milliseconds, not seconds or microseconds', () => {
    for (const { links } of unwrap(readAllModes(catalogue))) {
      for (const { roundTripMs } of links) {
        expect(roundTripMs).toBeGreaterThanOrEqual(1);
        expect(roundTripMs).toBeLessThan(500);
      }
    }
  });

  test('every price named is in the catalogue', () => {
    for (const mode of unwrap(readAllModes(catalogue))) {
      expect(catalogueReferences(mode).length).toBeGreaterThan(0);
      for (const { id } of catalogueReferences(mode)) expect(findEntry(catalogue, id).kind).toBe('ok');
    }
  });
});

describe('bad modes', () => {
  test('every problem of the schema at once', () => {
    const issues = issuesOf(
      changed('kubernetes', (mode) => {
        writable(mode.tiers[0]).zones = 0;
        writable(mode.tiers[0]).replicaAvailabilityRatio = 2;
        writable(mode).operatorHoursPerMonth = -1;
        Reflect.deleteProperty(mode, 'failureDomains');
        Reflect.set(mode, 'colour', 'blue');
      }),
    );
    expect(issues.map(({ path }) => path).sort()).toEqual([
      '(root)',
      'failureDomains',
      'operatorHoursPerMonth',
      'tiers[0].replicaAvailabilityRatio',
      'tiers[0].zones',
    ]);
    for (const issue of issues) expect(issue.fix.length).toBeGreaterThan(3);
    expect(FAILURES.INVALID_MODE.exitCode).toBe(10);
  });

  test('unknown prices with near names, unknown figures with those there are', () => {
    const issues = issuesOf(
      changed('kubernetes', (mode) => {
        const unit = mode.tiers[0]?.unit;
        if (unit?.kind === 'instance') unit.priceId = 'aws/c7i.larg';
        const cost = mode.tiers[4]?.costs[0];
        if (cost) cost.field = 'usdPerFortnight';
      }),
    );
    expect(issues).toHaveLength(2);
    expect(issues[0]).toMatchObject({ path: 'tiers[0].unit.priceId', got: 'aws/c7i.larg' });
    expect(issues[0]?.fix).toContain('aws/c7i.large');
    expect(issues[1]).toMatchObject({ path: 'tiers[4].costs[0].priceId' });
    expect(issues[1]?.got).toContain('usdPerLcuMonth');
  });

  test('tiers that do not exist, twice the same id, zones that cannot be survived', () => {
    const issues = issuesOf(
      changed('onprem', (mode) => {
        const unit = mode.tiers[1]?.unit;
        if (unit?.kind === 'colocated') unit.onTier = 'nowhere';
        writable(mode.tiers[3]).id = 'context';
        writable(mode.tiers[0]).survives = { zones: 2, replicas: 0 };
        writable(mode.links[0]).to = 'moon';
      }),
    );
    expect(issues.map(({ path }) => path)).toEqual([
      'tiers[3].id',
      'tiers[1].unit.onTier',
      'links[0].to',
      'tiers[0].survives.zones',
    ]);
  });

  test('redundancy that cannot be had: copies that all go, bounds below the minimum, losses that leave nothing', () => {
    const issues = issuesOf(
      changed('onprem', (mode) => {
        // Primary without a standby.
        const history = mode.tiers[3]?.sizing;
        if (history?.kind === 'rated') history.copies = 1;
        writable(mode.tiers[0]).maxReplicas = 1;
        writable(mode.tiers[1]).survives = { zones: 1, replicas: 4 };
        writable(mode.tiers[1]).maxReplicas = 8;
        writable(mode.tiers[4]).sizing = { kind: 'fixed', replicas: 1, reason: 'one address' };
      }),
    );
    expect(issues.map(({ path }) => path)).toEqual([
      'tiers[0].minReplicas',
      'tiers[0].maxReplicas',
      'tiers[1].maxReplicas',
      'tiers[3].sizing.copies',
      'tiers[4].sizing.replicas',
    ]);
    expect(issues[2]).toMatchObject({
      expected: 'enough that one is left after losing 1 of 2 zones and 4 replicas',
      got: '8',
      fix: 'raise it, or lower survives',
    });
  });

  test('a limit that grows with a tier that is not there, or that waits for it in turn', () => {
    const issues = issuesOf(
      changed('kubernetes', (mode) => {
        const waits = (tier: string) => ({
          name: 'load' as const,
          driver: 'replicas-of' as const,
          tier,
          perDriver: 1,
          carries: 10,
          unit: 'things',
        });
        const context = mode.tiers[2]?.sizing;
        if (context?.kind === 'memory') context.limits = [waits('history'), waits('moon')];
        const history = mode.tiers[3]?.sizing;
        if (history?.kind === 'rated') history.limits = [waits('context')];
      }),
    );
    expect(issues.map(({ path, expected }) => [path, expected])).toEqual([
      ['tiers[2].sizing.limits[0].tier', 'a tier that does not wait for this one'],
      ['tiers[2].sizing.limits[1].tier', expect.stringMatching(/^one of gateway, llm/)],
      ['tiers[3].sizing.limits[0].tier', 'a tier that does not wait for this one'],
    ]);
  });

  test('a driver without the tier that it names, and one beside a tier that it does not use', () => {
    const issues = issuesOf(
      changed('kubernetes', (mode) => {
        const history = mode.tiers[3]?.sizing;
        if (history?.kind !== 'rated') throw new Error('no rated tier');
        const [load, connections] = history.limits;
        if (load) load.tier = 'gateway';
        if (connections) Reflect.deleteProperty(connections, 'tier');
      }),
    );
    expect(issues.map(({ path }) => path)).toEqual([
      'tiers[3].sizing.limits[0]',
      'tiers[3].sizing.limits[1]',
    ]);
  });

  test('figures that nobody means: KV above 90 %, a round trip of a year, a machine with no memory', () => {
    const issues = issuesOf(
      changed('onprem', (mode) => {
        const sizing = mode.tiers[0]?.sizing;
        if (sizing?.kind === 'capacity-curve') sizing.maxKvRatio = 0.95;
        writable(mode.links[0]).roundTripMs = 3.2e10;
        const context = mode.tiers[2]?.sizing;
        if (context?.kind === 'memory') context.memoryGib = 0;
        writable(mode).zoneAvailabilityRatio = 99.9;
      }),
    );
    expect(issues.map(({ path }) => path).sort()).toEqual([
      'links[0].roundTripMs',
      'tiers[0].sizing.maxKvRatio',
      'tiers[2].sizing.memoryGib',
      'zoneAvailabilityRatio',
    ]);
  });

  test('a vendor whose median is slower than its p95', () => {
    const issues = issuesOf(
      changed('kubernetes', (mode) => {
        const llm = mode.tiers[1]?.sizing;
        if (llm?.kind === 'vendor') llm.assumedTurnP50Ms = 2000;
      }),
    );
    expect(issues).toMatchObject([
      { path: 'tiers[1].sizing.assumedTurnP50Ms', expected: 'at most assumedTurnP95Ms, 1800', got: '2000' },
    ]);
  });

  test('a vendor in a mode that forbids egress', () => {
    const issues = issuesOf(
      changed('kubernetes', (mode) => {
        writable(mode.residency).egressAllowed = false;
      }),
    );
    expect(issues.map(({ path }) => path)).toEqual(['tiers[1]']);
  });

  test('a spread of the purchase price that the catalogue does not have', () => {
    const issues = issuesOf(
      changed('onprem', (mode) => {
        const unit = mode.tiers[0]?.unit;
        if (unit?.kind === 'owned-gpu-node' && unit.capexSpread) unit.capexSpread.highField = 'dreamPriceUsd';
      }),
    );
    expect(issues.map(({ path }) => path)).toEqual(['tiers[0].unit.capexSpread.id']);
    expect(issues[0]?.expected).toBe('a figure dreamPriceUsd in purchase/H100-80GB');
    expect(issues[0]?.got).toContain('highPriceUsd');
  });

  test('a price that multiplies something unknown', () => {
    const issues = issuesOf(
      changed('compose', (mode) => {
        Reflect.set(mode.tiers[0]?.costs[0] ?? {}, 'per', 'fortnight');
      }),
    );
    expect(issues.map(({ path }) => path)).toEqual(['tiers[0].costs[0].per']);
    expect(issues[0]?.expected).toContain('history-gb-month-per-replica');
  });

  test('text that is no YAML, a file that is not there, a name that is no mode', () => {
    expect(issuesOf('tiers: [')[0]?.path).toMatch(/^line 1/);
    const absent = readMode('./no-such-mode.yaml', catalogue);
    expect(absent.kind === 'failed' && absent.failure.code).toBe('INPUT_NOT_FOUND');
    const unknown = readMode('moonbase', catalogue);
    expect(unknown.kind === 'failed' && unknown.failure.hint).toContain('compose, kubernetes, onprem');
  });

  test('the sizings that the page of modes shows are valid as they stand there', () => {
    const page = readFileSync(fileURLToPath(new URL('../../docs/modes.md', import.meta.url)), 'utf8');
    const shown = [...page.matchAll(/```yaml\n(sizing:[\s\S]*?)```/g)].map((match) => match[1] ?? '');
    expect(shown).toHaveLength(2);
    for (const text of shown) {
      const { sizing } = parse(text);
      const own = changed('kubernetes', (mode) => {
        const tier = mode.tiers[sizing.kind === 'vendor' ? 1 : 3];
        if (tier) Object.assign(tier.sizing, sizing);
      });
      expect(unwrap(parseMode(own, 'own.yaml', catalogue)).id).toBe('kubernetes');
    }
  });

  test('a mode file by path', () => {
    const path = fileURLToPath(new URL('../../scenarios/modes/onprem.yaml', import.meta.url));
    expect(unwrap(readMode(path, catalogue)).id).toBe('onprem');
  });
});
