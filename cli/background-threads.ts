import { readdirSync, readFileSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';

const TASKS = '/proc/self/task';
/** As V8's platform names the threads that compile and collect garbage beside the program. */
const WORKER = 'V8Worker';
/** Steps of niceness: a tenth of the main thread's share where both want one core. */
const NICER = 10;

/**
 * Lets the threads that compile and collect garbage give way to the one that answers. There are four of them, each with the
 * main thread's right to a core: on a busy one it had a fifth of it for as long as they had work, which was a quarter of a second
 * after a change of load (docs/decisions/015). With a core to spare they run as before. Linux only, where a
 * thread has a priority of its own; elsewhere, and where threads cannot be seen, nothing changes.
 */
export function letBackgroundThreadsGiveWay(): void {
  try {
    const priority = Math.min(constants.priority.PRIORITY_LOW, getPriority() + NICER);
    for (const thread of readdirSync(TASKS)) {
      if (readFileSync(`${TASKS}/${thread}/comm`, 'utf8').trim() === WORKER)
        setPriority(Number(thread), priority);
    }
  } catch {
    // No such folder, or not ours to change: the threads stay as they are.
  }
}
