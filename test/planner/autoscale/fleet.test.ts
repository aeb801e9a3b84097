import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { advanceFleet, createFleet, paidNodes, scaleFleet } from '../../../planner/autoscale/fleet.ts';

const LAGS = { nodeS: 90, replicaS: 30, idleNodeS: 600 };

describe('one replica more', () => {
  test('is ready after machine, container and model, and paid for from the start', () => {
    const fleet = createFleet(2);
    scaleFleet(fleet, 3, LAGS, 0);
    expect([fleet.ready, fleet.starting, paidNodes(fleet)]).toEqual([2, 1, 3]);
    advanceFleet(fleet, 119);
    expect(fleet.ready).toBe(2);
    advanceFleet(fleet, 120);
    expect([fleet.ready, fleet.starting]).toEqual([3, 0]);
  });

  test('starts sooner on a machine that stands idle, and that one is given back after ten minutes otherwise', () => {
    const fleet = createFleet(3);
    scaleFleet(fleet, 1, LAGS, 0);
    expect([fleet.ready, paidNodes(fleet)]).toEqual([1, 3]);
    scaleFleet(fleet, 2, LAGS, 100);
    advanceFleet(fleet, 130);
    expect([fleet.ready, paidNodes(fleet)]).toEqual([2, 3]);
    advanceFleet(fleet, 600);
    expect(paidNodes(fleet)).toBe(2);
  });
});

interface Pod {
  readonly readyAtS: number;
  readonly order: number;
  readonly fresh: boolean;
}

/** Pods and machines one by one. */
class NaiveFleet {
  pods: Pod[];
  idleUntilS: number[] = [];
  made = 0;
  constructor(ready: number) {
    this.pods = Array.from({ length: ready }, () => ({ readyAtS: -1, order: 0, fresh: false }));
  }
  scale(replicas: number, nowS: number): void {
    while (this.pods.length < replicas) {
      const idle = this.idleUntilS.pop();
      const lagS = LAGS.replicaS + (idle === undefined ? LAGS.nodeS : 0);
      this.made += 1;
      this.pods.push({ readyAtS: nowS + lagS, order: this.made, fresh: idle === undefined });
    }
    while (this.pods.length > replicas) {
      const starting = this.pods.filter(({ readyAtS }) => readyAtS > nowS);
      const victims = starting.filter(({ fresh }) => fresh);
      const among = victims.length > 0 ? victims : starting.length > 0 ? starting : this.pods;
      const newest = among.reduce((best, pod) => (pod.order > best.order ? pod : best));
      this.pods.splice(this.pods.indexOf(newest), 1);
      this.idleUntilS.push(nowS + LAGS.idleNodeS);
    }
  }
  advance(nowS: number): void {
    this.idleUntilS = this.idleUntilS.filter((untilS) => untilS > nowS);
  }
  ready(nowS: number): number {
    return this.pods.filter(({ readyAtS }) => readyAtS <= nowS).length;
  }
}

test('any history, against a list of pods and machines', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 80 }), (targets) => {
      const fleet = createFleet(5);
      const naive = new NaiveFleet(5);
      targets.forEach((replicas, index) => {
        const nowS = index * 15;
        advanceFleet(fleet, nowS);
        naive.advance(nowS);
        expect(fleet.ready).toBe(naive.ready(nowS));
        scaleFleet(fleet, replicas, LAGS, nowS);
        naive.scale(replicas, nowS);
        expect(fleet.ready + fleet.starting).toBe(replicas);
        expect(paidNodes(fleet)).toBe(naive.pods.length + naive.idleUntilS.length);
      });
    }),
    { numRuns: 500, seed: 4 },
  );
});
