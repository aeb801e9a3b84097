import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { DestinationStream } from 'pino';
import type { Registry } from 'prom-client';
import { type Clock, systemClock } from '../../vocabulary/clock.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import { type GatewayConfig, type GatewayConfigInput, resolveGatewayConfig } from '../config.ts';
import { type DialogExtras, openDialogExtras } from '../dialog/create-dialog.ts';
import { DialogService } from '../dialog/dialog-service.ts';
import { openChain } from '../llm/open-chain.ts';
import type { Provider } from '../llm/provider.ts';
import type { FindSharedLine } from '../llm/provider-line.ts';
import { DependencyStates, storeDependencies } from '../operations/dependency-states.ts';
import { readServerTls } from '../operations/tls.ts';
import type { ContextStore } from '../store/context-store.ts';
import { createStores, type Stores } from '../store/create-stores.ts';
import type { HistoryStore } from '../store/history-store.ts';
import { createTelemetry, type Telemetry } from '../telemetry/create-telemetry.ts';
import { DialogMetrics } from '../telemetry/dialog-metrics.ts';
import { observeTurns } from '../telemetry/observe-dialog.ts';
import { observeLedger } from '../telemetry/observe-ledger.ts';
import { observeStores } from '../telemetry/observe-stores.ts';
import { createTenancy, type Tenancy } from '../tenants/create-tenancy.ts';
import type { Ledger } from '../tenants/ledger.ts';
import { MemoryLedger } from '../tenants/memory-ledger.ts';
import { refuseWork } from './admin/admin-handlers.ts';
import { createAuthenticate } from './auth.ts';
import type { GatewayContext, Peers } from './context.ts';
import { addEngineGauges } from './engine-gauges.ts';
import { beginForgetting } from './forget-deleted.ts';
import { Listeners } from './listeners.ts';
import { createGate } from './overload/create-gate.ts';
import { ProviderStates } from './provider-states.ts';
import { createServer } from './server.ts';
import { createEventLog } from './socket/create-event-log.ts';
import { GATEWAY_VERSION } from './version.ts';

/** Parts that a caller may bring instead of those that the configuration names. The gateway closes them. */
export interface GatewayDependencies {
  readonly clock?: Clock;
  readonly environment?: NodeJS.ProcessEnv;
  readonly providers?: readonly Provider[];
  readonly contexts?: ContextStore;
  readonly history?: HistoryStore;
  readonly ledger?: Ledger;
  /** Answers /metrics, for processes that are scraped as one; the gateway's own registry when absent. */
  readonly createScrape?: (registry: Registry) => () => Promise<string>;
  /** Lines before providers that other processes stand in too; none when absent. */
  readonly findShared?: FindSharedLine;
  /** The other processes behind the same port; none when absent. */
  readonly peers?: Peers;
  /** False where another process behind the same port removes what is kept too long. */
  readonly purges?: boolean;
  /** Other processes of ours listen on the same port. */
  readonly sharesPort?: boolean;
  /** Where log lines go; standard error when absent. */
  readonly logDestination?: DestinationStream;
}

/** A gateway that listens. */
export interface RunningGateway {
  readonly url: string;
  readonly port: number;
  /** New work gets 503 from here on; everything else goes on until the close. */
  refuseWork(): void;
  /** Makes a version of the scripts the one that new interactions begin with, as far as this process can run it. */
  activateScript(version: string): Promise<void>;
  /** Refuses new work, waits up to graceMs for the work in progress, aborts the rest, releases all. Idempotent. */
  close(graceMs: number): Promise<void>;
}

async function openStores(config: GatewayConfig, deps: GatewayDependencies): Promise<Stores> {
  const { clock = systemClock, environment = process.env, contexts, history } = deps;
  return unwrap(await createStores(config, { clock, environment, contexts, history }));
}

function openExtras(
  config: GatewayConfig,
  deps: GatewayDependencies,
  { history }: Stores,
  { metrics, logger }: Telemetry,
): Promise<DialogExtras> {
  return openDialogExtras(config, {
    clock: deps.clock ?? systemClock,
    environment: deps.environment ?? process.env,
    history,
    dialogObserver: new DialogMetrics(metrics.registry, (stage, spanMs) => metrics.stageEnded(stage, spanMs)),
    log: (level, details, text) => logger[level](details, text),
  });
}

/** What /ready asks besides the providers. */
function openDependencies(
  config: GatewayConfig,
  stores: Stores,
  tenancy: Tenancy,
  clock: Clock,
): DependencyStates {
  const ledger = tenancy.ledger instanceof MemoryLedger ? 'memory' : 'redis';
  const kinds = {
    history: config.history.kind,
    contexts: config.contexts.kind,
    lock: config.lock.kind,
    ledger,
  };
  const { history, contexts, lock } = stores;
  return new DependencyStates(
    storeDependencies(kinds, { history, contexts, lock, ledger: tenancy }),
    config.timeouts.connectMs,
    clock,
  );
}

const NO_PEERS: Peers = { refuseWork: () => undefined, activateScript: () => undefined };

/** Ids unique over processes: a random head made once, and a counter. */
function createIdSource(): () => string {
  const head = randomBytes(9).toString('base64url');
  let next = 0;
  return () => `${head}-${(next++).toString(36)}`;
}

function createContext(
  config: GatewayConfig,
  deps: GatewayDependencies,
  stores: Stores & DialogExtras,
  telemetry: Telemetry,
): GatewayContext {
  const clock = deps.clock ?? systemClock;
  const environment = deps.environment ?? process.env;
  const { metrics, logger } = telemetry;
  const { registry } = metrics;
  const created = createTenancy(config, { clock, environment, logger, registry, ledger: deps.ledger });
  const tenancy = observeLedger(created, { metrics, clock });
  const chain = openChain(config, {
    clock,
    environment,
    observer: telemetry.chainObserver,
    registry,
    providers: deps.providers,
    findShared: deps.findShared,
  });
  metrics.started(GATEWAY_VERSION, config.maxInFlight);
  const states = new ProviderStates(chain.providers, config.timeouts.connectMs, clock);
  const dialog = new DialogService({
    config: config.dialog,
    chain,
    ...stores,
    observer: metrics,
    clock,
    onStoreFailure: (error) => logger.error({ err: error }, 'store failure'),
    contextTokens: () => states.contextTokens ?? config.dialog.contextTokens,
  });
  addEngineGauges(metrics, states);
  const gate = createGate(config, { clock, metrics });
  return {
    config,
    clock,
    logger,
    metrics,
    telemetry,
    admission: gate.admission,
    gate,
    authenticate: createAuthenticate(() => tenancy.directory.current, clock),
    tenancy,
    history: stores.history,
    chain,
    states,
    dependencies: openDependencies(config, stores, created, clock),
    dialog: observeTurns(dialog, metrics),
    eventLog: createEventLog(config, environment, { clock, seal: stores.seal }),
    newId: createIdSource(),
    peers: deps.peers ?? NO_PEERS,
    scrape: deps.createScrape?.(registry) ?? (() => registry.metrics()),
  };
}

async function release(context: GatewayContext, stores: Stores): Promise<void> {
  context.gate.close();
  await context.eventLog.close();
  await context.chain.close();
  await context.tenancy.close();
  await context.dialog.scripts?.close();
  await stores.close();
  await context.telemetry.close();
}

/** Scheme plus the host in the form a URL takes. */
const urlOf = (scheme: string, host: string, port: number): string =>
  `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;

/**
 * Starts a gateway and probes its providers once (it starts also when they are down). Throws BusyhourError:
 * INVALID_CONFIG with every problem, PORT_IN_USE, OUTPUT_NOT_WRITABLE for a history that cannot be opened.
 */
export async function startGateway(
  config: GatewayConfigInput,
  deps: GatewayDependencies = {},
): Promise<RunningGateway> {
  const resolved = unwrap(resolveGatewayConfig(config));
  const tls = resolved.tls && unwrap(readServerTls(resolved.tls, 'the gateway'));
  const stores = await openStores(resolved, deps);
  let telemetry: Telemetry | undefined;
  let extras: DialogExtras | undefined;
  let context: GatewayContext;
  try {
    telemetry = await createTelemetry(resolved, { ...deps, serviceVersion: GATEWAY_VERSION });
    const scope = { metrics: telemetry.metrics, clock: deps.clock ?? systemClock };
    extras = await openExtras(resolved, deps, stores, telemetry);
    context = createContext(resolved, deps, { ...observeStores(stores, scope), ...extras }, telemetry);
  } catch (error) {
    await extras?.scripts?.close();
    await telemetry?.close();
    await stores.close();
    throw error;
  }
  let app: FastifyInstance | undefined;
  try {
    app = createServer(context, tls);
    const server = app;
    const listeners = new Listeners(server);
    const port = await listeners.open(resolved, deps.sharesPort === true);
    if (deps.purges !== false)
      stores.beginRetention((error) => context.logger.error({ err: error }, 'retention failure'));
    await context.states.read();
    const forgetting = beginForgetting(context);
    return {
      url: urlOf(tls === undefined ? 'http' : 'https', resolved.host, port),
      port,
      refuseWork: () => refuseWork(context, server),
      activateScript: async (version) => void (await context.dialog.scripts?.activateSoon(version)),
      close: once(async (graceMs: number) => {
        await forgetting.stop();
        await stop({ app: server, listeners, context, stores }, graceMs);
      }),
    };
  } catch (error) {
    await app?.close();
    await release(context, stores);
    throw error;
  }
}

/** Connections that never sent a request are not idle to Node, so what remains after the last bytes left is cut. */
const FLUSH_MS = 250;

interface Started {
  readonly app: FastifyInstance;
  readonly listeners: Listeners;
  readonly context: GatewayContext;
  readonly stores: Stores;
}

async function stop({ app, listeners, context, stores }: Started, graceMs: number): Promise<void> {
  context.logger.info({ inFlight: context.admission.inFlight, graceMs }, 'draining');
  app.sockets?.drain();
  await context.admission.drain(graceMs);
  await app.sockets?.close();
  await listeners.close(FLUSH_MS);
  await release(context, stores);
  context.logger.flush();
}

/** The first call decides; later ones get its promise. */
function once(work: (graceMs: number) => Promise<void>): (graceMs: number) => Promise<void> {
  let running: Promise<void> | undefined;
  return (graceMs) => {
    running ??= work(graceMs);
    return running;
  };
}
