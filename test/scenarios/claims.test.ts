import { describe, expect, it } from 'vitest';
import { listClaims, parseClaims, readClaims, resolveClaims } from '../../scenarios/claims.ts';
import { listScenarios, readScenario } from '../../scenarios/scenario.ts';
import { unwrap } from '../../vocabulary/errors.ts';

const head = { kind: 'busyhour-claims', schemaVersion: 1, title: 't', source: 's' };
const turnsOf = (turns: unknown) =>
  unwrap(resolveClaims({ ...head, interaction: { turns } })).interaction.turns;

function issuesOf(parts: object): string[] {
  const result = resolveClaims({ ...head, ...parts });
  return result.kind === 'ok' ? [] : result.failure.issues.map(({ path }) => path);
}

describe('a figure', () => {
  it.each([
    [5, [{ low: 5, high: 5 }]],
    [[2, 4], [{ low: 2, high: 4 }]],
    [{ value: 5, line: 232 }, [{ low: 5, high: 5, line: 232 }]],
    [{ low: 2, high: 4, line: 7 }, [{ low: 2, high: 4, line: 7 }]],
    [{ atLeast: 0.9 }, [{ low: 0.9, high: Number.POSITIVE_INFINITY }]],
    [{ atMost: 3 }, [{ low: 0, high: 3 }]],
    [{ unlimited: true }, [{ low: Number.POSITIVE_INFINITY, high: Number.POSITIVE_INFINITY }]],
    [{ value: 0.02, decimals: 3 }, [{ low: 0.02, high: 0.02, decimals: 3 }]],
    [
      [
        { value: 5, line: 1 },
        { value: 6, line: 2 },
      ],
      [
        { low: 5, high: 5, line: 1 },
        { low: 6, high: 6, line: 2 },
      ],
    ],
  ])('may be written as %j', (written, statements) => {
    expect(turnsOf(written)).toEqual({ kind: 'figure', path: 'interaction.turns', statements });
  });

  it.each([
    ['nothing', {}],
    ['two forms', { value: 5, atLeast: 3 }],
    ['half a range', { low: 5 }],
    ['a range backwards', { low: 5, high: 3 }],
    ['a pair backwards', [5, 3]],
    ['zero where something divides by it', 0],
    ['a negative', -1],
    ['an absurd one', 1e30],
    ['not a number', Number.NaN],
    ['text', 'five'],
    ['an empty list', []],
    ['line 0', { value: 5, line: 0 }],
  ])('is refused as %s', (_, written) => {
    expect(issuesOf({ interaction: { turns: written } }).join()).toContain('interaction.turns');
  });

  it('of a share is at most 1', () => {
    expect(issuesOf({ demand: { busyHourRatio: 15 } })).toEqual(['demand.busyHourRatio']);
  });
});

describe('a claims file', () => {
  it('names what it refers to', () => {
    const issues = issuesOf({
      models: [{ name: 'a' }, { name: 'a' }],
      mix: { parts: [{ model: 'b', ratio: 1 }] },
      bill: { lines: [{ name: 'x', tier: 'gone', category: 'c' }] },
      volumes: [{ name: 'v', model: 'c' }],
      savings: [{ name: 's', on: 'infrastructure', actsOn: 'd', ratio: 0.1 }],
    });
    expect(issues).toEqual([
      'models[1]',
      'mix.parts[0].model',
      'volumes[0].model',
      'bill.lines[0].tier',
      'savings[0].actsOn',
    ]);
  });

  it('lists syntax errors by line', () => {
    const result = parseClaims('kind: busyhour-claims\ntiers: [', 'x.yaml');
    expect(result.kind === 'failed' && result.failure.issues[0]?.path).toMatch(/^line \d+/);
  });
});

describe('the claims of the library', () => {
  it('are read by name, and are no scenarios', () => {
    expect(listClaims()).toEqual(['call-centre-guide', 'call-centre-guide-corrected']);
    for (const name of listClaims()) {
      expect(unwrap(readClaims(name)).title).toMatch(/Call-centre/);
      expect(listScenarios()).not.toContain(name);
      const asScenario = readScenario(name);
      expect(asScenario.kind === 'failed' && asScenario.failure.hint).toContain(`busyhour check ${name}`);
    }
  });
});
