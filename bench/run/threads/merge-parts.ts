import type { ResultStep } from '../../../vocabulary/result-file.ts';
import { mergeSteps } from '../../exchange/merge/merge-steps.ts';

const isDefined = <T>(value: T | undefined): value is T => value !== undefined;
const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/**
 * Parts of a step that was stopped have windows that end some milliseconds apart. The sum of their counts over the mean
 * of their windows is the rate of all; the longest timeline comes first, so that no second is lost.
 */
function alignWindows(parts: readonly ResultStep[]): readonly ResultStep[] {
  const windowMs = sumOf(parts.map((part) => part.windowMs)) / parts.length;
  if (parts.every((part) => part.windowMs === parts[0]?.windowMs)) return parts;
  return [...parts]
    .sort((a, b) => b.timeline.length - a.timeline.length)
    .map((part) => ({ ...part, windowMs }));
}

/** Threads share one process: its memory, and its CPU where the platform does not tell threads apart, is no sum. */
function generatorOf(merged: ResultStep, parts: readonly ResultStep[]): Pick<ResultStep, 'generator'> {
  if (merged.generator === undefined) return {};
  const seen = parts.map(({ generator }) => generator).filter(isDefined);
  const maxRssBytes = Math.max(...seen.map((use) => use.maxRssBytes));
  const ofProcess = Math.max(...seen.map((use) => use.cpuCores));
  const cpu = process.threadCpuUsage === undefined ? { cpuCores: ofProcess } : {};
  return { generator: { ...merged.generator, maxRssBytes, ...cpu } };
}

/**
 * One step from what `threads` threads measured of it, exactly, as shards of several machines merge; undefined where
 * none of them came to its window. `keepsInFlight`: the whole is a shard itself.
 */
export function mergeThreadSteps(
  told: readonly (ResultStep | undefined)[],
  threads: number,
  keepsInFlight: boolean,
): ResultStep | undefined {
  const parts = told.filter(isDefined);
  const [first, ...others] = alignWindows(parts).map((step) => ({ step, shards: 1 }));
  if (first === undefined) return undefined;
  const merged = mergeSteps([first, ...others], { count: threads, keepChanges: keepsInFlight });
  return { ...merged, ...generatorOf(merged, parts) };
}
