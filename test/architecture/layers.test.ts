import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Arrow, findCycle, importsOf, readArrows, sourceFiles } from './imports.ts';

const ROOT = join(import.meta.dirname, '../..');

const LAYERS: Readonly<Record<string, number>> = {
  vocabulary: 0,
  scenarios: 1,
  presentation: 1,
  runtime: 2,
  bench: 2,
  planner: 2,
  measure: 3,
  cli: 3,
  'cli.ts': 3,
};

const roomOf = (file: string): string => file.split('/')[0] ?? file;

function wrongArrows(arrows: readonly Arrow[]): Arrow[] {
  return arrows.filter(({ from, to }) => {
    const [source, target] = [roomOf(from), roomOf(to)];
    if (source === target) return false;
    const [high, low] = [LAYERS[source], LAYERS[target]];
    if (high === undefined || low === undefined) return true;
    return high === 3 ? low > 3 : low >= high;
  });
}

const MAX_LINES = 300;
const DATA_TABLES = /\/generated\//;
const BANNED_NAMES = /(^|\/)(utils?|helpers?|common|misc|lib)(\.ts)?(\/|$)/;

describe('architecture', () => {
  const arrows = readArrows(ROOT);
  const files = sourceFiles(ROOT);

  it('reads real imports, so that the checks below cannot pass on nothing', () => {
    expect(files.length).toBeGreaterThan(50);
    expect(arrows).toContainEqual({ from: 'vocabulary/slo.ts', to: 'vocabulary/binomial.ts' });
  });

  it('has no arrow that runs up or sideways between layers', () => {
    expect(wrongArrows(arrows)).toEqual([]);
  });

  it('has no import cycle, type-only ones included', () => {
    expect(findCycle(arrows)).toBeUndefined();
  });

  it(`keeps every source file within ${MAX_LINES} lines`, () => {
    const long = files
      .filter((file) => !DATA_TABLES.test(file))
      .map((file) => ({ file, lines: readFileSync(join(ROOT, file), 'utf8').split('\n').length - 1 }))
      .filter(({ lines }) => lines > MAX_LINES);
    expect(long).toEqual([]);
  });

  it('has no room or file with a name that says nothing', () => {
    expect(files.filter((file) => BANNED_NAMES.test(file))).toEqual([]);
  });
});

describe('the checks themselves', () => {
  it('see an arrow up, one sideways and one out of the known rooms', () => {
    const bad = [
      { from: 'vocabulary/a.ts', to: 'scenarios/b.ts' },
      { from: 'bench/a.ts', to: 'planner/b.ts' },
      { from: 'scenarios/a.ts', to: 'presentation/b.ts' },
      { from: 'bench/a.ts', to: 'elsewhere/b.ts' },
    ];
    const good = [
      { from: 'bench/a.ts', to: 'vocabulary/b.ts' },
      { from: 'cli.ts', to: 'runtime/b.ts' },
      { from: 'bench/a.ts', to: 'bench/x/b.ts' },
    ];
    expect(wrongArrows([...bad, ...good])).toEqual(bad);
  });

  it('see a cycle of three and name it', () => {
    const cycle = ['a', 'b', 'c'].map((from, i) => ({ from, to: ['b', 'c', 'a'][i] ?? '' }));
    expect(findCycle(cycle)).toEqual(['a', 'b', 'c', 'a']);
    expect(findCycle(cycle.slice(0, 2))).toBeUndefined();
  });

  it('read static, type-only, re-exported, bare and dynamic imports', () => {
    const text = [
      "import { a } from './a.ts';",
      "import type { B } from '../b/b.ts';",
      "export * from './c.ts';",
      "import './d.ts';",
      "const e = await import('./e.ts');",
      "import {\n  f,\n  g,\n} from './f.ts';",
      "import { z } from 'zod';",
    ].join('\n');
    expect(importsOf('bench/x.ts', text).sort()).toEqual(
      ['b/b.ts', 'bench/a.ts', 'bench/c.ts', 'bench/d.ts', 'bench/e.ts', 'bench/f.ts'].sort(),
    );
  });
});
