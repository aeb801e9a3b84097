/** What one worker process runs: a gateway that the primary starts, drains and scrapes through messages. */
import type { Registry } from 'prom-client';
import { failureFromUnknown } from '../../vocabulary/errors.ts';
import type { GatewayConfig } from '../config.ts';
import { type RunningGateway, startGateway } from '../gateway/start-gateway.ts';
import { RemoteLines } from './remote-lines.ts';
import type { FromWorker, Metrics, ToWorker } from './worker-messages.ts';

/** The primary answers a scrape in two seconds at most. */
const SCRAPE_TIMEOUT_MS = 5_000;

let starting: Promise<RunningGateway | undefined> | undefined;
let drainMs = 0;
let registry: Registry | undefined;
let nextScrapeId = 0;
let silentWorkers = 0;
/** Limits of vendors hold for all workers together. */
const lines = new RemoteLines(send);
const scrapes = new Map<number, (text: string) => void>();

function send(message: FromWorker): void {
  process.send?.(message, () => undefined); // A primary that is gone ends this process by itself.
}

/** Asks the primary for the metrics of all workers, because a scrape meets only one of them. */
function scrapeAll(): Promise<string> {
  const scrapeId = nextScrapeId++;
  return new Promise((resolve, reject) => {
    const fuse = setTimeout(() => {
      scrapes.delete(scrapeId);
      reject(new Error(`the primary did not answer a scrape within ${SCRAPE_TIMEOUT_MS} ms`));
    }, SCRAPE_TIMEOUT_MS);
    scrapes.set(scrapeId, (text) => {
      clearTimeout(fuse);
      scrapes.delete(scrapeId);
      resolve(text);
    });
    send({ kind: 'scrape', scrapeId });
  });
}

async function start(config: GatewayConfig, purges: boolean): Promise<RunningGateway | undefined> {
  drainMs = config.drainMs;
  try {
    const gateway = await startGateway(config, {
      // Where the kernel can, each worker listens for itself and the kernel deals out connections: a worker that dies
      // resets what it held. Elsewhere the primary accepts and hands over, and the one connection on its way to a worker
      // that dies hangs until its client gives up.
      sharesPort: true,
      createScrape: (own) => {
        registry = own;
        return scrapeAll;
      },
      peers: {
        refuseWork: () => send({ kind: 'drain-asked' }),
        activateScript: (version) => send({ kind: 'script-activated', version }),
        silentWorkers: () => silentWorkers,
      },
      purges,
      findShared: (provider) => lines.lineOf(provider),
    });
    send({ kind: 'ready', url: gateway.url });
    return gateway;
  } catch (error) {
    const { code, message, hint, issues } = failureFromUnknown(error);
    process.send?.({ kind: 'failed', failure: { code, message, hint, issues } } satisfies FromWorker, () =>
      process.exit(1),
    );
    return undefined;
  }
}

/** Idempotent: the gateway closes once, whoever asks, and the process ends when it has. */
async function drain(graceMs: number): Promise<void> {
  const gateway = await starting;
  await gateway?.close(graceMs);
  process.exit(0);
}

async function report(reportId: number): Promise<void> {
  const metrics = ((await registry?.getMetricsAsJSON()) ?? []) as Metrics;
  send({ kind: 'reported', reportId, metrics });
}

process.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'start':
      starting = start(message.config, message.purges);
      break;
    case 'drain':
      drain(message.graceMs);
      break;
    case 'refuse':
      starting?.then((gateway) => gateway?.refuseWork());
      break;
    case 'activate-script':
      starting?.then((gateway) => gateway?.activateScript(message.version));
      break;
    case 'line-entered':
    case 'line-refused':
      lines.receive(message);
      break;
    case 'beat':
      silentWorkers = message.silentWorkers;
      send({ kind: 'beaten' });
      break;
    case 'report':
      report(message.reportId);
      break;
    case 'scraped':
      scrapes.get(message.scrapeId)?.(message.text);
      break;
  }
});

// A terminal and a service manager may signal every process of the group: the worker then drains like the primary.
let isStopping = false;
const stop = (): void => {
  if (isStopping) process.exit(130);
  isStopping = true;
  drain(drainMs);
};
process.on('SIGTERM', stop).on('SIGINT', stop);

send({ kind: 'loaded' });
