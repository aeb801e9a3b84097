import { type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';

/**
 * Tells of changes in a folder and its direct sub-folders. One watcher each: the platform's recursive ones leave
 * handles open on Linux. Where a file system sends no notifications, a poll has to find changes.
 */
export class FolderWatch {
  readonly #folder: string;
  readonly #onChange: () => void;
  readonly #watchers = new Map<string, FSWatcher>();

  constructor(folder: string, onChange: () => void) {
    this.#folder = folder;
    this.#onChange = onChange;
  }

  /** Watches the folder and exactly these sub-folders. */
  follow(subFolders: readonly string[]): void {
    const wanted = new Set([this.#folder, ...subFolders.map((name) => join(this.#folder, name))]);
    for (const path of this.#watchers.keys()) if (!wanted.has(path)) this.#drop(path);
    for (const path of wanted) if (!this.#watchers.has(path)) this.#add(path);
  }

  #add(path: string): void {
    try {
      const watcher = watch(path, { persistent: false }, this.#onChange);
      watcher.on('error', () => this.#drop(path));
      this.#watchers.set(path, watcher);
    } catch {
      // Gone again, or not to be watched: the poll looks there.
    }
  }

  #drop(path: string): void {
    this.#watchers.get(path)?.close();
    this.#watchers.delete(path);
  }

  /** Idempotent. */
  close(): void {
    for (const path of [...this.#watchers.keys()]) this.#drop(path);
  }
}
