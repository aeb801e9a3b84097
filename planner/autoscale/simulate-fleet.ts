import { S_PER_HOUR } from '../../vocabulary/units.ts';
import type { ArrivalSteps } from './arrivals.ts';
import { type Autoscaler, type Controller, createController, type ScalingPolicy } from './controllers.ts';
import {
  advanceFleet,
  createFleet,
  type Fleet,
  loseReplicas,
  paidNodes,
  type StartLags,
  scaleFleet,
} from './fleet.ts';
import { advanceLine, createWaitingLine, type ReplicaBehaviour, type WaitingLine } from './waiting-line.ts';

/** One hour of a run. */
export interface FleetHour {
  turns: number;
  rejected: number;
  late: number;
  /** Sum over the steps of the ready replicas; ÷ steps is their mean. */
  readySteps: number;
  minReady: number;
  maxReady: number;
}

/** What a policy made of the arrivals. */
export interface FleetRun {
  readonly hours: readonly FleetHour[];
  readonly stepsPerHour: number;
  /** Paid for, starting replicas and idle nodes included. */
  readonly replicaHours: number;
  readonly scaleUps: number;
  readonly scaleDowns: number;
  /** Longest time in one piece in which a queue stood. */
  readonly longestShortageS: number;
}

export interface FleetInput {
  readonly arrivals: ArrivalSteps;
  readonly replica: ReplicaBehaviour;
  readonly policy: ScalingPolicy;
  readonly lags: StartLags;
  /** Replicas that are ready at the start, for a policy that changes them. */
  readonly initialReplicas: number;
  /** A share of the ready replicas that is lost at an instant, rounded up. */
  readonly loss?: { readonly atS: number; readonly ratio: number };
}

/** Running sums, so that the mean over any window is one subtraction. */
interface Sums {
  readonly arrived: Float64Array;
  readonly served: Float64Array;
  /** Turns that the ready replicas could have completed. */
  readonly possible: Float64Array;
}

interface Run {
  readonly input: FleetInput;
  readonly fleet: Fleet;
  readonly line: WaitingLine;
  readonly sums: Sums;
  readonly hours: FleetHour[];
  lastArrivalStep: number;
  replicaSteps: number;
  scaleUps: number;
  scaleDowns: number;
  shortageSteps: number;
  longestShortageSteps: number;
}

const emptyHour = (): FleetHour => ({
  turns: 0,
  rejected: 0,
  late: 0,
  readySteps: 0,
  minReady: Number.POSITIVE_INFINITY,
  maxReady: 0,
});

function createRun(input: FleetInput): Run {
  const { counts, stepS } = input.arrivals;
  const steps = counts.length;
  const sums = () => new Float64Array(steps + 1);
  const replicas = input.policy.kind === 'static' ? input.policy.replicas : input.initialReplicas;
  return {
    input,
    fleet: createFleet(replicas),
    line: createWaitingLine(),
    sums: { arrived: sums(), served: sums(), possible: sums() },
    hours: Array.from({ length: Math.ceil((steps * stepS) / S_PER_HOUR) }, emptyHour),
    lastArrivalStep: 0,
    replicaSteps: 0,
    scaleUps: 0,
    scaleDowns: 0,
    shortageSteps: 0,
    longestShortageSteps: 0,
  };
}

/** Growth of a running sum over the metric's window, which ends `metricLagS` ago. */
function overWindow(sum: Float64Array, step: number, policy: Autoscaler, stepS: number): number {
  const end = Math.max(0, step - Math.round(policy.metricLagS / stepS));
  const start = Math.max(0, end - Math.round(policy.metricWindowS / stepS));
  return (sum[end] ?? 0) - (sum[start] ?? 0);
}

/**
 * Replicas of which the metric is known: those that are ready and were so when its window began. The others have no
 * whole window of their own yet, and the autoscaler takes them for starting ones.
 */
function replicasWithMetric(run: Run, policy: Autoscaler, step: number): number {
  const { stepS } = run.input.arrivals;
  const { possible } = run.sums;
  const start = step - Math.round((policy.metricLagS + policy.metricWindowS) / stepS);
  const perReplica = run.input.replica.maxTurnsPerS * stepS;
  const then = Math.round(((possible[start + 1] ?? 0) - (possible[start] ?? 0)) / perReplica);
  return Math.min(run.fleet.ready, then);
}

function sync(run: Run, policy: Autoscaler, controller: Controller, step: number): void {
  const { fleet, sums, input } = run;
  const { stepS } = input.arrivals;
  const nowS = step * stepS;
  const possible = overWindow(sums.possible, step, policy, stepS);
  const current = fleet.ready + fleet.starting;
  const ready = replicasWithMetric(run, policy, step);
  const wanted = controller(
    {
      replicas: current,
      ready,
      starting: current - ready,
      utilisation: possible === 0 ? 0 : overWindow(sums.served, step, policy, stepS) / possible,
      arrivedPerS: overWindow(sums.arrived, step, policy, stepS) / policy.metricWindowS,
      quietS: (step - run.lastArrivalStep) * stepS,
    },
    nowS,
  );
  if (wanted > current) run.scaleUps++;
  else if (wanted < current) run.scaleDowns++;
  scaleFleet(fleet, wanted, input.lags, nowS);
}

/** Replicas that become ready or are lost before the turns of a step arrive. */
function prepareStep(run: Run, step: number): void {
  const { fleet, input } = run;
  const { loss, lags } = input;
  const { stepS } = input.arrivals;
  const nowS = step * stepS;
  advanceFleet(fleet, nowS);
  if (loss !== undefined && step === Math.round(loss.atS / stepS)) {
    loseReplicas(fleet, Math.ceil(fleet.ready * loss.ratio), lags, nowS);
  }
}

function account(run: Run, step: number, arrivals: number): void {
  const { fleet, line, sums, input } = run;
  const { stepS } = input.arrivals;
  const { ready } = fleet;
  sums.arrived[step + 1] = (sums.arrived[step] ?? 0) + arrivals;
  sums.served[step + 1] = (sums.served[step] ?? 0) + line.served;
  sums.possible[step + 1] = (sums.possible[step] ?? 0) + ready * input.replica.maxTurnsPerS * stepS;
  run.replicaSteps += paidNodes(fleet);
  run.shortageSteps = line.waiting > 0 || line.rejected > 0 ? run.shortageSteps + 1 : 0;
  run.longestShortageSteps = Math.max(run.longestShortageSteps, run.shortageSteps);
  if (arrivals > 0) run.lastArrivalStep = step;
  const hour = run.hours[Math.floor((step * stepS) / S_PER_HOUR)];
  if (hour === undefined) return;
  hour.turns += arrivals;
  hour.rejected += line.rejected;
  hour.late += line.late;
  hour.readySteps += ready;
  hour.minReady = Math.min(hour.minReady, ready);
  hour.maxReady = Math.max(hour.maxReady, ready);
}

/**
 * Replicas over time under a policy, in steps of the arrivals' length: a fluid queue before replicas that come and go.
 * Deterministic: all chance is in the arrivals.
 */
export function simulateFleet(input: FleetInput): FleetRun {
  const run = createRun(input);
  const { counts, stepS } = input.arrivals;
  const { policy, replica } = input;
  const controller = createController(policy);
  const isStatic = policy.kind === 'static';
  const stepsPerSync = isStatic ? 1 : Math.max(1, Math.round(policy.syncS / stepS));
  // Before a whole window is known nothing is decided.
  const firstSync = isStatic ? 0 : Math.round((policy.metricLagS + policy.metricWindowS) / stepS);
  for (let step = 0; step < counts.length; step++) {
    if (!isStatic || input.loss !== undefined) prepareStep(run, step);
    if (!isStatic) {
      const isSync = step % stepsPerSync === 0 && step >= firstSync;
      if (controller !== undefined && isSync) sync(run, policy, controller, step);
    }
    const arrivals = counts[step] ?? 0;
    advanceLine(run.line, replica, arrivals, { ready: run.fleet.ready, stepS });
    account(run, step, arrivals);
  }
  return {
    hours: run.hours,
    stepsPerHour: S_PER_HOUR / stepS,
    replicaHours: (run.replicaSteps * stepS) / S_PER_HOUR,
    scaleUps: run.scaleUps,
    scaleDowns: run.scaleDowns,
    longestShortageS: run.longestShortageSteps * stepS,
  };
}
