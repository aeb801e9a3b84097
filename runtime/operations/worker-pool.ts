import cluster, { type Worker } from 'node:cluster';
import { Counter, Gauge, Registry } from 'prom-client';
import { systemClock } from '../../vocabulary/clock.ts';
import { BusyhourError, createFailure, type Failure } from '../../vocabulary/errors.ts';
import type { GatewayConfig } from '../config.ts';
import { LlmMetrics } from '../telemetry/llm-metrics.ts';
import { aggregateMetrics, countsOf } from './aggregate-metrics.ts';
import { isLineAsk } from './line-messages.ts';
import { SharedLines } from './shared-lines.ts';
import type { FromWorker, Metrics, ToWorker } from './worker-messages.ts';
import { BEATS_PER_HANG, createSlot, delayAfterDeath, isHung, isSilent, type Slot } from './worker-slot.ts';

/** Told of what an operator would want to know. */
export interface PoolLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface WorkerPoolOptions {
  readonly config: GatewayConfig;
  /** The file that workers run; it must speak worker-messages. */
  readonly entry: string;
  readonly logger: PoolLogger;
}

const START_TIMEOUT_MS = 60_000;
/** A worker that is too busy to report in this time is left out of the scrape rather than holding it up. */
const REPORT_TIMEOUT_MS = 2_000;
/** On top of the patience of a drain: closing stores, ending processes. */
const EXIT_MARGIN_MS = 5_000;

interface Report {
  missing: number;
  finish(): void;
}

/** Workers of one port: keeps their number, ends them together, and reads their metrics as one. */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #slots: readonly Slot[];
  readonly #reports = new Map<number, Report>();
  readonly #registry = new Registry();
  readonly #restarts = new Counter({
    name: 'busyhour_worker_restarts_total',
    help: 'Workers started again after they died',
    registers: [this.#registry],
  });
  readonly #hangs = new Counter({
    name: 'busyhour_worker_hangs_total',
    help: 'Workers killed because they no longer answered',
    registers: [this.#registry],
  });
  readonly #ready = new Gauge({
    name: 'busyhour_workers_ready',
    help: 'Worker processes that answer requests',
    registers: [this.#registry],
  });
  /** Of workers that died, as of their last report. */
  #departed: Metrics[] = [];
  #scraping: Promise<string> | undefined;
  #nextReportId = 0;
  #draining = false;
  /** Whether a drain was asked for that waits for the stop. */
  #isRefusing = false;
  /** What an administrator made active at one of the workers. */
  #activeScript: string | undefined;
  readonly #lines: SharedLines;
  #url = '';
  #heart: NodeJS.Timeout | undefined;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    const waits = new LlmMetrics(this.#registry);
    this.#lines = new SharedLines({
      config: options.config,
      clock: systemClock,
      onWaitEnd: (provider, result, waitMs) => waits.queueEnded(provider, result, waitMs),
    });
    this.#slots = Array.from({ length: options.config.workers }, (_, index) => createSlot(index));
  }

  get url(): string {
    return this.#url;
  }

  /** Resolves when every worker is ready; when one cannot start, all are ended and its failure is thrown. */
  async start(): Promise<void> {
    cluster.setupPrimary({ exec: this.#options.entry, args: [] });
    try {
      await Promise.all(this.#slots.map((slot) => this.#fork(slot)));
      this.#heart = setInterval(() => this.#beat(), this.#options.config.workerHangMs / BEATS_PER_HANG);
    } catch (error) {
      await this.drain(0);
      throw error;
    }
  }

  /** Starts a worker in the slot. Resolves when it is ready, rejects when it ends before. */
  #fork(slot: Slot): Promise<void> {
    const worker = cluster.fork();
    slot.worker = worker;
    return new Promise((resolve, reject) => {
      let failure: Failure = createFailure(
        'PROCESS_FAILED',
        `worker ${slot.index} ended before it was ready`,
      );
      const fuse = setTimeout(() => worker.process.kill('SIGKILL'), START_TIMEOUT_MS);
      worker.on('message', (message: FromWorker) => {
        if (message.kind === 'failed') failure = message.failure;
        if (message.kind === 'ready') {
          clearTimeout(fuse);
          this.#becomeReady(slot, message.url);
          resolve();
        }
        this.#receive(slot, worker, message);
      });
      // What it had said may arrive after the exit is told, and never after this.
      worker.once('disconnect', () => this.#lines.departed(worker.id));
      worker.once('exit', (code, signal) => {
        clearTimeout(fuse);
        this.#lines.departed(worker.id);
        const wasReady = slot.isReady;
        this.#exited(slot, { code, signal });
        // Of a worker that was ready the restart takes care; nobody waits for this promise any more.
        if (wasReady) resolve();
        else reject(new BusyhourError(failure));
      });
    });
  }

  #becomeReady(slot: Slot, url: string): void {
    slot.isReady = true;
    slot.hasBeenReady = true;
    slot.readyAtMs = performance.now();
    slot.missedBeats = 0;
    this.#url = url;
  }

  /** Workers that take requests and were heard lately. */
  get #answering(): Slot[] {
    return this.#slots.filter((slot) => slot.isReady && !isSilent(slot));
  }

  /** Asks every worker for a sign of life, and ends those that gave none for too long. */
  #beat(): void {
    for (const slot of this.#slots) {
      if (!slot.isReady) continue;
      slot.missedBeats += 1;
      if (isHung(slot)) this.#endHung(slot);
    }
    const silentWorkers = this.#slots.filter(isSilent).length;
    for (const { isReady, worker } of this.#slots) {
      if (isReady) this.#send(worker, { kind: 'beat', silentWorkers });
    }
  }

  /** Only this signal ends a process that is stopped or never comes round to handling one. */
  #endHung({ worker }: Slot): void {
    const { workerHangMs } = this.#options.config;
    const pid = worker?.process.pid;
    this.#hangs.inc();
    this.#options.logger.warn({ worker: pid, workerHangMs }, 'worker does not answer, killing it');
    worker?.process.kill('SIGKILL');
  }

  #receive(slot: Slot, worker: Worker, message: FromWorker): void {
    if (message.kind === 'loaded') {
      // Removing what is kept too long is the work of one: whoever has the first place.
      this.#send(worker, { kind: 'start', config: this.#options.config, purges: slot.index === 0 });
      if (this.#isRefusing) this.#send(worker, { kind: 'refuse' });
      if (this.#activeScript !== undefined)
        this.#send(worker, { kind: 'activate-script', version: this.#activeScript });
    } else if (message.kind === 'beaten') {
      slot.missedBeats = 0;
    } else if (message.kind === 'reported') {
      slot.reported = message.metrics;
      this.#collect(message.reportId);
    } else if (message.kind === 'drain-asked') {
      this.#isRefusing = true;
      this.#tellAll({ kind: 'refuse' });
    } else if (message.kind === 'script-activated') {
      this.#activeScript = message.version;
      this.#tellAll({ kind: 'activate-script', version: message.version });
    } else if (message.kind === 'scrape') {
      const { scrapeId } = message;
      this.scrape().then(
        (text) => this.#send(worker, { kind: 'scraped', scrapeId, text }),
        (error: unknown) => this.#options.logger.warn({ err: error }, 'metrics could not be put together'),
      );
    } else if (isLineAsk(message)) {
      this.#lines.receive(worker.id, message, (answer) => this.#send(worker, answer));
    }
  }

  /** Whoever asked hears it too: so all hear what several were asked in the same order. */
  #tellAll(message: ToWorker): void {
    for (const { worker } of this.#slots) this.#send(worker, message);
  }

  #send(worker: Worker | undefined, message: ToWorker): void {
    // The channel closes before the exit is told; a message to a worker that dies is lost like the worker.
    if (worker?.isConnected()) worker.send(message, () => undefined);
  }

  #exited(slot: Slot, { code, signal }: { code: number | null; signal: string | null }): void {
    const pid = slot.worker?.process.pid;
    const delayMs = delayAfterDeath(slot, performance.now());
    slot.worker = undefined;
    slot.isReady = false;
    if (slot.reported !== undefined) this.#departed.push(slot.reported);
    slot.reported = undefined;
    if (this.#draining || !slot.hasBeenReady) return;
    this.#options.logger.warn({ worker: pid, code, signal, delayMs }, 'worker died, starting another');
    slot.restart = setTimeout(() => this.#restart(slot), delayMs);
  }

  #restart(slot: Slot): void {
    this.#restarts.inc();
    this.#fork(slot).then(
      () => this.#options.logger.info({ worker: slot.worker?.process.pid }, 'worker is ready again'),
      (error: unknown) => this.#options.logger.warn({ err: error }, 'worker could not start'),
    );
  }

  /** The metrics of all workers and of the pool itself as one text; scrapes at once share one. */
  scrape(): Promise<string> {
    this.#scraping ??= this.#readMetrics().finally(() => {
      this.#scraping = undefined;
    });
    return this.#scraping;
  }

  async #readMetrics(): Promise<string> {
    await this.#report();
    this.#ready.set(this.#answering.length);
    // A worker that is too busy counts with what it said before.
    const reports = this.#slots.flatMap(({ reported }) => (reported === undefined ? [] : [reported]));
    const departed = this.#departed.splice(0);
    if (departed.length > 0) this.#departed.unshift(await countsOf(departed));
    const own = (await this.#registry.getMetricsAsJSON()) as Metrics;
    return aggregateMetrics([...reports, ...this.#departed, own]);
  }

  /** Asks every worker; resolves when all have answered or time is up. */
  #report(): Promise<void> {
    const asked = this.#answering;
    const reportId = this.#nextReportId++;
    if (asked.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(fuse);
        this.#reports.delete(reportId);
        resolve();
      };
      const fuse = setTimeout(finish, REPORT_TIMEOUT_MS);
      this.#reports.set(reportId, { missing: asked.length, finish });
      for (const { worker } of asked) this.#send(worker, { kind: 'report', reportId });
    });
  }

  #collect(reportId: number): void {
    const report = this.#reports.get(reportId);
    if (report === undefined) return;
    report.missing -= 1;
    if (report.missing === 0) report.finish();
  }

  /** Every worker refuses new work, ends its own within graceMs, and exits; what stays longer is killed. */
  async drain(graceMs: number): Promise<void> {
    this.#draining = true;
    await Promise.all(
      this.#slots.map((slot) => {
        clearTimeout(slot.restart);
        return this.#end(slot.worker, graceMs);
      }),
    );
    clearInterval(this.#heart);
  }

  #end(worker: Worker | undefined, graceMs: number): Promise<void> {
    if (worker === undefined || worker.isDead()) return Promise.resolve();
    return new Promise((resolve) => {
      const fuse = setTimeout(() => worker.process.kill('SIGKILL'), graceMs + EXIT_MARGIN_MS);
      worker.once('exit', () => {
        clearTimeout(fuse);
        resolve();
      });
      this.#send(worker, { kind: 'drain', graceMs });
    });
  }
}
