import { type StatsListener, unwatchFile, watchFile } from 'node:fs';
import { type Failure, unwrap } from '../../vocabulary/errors.ts';
import { readTenants, type TenantList, type TenantSources } from './tenant-list.ts';

/** What a change of a watched file came to. */
export type TenantReload =
  | { readonly kind: 'reloaded'; readonly tenants: number; readonly keys: number }
  /** The list of before stays. */
  | { readonly kind: 'refused'; readonly failure: Failure };

export interface DirectoryOptions {
  readonly environment: NodeJS.ProcessEnv;
  readonly onReload: (reload: TenantReload) => void;
  /** How often a file is looked at. Looking, not events: a mounted file is replaced by changing a link above it. */
  readonly pollMs?: number;
}

const POLL_MS = 1000;

/** Everyone who may call, as their files say now. Throws BusyhourError when they are wrong at the start. */
export class TenantDirectory {
  readonly #sources: TenantSources;
  readonly #options: DirectoryOptions;
  readonly #files: readonly string[];
  readonly #onChange: StatsListener;
  #list: TenantList;

  constructor(sources: TenantSources, options: DirectoryOptions) {
    this.#sources = sources;
    this.#options = options;
    this.#list = unwrap(readTenants(sources, options.environment));
    this.#files = [sources.tenantsFile, sources.apiKeysFile].filter((file) => file !== undefined);
    this.#onChange = () => this.reload();
    const watching = { interval: options.pollMs ?? POLL_MS, persistent: false };
    for (const file of this.#files) watchFile(file, watching, this.#onChange);
  }

  get current(): TenantList {
    return this.#list;
  }

  /** Reads the sources now. Work in progress goes on under the limits it began with. */
  reload(): void {
    const list = readTenants(this.#sources, this.#options.environment);
    if (list.kind === 'failed') {
      this.#options.onReload({ kind: 'refused', failure: list.failure });
      return;
    }
    this.#list = list.value;
    const { tenants, keys } = list.value;
    this.#options.onReload({ kind: 'reloaded', tenants: tenants.length, keys: keys.length });
  }

  close(): void {
    for (const file of this.#files) unwatchFile(file, this.#onChange);
  }
}
