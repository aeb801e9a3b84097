import { Agent, request } from 'undici';
import type { ResourceUse, ResultStep } from '../../vocabulary/result-file.ts';
import { PROCESS_METRICS, SERVER_GAUGES } from '../../vocabulary/server-metrics.ts';
import { MS_PER_S, msFromS } from '../../vocabulary/units.ts';
import { GAUGE_SOURCES, STAGE_SOURCES } from './foreign-metrics.ts';
import { readProcessFiles } from './process-files.ts';
import { type MetricsPage, parseMetricsPage } from './prometheus.ts';

/** A process of the target: its Prometheus page, or what the system knows of it where it is on this machine. */
export type WatchedProcess =
  | { readonly process: string; readonly url: string }
  | { readonly process: string; readonly pid: number };

/** A page and when it was read (performance.now()). */
export interface PageSample {
  readonly atMs: number;
  readonly page: MetricsPage;
}

type ServerUse = NonNullable<ResultStep['server']>;

const difference = (name: string, first: PageSample, last: PageSample): number | undefined => {
  const to = last.page.get(name);
  return to === undefined ? undefined : Math.max(0, to - (first.page.get(name) ?? 0));
};

/** First and last page of one process, and all between. */
interface Span {
  readonly first: PageSample;
  readonly last: PageSample;
  readonly pages: readonly PageSample[];
}

const isGateway = ({ page }: PageSample): boolean => page.has(SERVER_GAUGES['gateway.inFlight']);

/**
 * The processes to believe about a metric: those that export it. A gateway repeats its engine's figures; where an
 * engine's own page is read too, the gateway's copy is left out, or each request would count twice.
 */
function sourcesOf(metric: string, spans: readonly Span[]): readonly Span[] {
  const exporting = spans.filter(({ last }) => last.page.has(metric));
  const own = exporting.filter(({ last }) => !isGateway(last));
  return own.length > 0 ? own : exporting;
}

function stagesOf(spans: readonly Span[]): ServerUse['stages'] {
  const stages: ServerUse['stages'] = {};
  for (const [stage, metric] of STAGE_SOURCES) {
    const sources = sourcesOf(`${metric}_count`, spans);
    if (sources.length === 0) continue;
    const total = (suffix: string): number =>
      sources.reduce(
        (sum, { first, last }) => sum + (difference(`${metric}_${suffix}`, first, last) ?? 0),
        0,
      );
    const before = stages[stage] ?? { count: 0, sumMs: 0 };
    stages[stage] = { count: before.count + total('count'), sumMs: before.sumMs + msFromS(total('sum')) };
  }
  return stages;
}

/** Means and maxima add up over processes; the sum of maxima is an upper bound where they were not at one instant. */
function gaugesOf(spans: readonly Span[]): ServerUse['gauges'] {
  const gauges: ServerUse['gauges'] = {};
  for (const [gauge, metric] of GAUGE_SOURCES) {
    for (const { pages } of sourcesOf(metric, spans)) {
      const values = pages.flatMap(({ page }) => page.get(metric) ?? []);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const before = gauges[gauge] ?? { samples: 0, mean: 0, max: 0 };
      gauges[gauge] = {
        samples: before.samples + values.length,
        mean: before.mean + mean,
        max: before.max + Math.max(...values),
      };
    }
  }
  return gauges;
}

function resourceUse(process: string, samples: readonly PageSample[]): ResourceUse | undefined {
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return undefined;
  const cpuS = difference(PROCESS_METRICS.cpuSeconds, first, last);
  if (cpuS === undefined) return undefined;
  const resident = samples.map(({ page }) => page.get(PROCESS_METRICS.residentBytes) ?? 0);
  const loop = samples.flatMap(({ page }) => page.get(PROCESS_METRICS.eventLoopUtilisation) ?? []);
  const loopMean = loop.reduce((sum, value) => sum + value, 0) / Math.max(1, loop.length);
  return {
    process,
    cpuCores: msFromS(cpuS) / (last.atMs - first.atMs),
    maxRssBytes: Math.round(Math.max(...resident)),
    ...(loop.length === 0 ? {} : { eventLoopUtilisation: Math.min(1, Math.max(0, loopMean)) }),
  };
}

/** What the pages of all processes say of the time between their first and last sample; undefined without pages. */
export function summariseServer(samples: ReadonlyMap<string, readonly PageSample[]>): ServerUse | undefined {
  const spans = [...samples.values()].flatMap((pages): Span[] => {
    const [first] = pages;
    const last = pages.at(-1);
    return first === undefined || last === undefined ? [] : [{ first, last, pages }];
  });
  if (spans.length === 0) return undefined;
  return {
    stages: stagesOf(spans),
    gauges: gaugesOf(spans),
    resources: [...samples].flatMap(([process, pages]) => resourceUse(process, pages) ?? []),
  };
}

const READ_TIMEOUT_MS = 1_000;

/** Reads the processes' /metrics pages at the ends of the window and each second between. Pages that fail are left out. */
export class ServerWatch {
  readonly #processes: readonly WatchedProcess[];
  readonly #agent = new Agent({ connections: 1 });
  readonly #samples = new Map<string, PageSample[]>();
  readonly #reading = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(processes: readonly WatchedProcess[]) {
    this.#processes = processes;
    for (const { process } of processes) this.#samples.set(process, []);
  }

  start(): void {
    if (this.#processes.length === 0) return;
    this.#readAll();
    this.#timer = setInterval(() => this.#readAll(), MS_PER_S);
  }

  #readAll(): void {
    for (const watched of this.#processes) {
      if ('pid' in watched) {
        const page = readProcessFiles(watched.pid);
        if (page !== undefined) this.#samples.get(watched.process)?.push({ atMs: performance.now(), page });
        continue;
      }
      const reading = this.#read(watched).finally(() => this.#reading.delete(reading));
      this.#reading.add(reading);
    }
  }

  async #read({ process, url }: Extract<WatchedProcess, { url: string }>): Promise<void> {
    try {
      const response = await request(url, {
        dispatcher: this.#agent,
        headersTimeout: READ_TIMEOUT_MS,
        bodyTimeout: READ_TIMEOUT_MS,
        signal: AbortSignal.timeout(READ_TIMEOUT_MS),
      });
      const text = await response.body.text();
      if (response.statusCode !== 200) return;
      this.#samples.get(process)?.push({ atMs: performance.now(), page: parseMetricsPage(text) });
    } catch {
      // A page that cannot be read is a missing sample, not a failed run.
    }
  }

  /** Takes the last sample; undefined when nothing is watched or nothing could be read. */
  async stop(): Promise<ServerUse | undefined> {
    clearInterval(this.#timer);
    if (this.#processes.length === 0) return undefined;
    this.#readAll();
    await Promise.all(this.#reading);
    return summariseServer(this.#samples);
  }

  /** Lets go of timer and connections. Idempotent. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#agent.destroy();
  }
}
