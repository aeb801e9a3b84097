import type { Socket } from 'node:net';

/** Responses begun and not ended on each connection; pipelining makes them more than one. */
const openResponses = new WeakMap<Socket, number>();

export function changeOpenResponses(socket: Socket, by: number): void {
  openResponses.set(socket, openResponsesOf(socket) + by);
}

export const openResponsesOf = (socket: Socket): number => openResponses.get(socket) ?? 0;
