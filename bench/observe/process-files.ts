import { readFileSync } from 'node:fs';
import { PROCESS_METRICS } from '../../vocabulary/server-metrics.ts';
import type { MetricsPage } from './prometheus.ts';

/** USER_HZ: what proc(5) counts CPU time in, 100 on every Linux architecture that Node runs on. */
const TICKS_PER_S = 100;
const BYTES_PER_KIB = 1_024;

/** CPU time and resident memory of one process (Linux, children not included); undefined when it is gone. */
export function readProcessFiles(pid: number): MetricsPage | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Fields count from the state, which follows the name in brackets: user and system time are the 12th and 13th.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const residentKib = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
    const ticks = Number(fields[11]) + Number(fields[12]);
    return new Map([
      [PROCESS_METRICS.cpuSeconds, ticks / TICKS_PER_S],
      [PROCESS_METRICS.residentBytes, residentKib * BYTES_PER_KIB],
    ]);
  } catch {
    return undefined; // It ended, or this machine has no /proc.
  }
}
