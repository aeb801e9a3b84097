import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { z } from 'zod';
import { GRID_PER_MS } from './exact-sum.ts';

/**
 * When requests were sent and when they ended, from the start of a step's window, each list sorted on its own: all that
 * figures of requests in flight depend on. Instants are whole steps of the grid of exact-sum.ts; stored are the first
 * one and the differences, as zigzag variable-length integers (7 bits a byte, low first), deflated, in base64.
 */
export const inFlightChangesSchema = z.strictObject({
  encoding: z.literal('grid-deltas-base64'),
  requests: z.int().nonnegative(),
  sent: z.string(),
  ended: z.string(),
});

/** Instants as a file keeps them. */
export type InFlightChanges = z.infer<typeof inFlightChangesSchema>;

/** Instants in ms from the start of the window, ascending; those before it are negative. */
export interface InFlightInstants {
  readonly sentAtMs: Float64Array;
  readonly endedAtMs: Float64Array;
}

const LOW_BITS = 128;

function packInstants(sortedMs: Float64Array): string {
  const bytes: number[] = [];
  let before = 0;
  for (const atMs of sortedMs) {
    const at = Math.round(atMs * GRID_PER_MS);
    const difference = at - before;
    // Beyond 32 bits, so by arithmetic.
    let rest = difference < 0 ? -2 * difference - 1 : 2 * difference;
    while (rest >= LOW_BITS) {
      bytes.push((rest % LOW_BITS) + LOW_BITS);
      rest = Math.floor(rest / LOW_BITS);
    }
    bytes.push(rest);
    before = at;
  }
  return deflateRawSync(Uint8Array.from(bytes)).toString('base64');
}

function unpackInstants(packed: string, requests: number): Float64Array {
  const bytes = inflateRawSync(Buffer.from(packed, 'base64'));
  const instants = new Float64Array(requests);
  let found = 0;
  let at = 0;
  let value = 0;
  let scale = 1;
  for (const byte of bytes) {
    value += (byte % LOW_BITS) * scale;
    scale *= LOW_BITS;
    if (byte >= LOW_BITS) continue;
    at += value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    if (found < requests) instants[found] = at / GRID_PER_MS;
    found++;
    value = 0;
    scale = 1;
  }
  if (found !== requests) throw new RangeError(`expected ${requests} instants, found ${found}`);
  return instants;
}

const sorted = (instants: Iterable<number>): Float64Array => Float64Array.from(instants).sort();

/** Instants on the grid, in any order and as many sent as ended, as a file keeps them. */
export function encodeInFlight(sentAtMs: Iterable<number>, endedAtMs: Iterable<number>): InFlightChanges {
  const sent = sorted(sentAtMs);
  return {
    encoding: 'grid-deltas-base64',
    requests: sent.length,
    sent: packInstants(sent),
    ended: packInstants(sorted(endedAtMs)),
  };
}

/** Inverse of encodeInFlight. Throws where the data is not what the schema says. */
export const decodeInFlight = ({ requests, sent, ended }: InFlightChanges): InFlightInstants => ({
  sentAtMs: unpackInstants(sent, requests),
  endedAtMs: unpackInstants(ended, requests),
});
