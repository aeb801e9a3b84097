import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { failed, ok, type Result } from '../../../vocabulary/errors.ts';

const run = promisify(execFile);

/** A version of the code to measure. */
export interface VersionSource {
  /** As reports call it: a commit's short hash, a folder's path, `working tree`. */
  readonly label: string;
  readonly casesPath: string;
  readonly commit?: string;
  /** Removes what was checked out. Idempotent; a folder of the user's stays. */
  dispose(): Promise<void>;
}

const git = async (folder: string, ...args: string[]): Promise<string> =>
  (await run('git', ['-C', folder, ...args])).stdout.trim();

async function tryGit(folder: string, ...args: string[]): Promise<string | undefined> {
  try {
    return await git(folder, ...args);
  } catch {
    return undefined; // No git, no repository, or no such commit: the caller says what it needed.
  }
}

const keep = async (): Promise<void> => {};

/** The version that the cases themselves belong to, as it stands on disk. */
export async function describeWorkingTree(casesPath: string): Promise<VersionSource> {
  const folder = resolve(casesPath, '..');
  const commit = await tryGit(folder, 'rev-parse', 'HEAD');
  return { label: 'working tree', casesPath, dispose: keep, ...(commit === undefined ? {} : { commit }) };
}

function sourceFromFolder(folder: string, casesPath: string, root: string): Result<VersionSource> {
  const other = join(folder, relative(root, casesPath));
  if (!existsSync(other)) {
    return failed('INPUT_NOT_FOUND', `${folder} has no ${relative(root, casesPath)}`, {
      hint: 'Name the root of another copy of the same project.',
    });
  }
  return ok({ label: folder, casesPath: other, dispose: keep });
}

/** Dependencies of the other version are those installed here: what is compared is our code. */
function linkDependencies(root: string, folder: string): void {
  const installed = join(root, 'node_modules');
  const link = join(folder, 'node_modules');
  if (existsSync(installed) && !existsSync(link)) symlinkSync(realpathSync(installed), link, 'dir');
}

interface Checkout {
  readonly root: string;
  readonly commit: string;
  readonly casesPath: string;
}

async function checkOut({ root, commit, casesPath }: Checkout): Promise<Result<VersionSource>> {
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'busyhour-against-')));
  const folder = join(scratch, 'tree');
  const dispose = async (): Promise<void> => {
    await tryGit(root, 'worktree', 'remove', '--force', folder);
    rmSync(scratch, { recursive: true, force: true });
    await tryGit(root, 'worktree', 'prune');
  };
  try {
    await git(root, 'worktree', 'add', '--detach', '--force', folder, commit);
  } catch (cause) {
    await dispose();
    return failed('INPUT_NOT_FOUND', `git cannot check out ${commit}`, { cause });
  }
  const other = join(folder, relative(root, casesPath));
  const label = commit.slice(0, 12);
  if (!existsSync(other)) {
    await dispose();
    return failed('INPUT_NOT_FOUND', `commit ${label} has no ${relative(root, casesPath)}`, {
      hint: 'It is older than the cases; compare with a later one.',
    });
  }
  linkDependencies(root, folder);
  return ok({ label, commit, casesPath: other, dispose });
}

/** The other version: a folder, else a git revision of the repository that the cases lie in, in a worktree of its own. */
export async function openOtherVersion(against: string, casesPath: string): Promise<Result<VersionSource>> {
  const real = realpathSync(casesPath);
  const top = await tryGit(resolve(real, '..'), 'rev-parse', '--show-toplevel');
  if (existsSync(against) && statSync(against).isDirectory()) {
    const root = top ?? nearestPackage(real);
    return sourceFromFolder(resolve(against), real, root);
  }
  if (top === undefined) {
    return failed('USAGE', `${against} is no folder, and ${casesPath} lies in no git repository`, {
      hint: 'Give --against a folder with the other version.',
    });
  }
  const commit = await tryGit(top, 'rev-parse', '--verify', '--quiet', `${against}^{commit}`);
  if (commit === undefined) {
    return failed('USAGE', `${against} is neither a folder nor a commit of ${top}`, {
      hint: 'Give --against a branch, a tag, a commit or a folder.',
    });
  }
  return checkOut({ root: top, commit, casesPath: real });
}

/** The nearest folder above a file that holds a package.json; the file's own folder where none does. */
function nearestPackage(path: string): string {
  for (let folder = resolve(path, '..'); folder !== resolve(folder, '..'); folder = resolve(folder, '..')) {
    if (existsSync(join(folder, 'package.json'))) return folder;
  }
  return resolve(path, '..');
}
