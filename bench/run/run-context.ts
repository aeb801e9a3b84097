import type { Scenario } from '../../scenarios/scenario.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import { createRandom } from '../../vocabulary/random.ts';
import type { ResultFile } from '../../vocabulary/result-file.ts';
import type { Driver } from '../drive/driver.ts';
import { createDriver } from '../drive/drivers.ts';
import { createCustomerDriver } from '../workload/customers.ts';
import { estimateMeanShape } from '../workload/interaction.ts';
import type { TextMaker } from '../workload/prompt.ts';
import { readTenantKeys } from '../workload/tenants.ts';
import type { ActionMeans } from './actions/action-schedule.ts';
import type { ProgressListener } from './progress.ts';
import { RunJournal } from './run-journal.ts';
import type { Shard } from './shard.ts';
import { createSpreadDriver } from './spread-driver.ts';
import type { MetricsUrl, RunContext } from './step-context.ts';
import type { ResolvedTarget, TargetOptions } from './target.ts';

/** The other side of an `ab` plan; what is not given is as on side a. */
export interface VariantOptions {
  readonly target?: TargetOptions;
  readonly scenario?: Scenario;
  readonly metricsUrls?: readonly MetricsUrl[];
}

/** Where a run's partial result goes while it runs. */
export interface CheckpointOptions {
  /** Takes what has been measured so far; must not throw. */
  readonly write: (soFar: ResultFile) => void;
  readonly everyMs?: number;
}

export interface RunBenchOptions {
  readonly scenario: Scenario;
  readonly target: TargetOptions;
  readonly metricsUrls?: readonly MetricsUrl[];
  /** The scenario's own seed where absent. */
  readonly seed?: number;
  /** Aborting ends the run at once with a valid result of state `partial`. */
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
  /** Recorded in the result; empty where absent. */
  readonly command?: readonly string[];
  readonly shard?: Shard;
  /** Sent instead of what scenario and seed would draw: interactions by step, `step 1` and so on. */
  readonly schedule?: RunContext['schedule'];
  readonly checkpoint?: CheckpointOptions;
  readonly variantB?: VariantOptions;
  /** What the scenario's scheduled actions act on. */
  readonly means?: ActionMeans;
  /** Generator threads of this process that share every step; 1 where absent. */
  readonly threads?: number;
}

/** Tenants with keys of their own have connections of their own; a customer without patience leaves. */
function createTargetDriver(scenario: Scenario, target: TargetOptions, model: string | undefined): Driver {
  const { tenants, patienceMs } = scenario.workload;
  if (tenants === undefined && patienceMs === undefined) return createPlainDriver(scenario, target, model);
  const keys = tenants === undefined ? new Map() : unwrap(readTenantKeys(tenants, process.env));
  return createCustomerDriver({
    keys,
    createDriver: (apiKey) =>
      createPlainDriver(scenario, apiKey === undefined ? target : { ...target, apiKey }, model),
  });
}

function createPlainDriver(scenario: Scenario, target: TargetOptions, model: string | undefined): Driver {
  const [first, ...others] = [target.url, ...(target.replicaUrls ?? [])].map((url) =>
    createDriver(scenario.protocol, {
      url,
      timeouts: scenario.timeouts,
      maxConnections: scenario.maxInFlight,
      ...(target.apiKey === undefined ? {} : { apiKey: target.apiKey }),
      ...(model === undefined ? {} : { model }),
    }),
  );
  if (first === undefined) throw new Error('a target has a URL');
  return others.length === 0 ? first : createSpreadDriver([first, ...others]);
}

/** What all steps of a run share. The caller closes the context's driver. */
export function createContext(options: RunBenchOptions, resolved: ResolvedTarget, seed: number): RunContext {
  const { scenario, target, shard, schedule } = options;
  return {
    scenario,
    shape: estimateMeanShape(scenario.workload, createRandom(seed).fork('shape')),
    driver: createTargetDriver(scenario, target, resolved.model),
    random: createRandom(seed),
    metricsUrls: options.metricsUrls ?? [],
    signal: options.signal ?? new AbortController().signal,
    onProgress: options.onProgress ?? (() => {}),
    startedAtMs: performance.now(),
    journal: new RunJournal(),
    ...(shard === undefined ? {} : { shard }),
    ...(schedule === undefined ? {} : { schedule }),
  };
}

/** The context of a comparison: side a as given, side b with its own target, workload and driver. */
export function createComparison(
  a: RunContext,
  b: {
    readonly options: RunBenchOptions;
    readonly resolved: ResolvedTarget;
    readonly texts: TextMaker | undefined;
  },
  seed: number,
): RunContext {
  const { journal, startedAtMs, random } = a;
  const own = createContext(b.options, b.resolved, seed);
  const sideB = {
    ...own,
    startedAtMs,
    random,
    ...(journal === undefined ? {} : { journal }),
    ...(b.texts === undefined ? {} : { texts: b.texts }),
  };
  const close = async (): Promise<void> => {
    await Promise.all([a.driver.close(), own.driver.close()]);
  };
  const driver = { send: a.driver.send.bind(a.driver), close };
  return { ...a, driver, variants: { a, b: sideB } };
}

/** The target in one line, simulated when it is. */
export function describeTarget({ target }: ResolvedTarget): string {
  const what = target.engine === 'unknown' ? target.protocol : `${target.engine} engine`;
  const hardware = target.hardware === undefined ? '' : ` on ${target.hardware}`;
  const replicas = target.replicas === 1 ? '' : `, ${target.replicas} replicas`;
  return `target ${target.name}: ${what}${target.simulated ? ' (simulated)' : ''}${hardware}${replicas}`;
}
