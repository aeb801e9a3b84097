import { availableParallelism, cpus, totalmem } from 'node:os';
import { mibFromBytes } from '../vocabulary/units.ts';

/** This machine in one line, for reports and doctor. */
export function describeMachine(): string {
  const model = cpus()[0]?.model ?? 'unknown processor';
  return `${availableParallelism()} cores of ${model}, ${Math.round(mibFromBytes(totalmem()))} MiB, Node ${process.versions.node}`;
}
