import { readdirSync, readFileSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';
import { setFlagsFromString } from 'node:v8';

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
function letBackgroundThreadsGiveWay(): void {
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

/**
 * Keeps V8 from making objects in the old generation at once. It does so where most objects of a line of code have outlived a
 * collection before, which is so of whatever waits at the moment: from then on each such object, though dead soon, holds all it
 * refers to until the next whole collection, and collections of young garbage copy that instead of passing it over
 * (docs/decisions/018).
 */
const keepNewObjectsYoung = (): void => setFlagsFromString('--no-allocation-site-pretenuring');

/** For processes that answer or send in real time. Before the first work: code that was compiled stays as it is. */
export function tuneV8(): void {
  keepNewObjectsYoung();
  letBackgroundThreadsGiveWay();
}
