import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Absent, or not for this user: looked for in the next folder.
    return false;
  }
};

/** Where a program of Prometheus is installed; undefined when it is not. */
export const binary = (name: 'promtool' | 'prometheus'): string | undefined =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable);
