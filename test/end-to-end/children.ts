import { readdirSync, readFileSync } from 'node:fs';

/** Processes whose parent is that one (Linux). */
export function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        // pid (name) state parent …; the name may hold anything.
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
      } catch {
        return false; // It ended while we looked.
      }
    })
    .map(Number);
}
