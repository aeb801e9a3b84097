import type {
  ColdStartAction,
  KillAction,
  OutageAction,
  ScheduledAction,
} from '../../../scenarios/actions.ts';
import type { Scenario } from '../../../scenarios/scenario.ts';
import { createFailure, type Issue, ok, type Result } from '../../../vocabulary/errors.ts';
import type { ActionRecord, ResultStep } from '../../../vocabulary/result-file.ts';
import type { ProgressListener } from '../progress.ts';
import { waitUntil } from '../wait-until.ts';
import { type ColdStart, startCold } from './cold-start.ts';
import { computeEffect } from './effect.ts';
import { FaultProxy, type FaultProxySpec } from './fault-proxy.ts';
import { isSameProcess, type OwnedPid, ownPid, signalProcess } from './own-process.ts';

/** What actions may act on: named on the command line, never found by themselves. */
export interface ActionMeans {
  readonly pids: ReadonlyMap<string, number>;
  readonly proxies: ReadonlyMap<string, FaultProxySpec>;
  /** Whether a cold start may run the command that the scenario names. */
  readonly allowCommands: boolean;
  /** How programs that a command may name by their first word are started; others are looked for in PATH. */
  readonly programs?: ReadonlyMap<string, readonly string[]>;
}

export const NO_MEANS: ActionMeans = { pids: new Map(), proxies: new Map(), allowCommands: false };

interface Prepared {
  readonly pids: Map<string, OwnedPid>;
  readonly proxies: ReadonlyMap<string, FaultProxy>;
  readonly programs: ReadonlyMap<string, readonly string[]>;
}

const issueOf = (action: ScheduledAction, i: number, expected: string, fix: string): Issue => ({
  path: `actions[${i}].target`,
  expected,
  got: action.target,
  fix,
});

/** What an action lacks, if anything. */
function lackOf(actions: readonly ScheduledAction[], i: number, means: ActionMeans): Issue | undefined {
  const action = actions[i];
  if (action === undefined) return undefined;
  const isStarted = actions.some((other) => other.kind === 'cold-start' && other.target === action.target);
  const hasPid = means.pids.has(action.target) || isStarted;
  if (action.kind === 'cold-start') {
    const fix = 'run with --allow-commands, if you trust the scenario';
    return means.allowCommands ? undefined : issueOf(action, i, 'leave to run its command', fix);
  }
  const needsPid = action.kind === 'kill' || action.how === 'stop';
  if (needsPid)
    return hasPid
      ? undefined
      : issueOf(action, i, 'a process that is named', `give --pid ${action.target}=PID`);
  const fix = `give --fault-proxy ${action.target}=PORT:HOST:PORT, and point the gateway at its port`;
  return means.proxies.has(action.target)
    ? undefined
    : issueOf(action, i, 'a fault proxy that is named', fix);
}

/** Runs the scheduled actions of one run. Its owner closes it, which puts everything back. */
export class ActionSchedule {
  readonly #scenario: Scenario;
  readonly #prepared: Prepared;
  readonly #abort = new AbortController();
  readonly #records: ActionRecord[] = [];
  readonly #started: ColdStart[] = [];
  readonly #suspended = new Set<OwnedPid>();
  #running: Promise<unknown> = Promise.resolve();

  private constructor(scenario: Scenario, prepared: Prepared) {
    this.#scenario = scenario;
    this.#prepared = prepared;
  }

  /** Checks that every action has what it acts on, and puts the proxies in place. All that is missing is listed. */
  static async prepare(scenario: Scenario, means: ActionMeans): Promise<Result<ActionSchedule>> {
    const { actions } = scenario;
    const issues = actions.flatMap((_, i) => lackOf(actions, i, means) ?? []);
    if (issues.length > 0) {
      const failure = createFailure('USAGE', 'scheduled actions lack what they act on', { issues });
      return { kind: 'failed', failure };
    }
    const pids = new Map<string, OwnedPid>();
    for (const [name, pid] of means.pids) {
      const owned = ownPid(name, pid);
      if (owned.kind === 'failed') return owned;
      pids.set(name, owned.value);
    }
    const proxies = new Map<string, FaultProxy>();
    const schedule = new ActionSchedule(scenario, { pids, proxies, programs: means.programs ?? new Map() });
    for (const [name, spec] of means.proxies) {
      const proxy = new FaultProxy(spec);
      const started = await proxy.start();
      if (started.kind === 'failed') {
        await schedule.close();
        return started;
      }
      proxies.set(name, proxy);
    }
    return ok(schedule);
  }

  /** Begins: `atMs` of the actions count from now, recorded instants from the run's start. */
  start(runStartedAtMs: number, onProgress: ProgressListener): void {
    const fromMs = performance.now();
    const one = async (action: ScheduledAction): Promise<void> => {
      await waitUntil(fromMs + action.atMs, this.#abort.signal);
      if (this.#abort.signal.aborted) return;
      const startedAtMs = performance.now() - runStartedAtMs;
      onProgress({ kind: 'action', message: `${action.kind} of ${action.target}` });
      const done = await this.#act(action);
      const endedAtMs = performance.now() - runStartedAtMs;
      const { kind, target, atMs: plannedAtMs } = action;
      this.#records.push({ kind, target, plannedAtMs, startedAtMs, endedAtMs, ...done });
      onProgress({ kind: 'action', message: `${kind} of ${target}: ${done.detail ?? done.state}` });
    };
    this.#running = Promise.all(this.#scenario.actions.map(one));
  }

  #act(
    action: ScheduledAction,
  ): Promise<Pick<ActionRecord, 'state' | 'detail' | 'readyMs' | 'firstAnswerMs'>> {
    switch (action.kind) {
      case 'outage':
        return action.how === 'stop' ? this.#suspend(action) : this.#cutOff(action, action.how);
      case 'kill':
        return this.#kill(action);
      case 'cold-start':
        return this.#coldStart(action);
    }
  }

  async #cutOff({ target, forMs }: OutageAction, way: 'refuse' | 'reset' | 'stall') {
    const proxy = this.#prepared.proxies.get(target);
    await proxy?.setWay(way);
    await waitUntil(performance.now() + forMs, this.#abort.signal);
    await proxy?.setWay('pass');
    return { state: 'done' as const, detail: `away by ${way}` };
  }

  async #suspend({ target, forMs }: OutageAction) {
    const owned = this.#prepared.pids.get(target);
    if (owned === undefined || !signalProcess(owned, 'SIGSTOP'))
      return { state: 'failed' as const, detail: 'the process does not run' };
    this.#suspended.add(owned);
    await waitUntil(performance.now() + forMs, this.#abort.signal);
    this.#resume(owned);
    return { state: 'done' as const, detail: 'suspended' };
  }

  #resume(owned: OwnedPid): void {
    if (this.#suspended.delete(owned)) signalProcess(owned, 'SIGCONT');
  }

  async #kill({ target, signal }: KillAction) {
    const owned = this.#prepared.pids.get(target);
    return owned !== undefined && signalProcess(owned, signal)
      ? { state: 'done' as const, detail: `${signal} to process ${owned.pid}` }
      : { state: 'failed' as const, detail: 'the process does not run' };
  }

  async #coldStart(action: ColdStartAction) {
    const [word = '', ...args] = action.command;
    const command = [...(this.#prepared.programs.get(word) ?? [word]), ...args];
    const started = startCold({ ...action, command }, this.#scenario, this.#abort.signal);
    this.#started.push(started);
    const owned = started.pid === undefined ? undefined : ownPid(action.target, started.pid);
    if (owned?.kind === 'ok') this.#prepared.pids.set(action.target, owned.value);
    const outcome = await started.outcome;
    if (outcome.kind === 'failed') return { state: 'failed' as const, detail: outcome.detail };
    const { readyMs, firstAnswerMs } = outcome;
    const detail = `first answer after ${Math.round(firstAnswerMs)} ms`;
    return { state: 'done' as const, detail, readyMs, firstAnswerMs };
  }

  /** What has been done so far, with what it did to goodput. */
  records(steps: readonly ResultStep[]): ActionRecord[] {
    return this.#records
      .toSorted((a, b) => a.startedAtMs - b.startedAtMs)
      .map((record) => ({ ...record, effect: computeEffect(steps, record) }));
  }

  /** Ends outages, resumes what was suspended, stops what was started, closes the proxies. Idempotent. */
  async close(): Promise<void> {
    this.#abort.abort(new Error('the run is over'));
    for (const owned of [...this.#suspended]) if (isSameProcess(owned)) this.#resume(owned);
    await this.#running;
    await Promise.all(this.#started.map((started) => started.stop()));
    await Promise.all([...this.#prepared.proxies.values()].map((proxy) => proxy.close()));
  }
}
