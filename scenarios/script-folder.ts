import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A script folder by its path, else by the name of one that ships with the tool. */
export function scriptFolderOf(pathOrName: string): string {
  if (existsSync(pathOrName) || !/^[a-z0-9-]+$/.test(pathOrName)) return pathOrName;
  const shipped = fileURLToPath(new URL(`./scripts/${pathOrName}`, import.meta.url));
  return existsSync(shipped) ? shipped : pathOrName;
}
