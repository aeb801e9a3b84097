import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

export interface Arrow {
  readonly from: string;
  readonly to: string;
}

const SOURCES = [
  'cli.ts',
  'cli/**/*.ts',
  'measure/**/*.ts',
  'runtime/**/*.ts',
  'bench/**/*.ts',
  'planner/**/*.ts',
  'scenarios/**/*.ts',
  'presentation/**/*.ts',
  'vocabulary/**/*.ts',
];

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\b[^'";]*?from\s*'(\.[^']+)'|import\(\s*'(\.[^']+)'\s*\)|(?:^|\n)\s*import\s*'(\.[^']+)'/g;

/** Every source file of the project, relative to its root. */
export const sourceFiles = (root: string): string[] => globSync(SOURCES, { cwd: root }).sort();

/** Relative imports of one source text, type-only ones too, as paths from the project's root. */
export function importsOf(file: string, text: string): string[] {
  return [...text.matchAll(IMPORT)].map((match) =>
    normalize(join(dirname(file), match[1] ?? match[2] ?? match[3] ?? '')),
  );
}

export const readArrows = (root: string): Arrow[] =>
  sourceFiles(root).flatMap((file) =>
    importsOf(file, readFileSync(join(root, file), 'utf8')).map((to) => ({ from: file, to })),
  );

/** One cycle as a list of files, or undefined when there is none (depth-first search). */
export function findCycle(arrows: readonly Arrow[]): string[] | undefined {
  const next = Map.groupBy(arrows, (arrow) => arrow.from);
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]): string[] | undefined => {
    const at = trail.indexOf(file);
    if (at >= 0) return [...trail.slice(at), file];
    if (done.has(file)) return undefined;
    for (const arrow of next.get(file) ?? []) {
      const cycle = visit(arrow.to, [...trail, file]);
      if (cycle !== undefined) return cycle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of next.keys()) {
    const cycle = visit(file, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
