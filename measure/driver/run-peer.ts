import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { canPin } from '../gateway/processes.ts';
import { GENERATOR_CORE } from './processes.ts';

/** Makes a process the leader of a group, to be ended with all that it has started. */
const OWN_GROUP: readonly string[] = canPin ? ['setsid'] : [];
const MAX_OUTPUT_BYTES = 32 * 1024 * 1024;

/** What a program said. */
export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly limitMs: number;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Ends what a peer has started and left behind: it has a process group of its own. */
function endGroup(leader: number | undefined): void {
  if (leader === undefined || OWN_GROUP.length === 0) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // Nothing of it is left.
  }
}

/** Runs a peer on the generator's core to its end, or to the limit. Never rejects. */
export function runPeer(command: string, args: readonly string[], options: RunOptions): Promise<Said> {
  const [program = command, ...rest] = [...OWN_GROUP, ...GENERATOR_CORE, command, ...args];
  return new Promise((resolve) => {
    const peer = execFile(
      program,
      rest,
      {
        timeout: options.limitMs,
        killSignal: 'SIGKILL',
        maxBuffer: MAX_OUTPUT_BYTES,
        env: { ...process.env, ...options.env },
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      },
      (error, stdout, stderr) => {
        endGroup(peer.pid);
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        resolve({
          code,
          stdout,
          stderr: error?.killed ? `${stderr}\nit took longer than ${options.limitMs} ms` : stderr,
        });
      },
    );
  });
}

/**
 * Where peers are looked for beside PATH: BUSYHOUR_PEERS, or ~/.cache/busyhour-peers, with `bin` for Go programs and a
 * Python environment in each folder that begins with `venv`.
 */
const PEERS = process.env.BUSYHOUR_PEERS ?? join(homedir(), '.cache/busyhour-peers');

/** The path of a peer's program; undefined when this machine has none. */
export function findPeer(program: string, variable?: string): string | undefined {
  const named = variable === undefined ? undefined : process.env[variable];
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...['bin', 'venv/bin', 'venv-aiperf/bin', 'venv-ip/bin'].map((folder) => join(PEERS, folder)),
  ];
  return [...(named === undefined ? [] : [named]), ...folders.map((folder) => join(folder, program))].find(
    (path) => existsSync(path),
  );
}

/** Why a peer could not run, in its own words: the last line that says something. */
export const lastWords = ({ stderr, stdout }: Said): string => {
  const lines = `${stdout}\n${stderr}`.split('\n').map((line) => line.trim());
  const words = lines.filter((line) => /[a-z]{3}/i.test(line));
  const error = words.findLast((line) => /error|exception|refused|cannot|could not/i.test(line));
  return (error ?? words.at(-1) ?? 'it said nothing').slice(0, 200);
};
