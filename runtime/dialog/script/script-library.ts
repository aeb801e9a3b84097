import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../vocabulary/clock.ts';
import {
  createFailure,
  failed,
  formatFailure,
  type Issue,
  ok,
  type Result,
} from '../../../vocabulary/errors.ts';
import type { ScriptsConfig } from '../../config/dialog.ts';
import { LogicSandbox } from '../sandbox/logic-sandbox.ts';
import type { CompiledScript } from './compile-script.ts';
import { FolderWatch } from './folder-watch.ts';
import { loadScript, readScriptFiles } from './load-script.ts';

/** One version as an administrator sees it. */
export interface ScriptVersionStatus {
  readonly version: string;
  readonly isActive: boolean;
  /** `stale`: the files have problems, and what was read before goes on running. */
  readonly state: 'ready' | 'stale' | 'failed';
  readonly loadedAtUnixMs?: number;
  readonly problems: readonly Issue[];
}

export interface ScriptLibraryStatus {
  readonly folder: string;
  readonly activeVersion: string;
  readonly versions: readonly ScriptVersionStatus[];
}

/** What telemetry and the audit trail learn. */
export interface ScriptObserver {
  scriptLoaded(result: 'ok' | 'failed'): void;
  scriptActivated(version: string, reason: string): void;
  /** A bad edit, in words for the log. */
  scriptProblem(version: string, text: string): void;
}

interface Entry {
  fingerprint: string;
  script: CompiledScript | undefined;
  loadedAtUnixMs: number | undefined;
  problems: readonly Issue[];
}

interface LibraryOptions {
  readonly config: ScriptsConfig;
  readonly clock: Clock;
  readonly customerHashSecret: string;
  readonly observer: ScriptObserver;
}

/** `1.10.0` after `1.9.0`: numbers compare as numbers. */
const byVersion = new Intl.Collator('en', { numeric: true }).compare;

/** In the folder, beside the versions: names the active one, for every process that reads the folder. */
const ACTIVE_FILE = 'active';
const NO_FILE: ReadonlySet<unknown> = new Set(['ENOENT', 'EISDIR']);

/** What the file `active` names; undefined without one. */
async function readActive(folder: string): Promise<string | undefined> {
  try {
    return (await readFile(join(folder, ACTIVE_FILE), 'utf8')).trim() || undefined;
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && NO_FILE.has(cause.code)) return undefined;
    throw cause;
  }
}

async function listVersions(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .filter(({ name }) => !name.startsWith('.') && name !== ACTIVE_FILE)
    .map((entry) => entry.name)
    .sort(byVersion);
}

/**
 * The versions of a script folder, one of them active. The folder is read again after every change in it: a version is
 * parsed wholly before it replaces what ran under its name, and one with problems replaces nothing.
 */
export class ScriptLibrary {
  readonly sandbox: LogicSandbox;
  readonly #options: LibraryOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #activations: { readonly version: string; readonly atUnixMs: number }[] = [];
  #wanted: string | undefined;
  /** What the file `active` named when it was read last. */
  #named: string | undefined;
  readonly #watch: FolderWatch;
  #isClosed = false;
  #poll: NodeJS.Timeout | undefined;
  #debounce: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;

  private constructor(options: LibraryOptions) {
    const { logicTimeoutMs, logicMemoryMib, activeVersion } = options.config;
    this.#options = options;
    this.#wanted = activeVersion;
    this.#watch = new FolderWatch(options.config.folder, () => this.#readSoon());
    this.sandbox = new LogicSandbox({ timeoutMs: logicTimeoutMs, memoryMib: logicMemoryMib });
  }

  /** Reads the folder and watches it. INVALID_CONFIG when it holds no version that can run, with every problem. */
  static async open(options: LibraryOptions): Promise<Result<ScriptLibrary>> {
    const { folder } = options.config;
    const library = new ScriptLibrary(options);
    try {
      await library.#read('start');
    } catch (cause) {
      await library.close();
      return failed('INPUT_NOT_FOUND', `cannot read the script folder ${folder}`, { cause });
    }
    if (library.#activations.length === 0) {
      await library.close();
      return { kind: 'failed', failure: library.#nothingToRun() };
    }
    library.#poll = setInterval(() => void library.reload(), options.config.pollMs).unref();
    return ok(library);
  }

  #nothingToRun() {
    const { folder } = this.#options.config;
    const what =
      this.#wanted === undefined ? 'no version that can run' : `no version ${this.#wanted} that can run`;
    const issues = [...this.#entries.values()].flatMap((entry) => entry.problems);
    return createFailure('INVALID_CONFIG', `the script folder ${folder} has ${what}`, { issues });
  }

  /** What new interactions begin with. */
  get active(): CompiledScript {
    const version = this.#activations.at(-1)?.version ?? '';
    const script = this.#entries.get(version)?.script;
    if (script === undefined) throw new Error(`active script ${version} is not loaded`);
    return script;
  }

  /** The script that an interaction goes on with: its own version, else the active one. */
  forVersion(version: string): CompiledScript {
    return this.#entries.get(version)?.script ?? this.active;
  }

  /** The script that was active when an interaction began, as far as this process knows. */
  activeAt(unixMs: number): CompiledScript {
    const then = this.#activations.findLast((activation) => activation.atUnixMs <= unixMs);
    return then === undefined ? this.active : this.forVersion(then.version);
  }

  get status(): ScriptLibraryStatus {
    const activeVersion = this.active.version;
    const versions = [...this.#entries].map(([version, entry]): ScriptVersionStatus => {
      const { script, problems, loadedAtUnixMs } = entry;
      return {
        version,
        isActive: version === activeVersion,
        state: script === undefined ? 'failed' : problems.length > 0 ? 'stale' : 'ready',
        ...(loadedAtUnixMs === undefined ? {} : { loadedAtUnixMs }),
        problems,
      };
    });
    return { folder: this.#options.config.folder, activeVersion, versions };
  }

  /**
   * Makes a version the one that new interactions begin with, until the process ends or the file `active` changes.
   * Undefined when it cannot run.
   */
  activate(version: string): CompiledScript | undefined {
    const script = this.#entries.get(version)?.script;
    if (script === undefined) return undefined;
    this.#wanted = version;
    this.#setActive(version, 'asked for');
    return script;
  }

  /** As `activate`, with a look into the folder for a version that came there a moment ago. */
  async activateSoon(version: string): Promise<CompiledScript | undefined> {
    if (!this.#entries.has(version)) await this.reload();
    return this.activate(version);
  }

  /** Reads the folder now; resolves when what it holds runs. */
  reload(): Promise<void> {
    const previous = this.#reading ?? Promise.resolve();
    const next = previous.then(() => this.#read('folder changed'));
    // A folder that is gone for a moment keeps what was read; the next look tries again.
    this.#reading = next.catch((error: unknown) =>
      this.#options.observer.scriptProblem('*', error instanceof Error ? error.message : String(error)),
    );
    return this.#reading;
  }

  async #read(reason: string): Promise<void> {
    const { folder } = this.#options.config;
    const versions = await listVersions(folder);
    const named = await readActive(folder);
    if (this.#isClosed) return;
    this.#watch.follow(versions);
    for (const version of versions) await this.#readVersion(version);
    const active = this.#activations.at(-1)?.version;
    for (const version of this.#entries.keys()) {
      if (!versions.includes(version) && version !== active) this.#entries.delete(version);
    }
    this.#follow(named);
    this.#chooseActive(reason);
  }

  /** The latest word counts: that of the file when it changes, an administrator's until then. */
  #follow(named: string | undefined): void {
    if (named === this.#named) return;
    this.#named = named;
    this.#wanted = named ?? this.#options.config.activeVersion;
    if (named === undefined || this.#entries.get(named)?.script !== undefined) return;
    const problem = `the file ${ACTIVE_FILE} names the version ${named}, and there is none of it that can run`;
    this.#options.observer.scriptProblem(named, problem);
  }

  async #readVersion(version: string): Promise<void> {
    const { config, clock, customerHashSecret, observer } = this.#options;
    const files = await readScriptFiles(config.folder, version);
    const known = this.#entries.get(version);
    if (known?.fingerprint === files.fingerprint) return;
    const loaded = await loadScript(files, { sandbox: this.sandbox, customerHashSecret });
    observer.scriptLoaded(loaded.kind);
    if (loaded.kind === 'failed') observer.scriptProblem(version, formatFailure(loaded.failure));
    this.#entries.set(version, {
      fingerprint: files.fingerprint,
      script: loaded.kind === 'ok' ? loaded.value : known?.script,
      loadedAtUnixMs: loaded.kind === 'ok' ? clock.unixMs() : known?.loadedAtUnixMs,
      problems: loaded.kind === 'ok' ? [] : issuesOf(version, loaded.failure.message, loaded.failure.issues),
    });
  }

  #chooseActive(reason: string): void {
    const runnable = [...this.#entries].filter(([, entry]) => entry.script !== undefined);
    const names = runnable.map(([version]) => version).sort(byVersion);
    const version = this.#wanted === undefined ? names.at(-1) : names.find((name) => name === this.#wanted);
    if (version !== undefined) this.#setActive(version, reason);
  }

  #setActive(version: string, reason: string): void {
    if (this.#activations.at(-1)?.version === version) return;
    this.#activations.push({ version, atUnixMs: this.#options.clock.unixMs() });
    this.#options.observer.scriptActivated(version, reason);
  }

  /** After a quiet moment: a version that is being copied is not read half. */
  #readSoon(): void {
    clearTimeout(this.#debounce);
    if (this.#isClosed) return;
    this.#debounce = setTimeout(() => void this.reload(), this.#options.config.debounceMs).unref();
  }

  /** Stops watching and ends the sandbox. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#watch.close();
    clearInterval(this.#poll);
    clearTimeout(this.#debounce);
    await this.#reading;
    await this.sandbox.close();
  }
}

const issuesOf = (version: string, message: string, issues: readonly Issue[]): readonly Issue[] =>
  issues.length > 0
    ? issues
    : [{ path: version, expected: 'a script that can run', got: message, fix: 'correct the files' }];
