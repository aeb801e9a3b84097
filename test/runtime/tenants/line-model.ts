import { createRandom } from '../../../vocabulary/random.ts';

/** A gateway that is full, as a model: so many places, a bounded line, patience, and Poisson arrivals. */
export interface LineModel {
  readonly order: 'first-come' | 'newest-first';
  readonly places: number;
  readonly serviceMs: number;
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
  /** Arrivals over what the places can do. */
  readonly load: number;
  readonly durationMs: number;
  readonly seed: number;
}

export interface LineResult {
  /** Share of arrivals that were served, and by how long they had waited, sorted. */
  readonly servedRatio: number;
  readonly waitsMs: readonly number[];
}

/** Exponential times; a place that comes free takes from the line at once. Independent of the gateway's own code. */
export function simulateLine(model: LineModel): LineResult {
  const { order, places, serviceMs, maxWaiting, maxWaitMs, load, durationMs, seed } = model;
  const random = createRandom(seed);
  const draw = (meanMs: number): number => -meanMs * Math.log(1 - random.next());
  const endsMs: number[] = [];
  let line: number[] = [];
  const waitsMs: number[] = [];
  let [nowMs, arrivals] = [0, 0];
  const serve = (sinceMs: number, atMs: number): void => {
    waitsMs.push(atMs - sinceMs);
    endsMs.push(atMs + draw(serviceMs));
  };
  const freeUntil = (untilMs: number): void => {
    for (;;) {
      const endMs = Math.min(...endsMs);
      if (endMs > untilMs) return;
      endsMs.splice(endsMs.indexOf(endMs), 1);
      line = line.filter((sinceMs) => endMs - sinceMs < maxWaitMs);
      const next = order === 'first-come' ? line.shift() : line.pop();
      if (next !== undefined) serve(next, endMs);
    }
  };
  while (nowMs < durationMs) {
    nowMs += draw(serviceMs / (places * load));
    arrivals++;
    freeUntil(nowMs);
    line = line.filter((sinceMs) => nowMs - sinceMs < maxWaitMs);
    if (endsMs.length < places) serve(nowMs, nowMs);
    else if (line.length < maxWaiting) line.push(nowMs);
  }
  return { servedRatio: waitsMs.length / arrivals, waitsMs: waitsMs.sort((a, b) => a - b) };
}
