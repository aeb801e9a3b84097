/** One customer of a replay: when, and how long it is served. */
export interface ReplayedRequest {
  readonly atMs: number;
  readonly serviceMs: number;
}

/**
 * What a trace does to a queue, without any cleverness: each server knows when it is free, and each request in turn looks
 * at all of them. The oracle that estimates are held against; it shares no code with them.
 */
export function replayNaively(requests: readonly ReplayedRequest[], servers: number): number[] {
  const freeAtMs = new Array<number>(servers).fill(0);
  return requests.map(({ atMs, serviceMs }) => {
    let best = 0;
    for (let server = 1; server < servers; server++)
      if ((freeAtMs[server] ?? 0) < (freeAtMs[best] ?? 0)) best = server;
    const startMs = Math.max(atMs, freeAtMs[best] ?? 0);
    freeAtMs[best] = startMs + serviceMs;
    return startMs - atMs;
  });
}

/** Mean of the waits of a replay. */
export const meanWaitOf = (waitsMs: readonly number[]): number =>
  waitsMs.reduce((sum, wait) => sum + wait, 0) / waitsMs.length;
