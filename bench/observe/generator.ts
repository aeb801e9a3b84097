import {
  type EventLoopUtilization,
  monitorEventLoopDelay,
  PerformanceObserver,
  performance,
} from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';
import type { GeneratorUse } from '../../vocabulary/result-file.ts';
import { msFromUs } from '../../vocabulary/units.ts';

const DELAY_RESOLUTION_MS = 10;
const NS_PER_MS = 1_000_000;
const DELAY_PERCENTILE = 99;

/** Of this thread where it is one of several generators in a process: their sum is the process's. */
const cpuUsage = (since?: NodeJS.CpuUsage): NodeJS.CpuUsage =>
  isMainThread || process.threadCpuUsage === undefined
    ? process.cpuUsage(since)
    : process.threadCpuUsage(since);

/** Watches this process over a step's window. Waiting by spinning is taken out of the loop's utilisation, not of CPU. */
export class GeneratorWatch {
  readonly #delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  readonly #gc: PerformanceObserver;
  readonly #spunMs: () => number;
  #gcPauseTotalMs = 0;
  #startedAtMs = performance.now();
  #cpu = cpuUsage();
  #loop: EventLoopUtilization = performance.eventLoopUtilization();
  #spunAtStartMs = 0;
  #isWatching = false;

  constructor(spunMs: () => number) {
    this.#spunMs = spunMs;
    this.#gc = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) this.#gcPauseTotalMs += entry.duration;
    });
  }

  /** Begins the window. */
  start(): void {
    this.#startedAtMs = performance.now();
    this.#cpu = cpuUsage();
    this.#loop = performance.eventLoopUtilization();
    this.#spunAtStartMs = this.#spunMs();
    this.#gcPauseTotalMs = 0;
    this.#gc.observe({ entryTypes: ['gc'] });
    this.#isWatching = true;
    this.#delay.enable();
    this.#delay.reset();
  }

  /** What has been seen since the window began; the watch goes on. */
  read(): Required<GeneratorUse> {
    const spanMs = Math.max(1, performance.now() - this.#startedAtMs);
    const cpu = cpuUsage(this.#cpu);
    const loop = performance.eventLoopUtilization(this.#loop);
    const loopMs = loop.active + loop.idle;
    const busyMs = Math.max(0, loop.active - (this.#spunMs() - this.#spunAtStartMs));
    const delayNs = this.#delay.percentile(DELAY_PERCENTILE) || 0;
    return {
      cpuCores: msFromUs(cpu.user + cpu.system) / spanMs,
      eventLoopUtilisation: loopMs > 0 ? Math.min(1, busyMs / loopMs) : 0,
      // The monitor's samples contain its own timer period.
      eventLoopDelayP99Ms: Math.max(0, delayNs / NS_PER_MS - DELAY_RESOLUTION_MS),
      gcPauseTotalMs: this.#gcPauseTotalMs,
      maxRssBytes: process.memoryUsage.rss(),
    };
  }

  /** Lets go of all observers. Idempotent; a step that ends by a defect calls it too. */
  close(): void {
    if (!this.#isWatching) return;
    this.#isWatching = false;
    this.#delay.disable();
    this.#gc.disconnect();
  }

  /** Ends the window and lets go of all observers. */
  stop(): Required<GeneratorUse> {
    const use = this.read();
    this.close();
    return use;
  }
}
