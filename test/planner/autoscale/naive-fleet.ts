import {
  type Controller,
  createController,
  type ScalingPolicy,
} from '../../../planner/autoscale/controllers.ts';
import type { StartLags } from '../../../planner/autoscale/fleet.ts';
import { createRandom, type Random, sampleExponential } from '../../../vocabulary/random.ts';

/** Turns one by one before replicas with slots, and replicas one by one: an oracle for the fluid simulation. */
export interface NaiveInput {
  /** Turns/s in each span of `spanS`. */
  readonly perS: readonly number[];
  readonly spanS: number;
  readonly slotsPerReplica: number;
  readonly meanServiceS: number;
  readonly lateWaitS: number;
  readonly maxWaitS: number;
  readonly policy: ScalingPolicy;
  readonly lags: StartLags;
  readonly initialReplicas: number;
}

export interface NaiveRun {
  readonly turns: number;
  readonly lateRatio: number;
  readonly rejectedRatio: number;
  readonly replicaHours: number;
}

/** A binary heap, smallest first. */
class Heap {
  readonly items: number[] = [];
  get least(): number {
    return this.items[0] ?? Number.POSITIVE_INFINITY;
  }
  push(value: number): void {
    const { items } = this;
    let at = items.push(value) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((items[parent] ?? 0) <= value) break;
      items[at] = items[parent] ?? 0;
      at = parent;
    }
    items[at] = value;
  }
  pop(): void {
    const { items } = this;
    const last = items.pop();
    if (last === undefined || items.length === 0) return;
    let at = 0;
    for (let child = 1; child < items.length; child = 2 * at + 1) {
      if ((items[child + 1] ?? Number.POSITIVE_INFINITY) < (items[child] ?? 0)) child++;
      if ((items[child] ?? 0) >= last) break;
      items[at] = items[child] ?? 0;
      at = child;
    }
    items[at] = last;
  }
}

class NaiveFleet {
  readonly input: NaiveInput;
  readonly random: Random;
  readonly controller: Controller | undefined;
  readonly finishing = new Heap();
  readonly queue: number[] = [];
  head = 0;
  readyAtS: number[];
  ready: number;
  readonly bySecond: { arrived: number; served: number; possible: number }[] = [];
  turns = 0;
  late = 0;
  rejected = 0;
  replicaSeconds = 0;
  nextArrivalS: number;

  constructor(input: NaiveInput, seed: number) {
    this.input = input;
    this.random = createRandom(seed);
    this.controller = createController(input.policy);
    this.readyAtS = Array<number>(input.initialReplicas).fill(-1);
    this.ready = input.initialReplicas;
    this.nextArrivalS = sampleExponential(this.random, 1 / (input.perS[0] ?? 1));
  }

  get perReplica(): number {
    return this.input.slotsPerReplica / this.input.meanServiceS;
  }

  start(atS: number): void {
    const slots = this.ready * this.input.slotsPerReplica;
    while (this.head < this.queue.length && this.finishing.items.length < slots) {
      const arrivedS = this.queue[this.head++] ?? 0;
      if (atS - arrivedS > this.input.lateWaitS) this.late++;
      this.finishing.push(atS + sampleExponential(this.random, this.input.meanServiceS));
    }
  }

  sync(second: number): void {
    const { policy, lags } = this.input;
    if (this.controller === undefined || policy.kind === 'static' || second % policy.syncS !== 0) return;
    const to = Math.max(0, second - policy.metricLagS);
    const window = this.bySecond.slice(Math.max(0, to - policy.metricWindowS), to);
    const sum = (pick: 'arrived' | 'served' | 'possible'): number =>
      window.reduce((total, bucket) => total + bucket[pick], 0);
    // Only a replica that was ready for a whole window has a metric.
    const sinceS = second - policy.metricLagS - policy.metricWindowS;
    if (sinceS < 0) return;
    const known = this.readyAtS.filter((atS) => atS <= sinceS).length;
    const wanted = this.controller(
      {
        replicas: this.readyAtS.length,
        ready: known,
        starting: this.readyAtS.length - known,
        utilisation: sum('possible') === 0 ? 0 : Math.min(1, sum('served') / sum('possible')),
        arrivedPerS: sum('arrived') / policy.metricWindowS,
        quietS: 0,
      },
      second,
    );
    while (this.readyAtS.length < wanted) this.readyAtS.push(second + lags.nodeS + lags.replicaS);
    this.readyAtS = this.readyAtS.slice(0, wanted);
  }

  arrive(atS: number): void {
    const { perS, spanS, maxWaitS } = this.input;
    const rate = perS[Math.floor(atS / spanS)] ?? 0;
    this.nextArrivalS = rate > 0 ? atS + sampleExponential(this.random, 1 / rate) : Number.POSITIVE_INFINITY;
    this.turns++;
    const ahead = this.queue.length - this.head;
    if (ahead >= Math.max(1, this.ready) * this.perReplica * maxWaitS) {
      this.rejected++;
      return;
    }
    this.queue.push(atS);
    this.start(atS);
  }

  run(second: number): void {
    this.readyAtS.sort((a, b) => a - b);
    this.ready = this.readyAtS.filter((atS) => atS <= second).length;
    this.sync(second);
    this.ready = this.readyAtS.filter((atS) => atS <= second).length;
    this.replicaSeconds += this.readyAtS.length;
    const bucket = { arrived: 0, served: 0, possible: this.ready * this.perReplica };
    this.bySecond.push(bucket);
    this.start(second);
    while (Math.min(this.nextArrivalS, this.finishing.least) < second + 1) {
      const doneS = this.finishing.least;
      if (doneS < this.nextArrivalS) {
        this.finishing.pop();
        bucket.served++;
        this.start(doneS);
      } else {
        bucket.arrived++;
        this.arrive(this.nextArrivalS);
      }
    }
  }
}

export function simulateNaively(input: NaiveInput, seed: number): NaiveRun {
  const fleet = new NaiveFleet(input, seed);
  const seconds = input.perS.length * input.spanS;
  for (let second = 0; second < seconds; second++) fleet.run(second);
  const { turns, late, rejected, replicaSeconds } = fleet;
  return {
    turns,
    lateRatio: late / turns,
    rejectedRatio: rejected / turns,
    replicaHours: replicaSeconds / 3600,
  };
}
