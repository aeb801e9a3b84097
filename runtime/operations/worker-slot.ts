import type { Worker } from 'node:cluster';
import type { Metrics } from './worker-messages.ts';

/** One place in the pool; after a death another worker takes it. */
export interface Slot {
  readonly index: number;
  worker: Worker | undefined;
  isReady: boolean;
  /** Whether a worker in this place ever was; until then a death is a failed start of the whole. */
  hasBeenReady: boolean;
  /** When its worker began to answer. */
  readyAtMs: number;
  /** Deaths in a row without a healthy life between them. */
  shortLives: number;
  /** Beats since its worker answered one. */
  missedBeats: number;
  restart: NodeJS.Timeout | undefined;
  /** What its worker reported last. */
  reported: Metrics | undefined;
}

export const createSlot = (index: number): Slot => ({
  index,
  worker: undefined,
  isReady: false,
  hasBeenReady: false,
  readyAtMs: 0,
  shortLives: 0,
  missedBeats: 0,
  restart: undefined,
  reported: undefined,
});

const FIRST_RESTART_DELAY_MS = 100;
const MAX_RESTART_DELAY_MS = 10_000;
/** A worker that answered this long did not die of how it starts. */
const HEALTHY_AFTER_MS = 30_000;

/** The wait before another worker takes the place: doubled with each death that no healthy life came before. */
export const restartDelayMs = (shortLives: number): number =>
  Math.min(FIRST_RESTART_DELAY_MS * 2 ** (shortLives - 1), MAX_RESTART_DELAY_MS);

/** Notes a death and says how long to wait. A worker that hung before it was ready lived long and was never healthy. */
export function delayAfterDeath(slot: Slot, nowMs: number): number {
  const wasHealthy = slot.isReady && nowMs - slot.readyAtMs >= HEALTHY_AFTER_MS;
  slot.shortLives = wasHealthy ? 1 : slot.shortLives + 1;
  return restartDelayMs(slot.shortLives);
}

/** A worker is asked this often within the time that it may be silent. */
export const BEATS_PER_HANG = 4;
/** After so many beats without an answer it counts as silent. */
const SILENT_AFTER_BEATS = 2;

/** It has a share of the port, and what is dealt to it waits. */
export const isSilent = (slot: Slot): boolean => slot.isReady && slot.missedBeats > SILENT_AFTER_BEATS;

/**
 * It will not come back by itself. Beats are counted and not time, so that a primary that was itself suspended gives its
 * workers the time to answer.
 */
export const isHung = (slot: Slot): boolean => slot.isReady && slot.missedBeats > BEATS_PER_HANG;
