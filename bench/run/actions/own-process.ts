import { readFileSync } from 'node:fs';
import { failed, ok, type Result } from '../../../vocabulary/errors.ts';

/** A process that may be signalled: proven to be this user's, and to be the same one later on. */
export interface OwnedPid {
  readonly pid: number;
  readonly startedAtTicks: string;
}

const FIRST_USER_PID = 2;

/** Start time of a process in clock ticks since boot: with the id it names one process for ever (proc(5), field 22). */
function readStartTicks(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may hold anything; state is the first field after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined; // There is no such process, or no /proc.
  }
}

function readOwner(pid: number): number | undefined {
  try {
    const match = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return match === null ? undefined : Number(match[1]);
  } catch {
    return undefined; // It ended meanwhile.
  }
}

/** Proves that a process is this user's own and neither this one nor one it descends from. */
export function ownPid(name: string, pid: number): Result<OwnedPid> {
  const refuse = (reason: string): Result<never> =>
    failed('USAGE', `--pid ${name}=${pid}: ${reason}`, {
      hint: 'Give the process id of a running process that you started yourself.',
    });
  if (!Number.isInteger(pid) || pid < FIRST_USER_PID) return refuse('that is no process id');
  if (pid === process.pid || pid === process.ppid) return refuse('that is this command itself');
  const startedAtTicks = readStartTicks(pid);
  if (startedAtTicks === undefined) return refuse('there is no such process (only Linux is supported)');
  if (readOwner(pid) !== process.getuid?.()) return refuse('it belongs to another user');
  return ok({ pid, startedAtTicks });
}

/** Whether it still runs, and is not another one that was given its id. */
export const isSameProcess = ({ pid, startedAtTicks }: OwnedPid): boolean =>
  readStartTicks(pid) === startedAtTicks;

/** Signals it, if it still runs; says whether it did. */
export function signalProcess(owned: OwnedPid, signal: NodeJS.Signals): boolean {
  if (!isSameProcess(owned)) return false;
  try {
    return process.kill(owned.pid, signal);
  } catch {
    return false; // It ended between the two looks.
  }
}
