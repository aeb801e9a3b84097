import { createController, type ScalingPolicy } from '../../../planner/autoscale/controllers.ts';
import type { StartLags } from '../../../planner/autoscale/fleet.ts';
import { createRandom, sampleExponential } from '../../../vocabulary/random.ts';

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
  readonly maxReady: number;
}

/** Smallest first. */
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
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if ((items[child + 1] ?? Number.POSITIVE_INFINITY) < (items[child] ?? 0)) child++;
      if ((items[child] ?? 0) >= last) break;
      items[at] = items[child] ?? 0;
      at = child;
    }
    items[at] = last;
  }
}

export function simulateNaively(input: NaiveInput, seed: number): NaiveRun {
  const { perS, spanS, policy, lags } = input;
  const random = createRandom(seed);
  const controller = createController(policy);
  const endS = perS.length * spanS;
  const perReplica = input.slotsPerReplica / input.meanServiceS;
  const finishing = new Heap();
  const queue: number[] = [];
  let head = 0;
  let readyAtS: number[] = Array<number>(input.initialReplicas).fill(-1);
  const bySecond = Array.from({ length: endS + 1 }, () => ({ arrived: 0, served: 0, possible: 0 }));
  let [turns, late, rejected, replicaSeconds, maxReady, lastArrivalS] = [0, 0, 0, 0, 0, 0];
  let ready = input.initialReplicas;
  const start = (atS: number): void => {
    while (head < queue.length && finishing.items.length < ready * input.slotsPerReplica) {
      const arrivedS = queue[head++] ?? 0;
      if (atS - arrivedS > input.lateWaitS) late++;
      finishing.push(atS + sampleExponential(random, input.meanServiceS));
    }
  };
  let nextArrivalS = sampleExponential(random, 1 / (perS[0] ?? 1));
  for (let second = 0; second < endS; second++) {
    readyAtS.sort((a, b) => a - b);
    ready = readyAtS.filter((atS) => atS <= second).length;
    if (controller !== undefined && policy.kind !== 'static' && second % policy.syncS === 0) {
      const to = second - policy.metricLagS;
      const window = bySecond.slice(Math.max(0, to - policy.metricWindowS), Math.max(0, to));
      const sum = (pick: 'arrived' | 'served' | 'possible') =>
        window.reduce((total, bucket) => total + bucket[pick], 0);
      const wanted = controller(
        {
          replicas: readyAtS.length,
          ready,
          starting: readyAtS.length - ready,
          utilisation: sum('possible') === 0 ? 0 : Math.min(1, sum('served') / sum('possible')),
          arrivedPerS: sum('arrived') / policy.metricWindowS,
          quietS: second - lastArrivalS,
        },
        second,
      );
      while (readyAtS.length < wanted) readyAtS.push(second + lags.nodeS + lags.replicaS);
      readyAtS = readyAtS.slice(0, wanted);
      ready = readyAtS.filter((atS) => atS <= second).length;
    }
    maxReady = Math.max(maxReady, ready);
    replicaSeconds += readyAtS.length;
    const bucket = bySecond[second] ?? { arrived: 0, served: 0, possible: 0 };
    bucket.possible += ready * perReplica;
    start(second);
    while (Math.min(nextArrivalS, finishing.least) < second + 1) {
      if (finishing.least < nextArrivalS) {
        const atS = finishing.least;
        finishing.pop();
        bucket.served++;
        start(atS);
        continue;
      }
      const atS = nextArrivalS;
      const rate = perS[Math.floor(atS / spanS)] ?? 0;
      nextArrivalS = rate > 0 ? atS + sampleExponential(random, 1 / rate) : endS + 1;
      turns++;
      lastArrivalS = second;
      bucket.arrived++;
      const ahead = queue.length - head;
      if (ahead >= Math.max(1, ready) * perReplica * input.maxWaitS) rejected++;
      else {
        queue.push(atS);
        start(atS);
      }
    }
  }
  return {
    turns,
    lateRatio: late / turns,
    rejectedRatio: rejected / turns,
    replicaHours: replicaSeconds / 3600,
    maxReady,
  };
}
