import { readFileSync } from 'node:fs';
import type { GeneratorUse } from '../../../vocabulary/result-file.ts';
import { MS_PER_S } from '../../../vocabulary/units.ts';

const SAMPLE_EVERY_MS = 250;
const BYTES_PER_KIB = 1024;
/** Linux counts CPU time for programs in hundredths of a second on every machine that it runs on (USER_HZ). */
const TICKS_PER_S = 100;
/** Fields of /proc/PID/stat after the name in parentheses, from 0: user and system time. */
const USER_TICKS = 11;
const SYSTEM_TICKS = 12;

interface Sample {
  readonly cpuMs: number;
  readonly maxRssBytes: number;
}

function readProcess(pid: number): Sample | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    const ticks = Number(fields[USER_TICKS]) + Number(fields[SYSTEM_TICKS]);
    const peakKib = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0;
    return { cpuMs: (ticks * MS_PER_S) / TICKS_PER_S, maxRssBytes: Number(peakKib) * BYTES_PER_KIB };
  } catch {
    return undefined; // It has ended, or this is no Linux.
  }
}

/** Watches a child's CPU and memory until stopped; undefined where the system does not tell. */
export class ProcessWatch {
  readonly #startedAtMs = performance.now();
  readonly #timer: NodeJS.Timeout;
  #last: Sample | undefined;

  constructor(pid: number) {
    this.#timer = setInterval(() => {
      this.#last = readProcess(pid) ?? this.#last;
    }, SAMPLE_EVERY_MS);
  }

  stop(): GeneratorUse | undefined {
    clearInterval(this.#timer);
    if (this.#last === undefined) return undefined;
    const spanMs = Math.max(1, performance.now() - this.#startedAtMs);
    const { cpuMs, maxRssBytes } = this.#last;
    return { cpuCores: cpuMs / spanMs, maxRssBytes };
  }
}
