import { join } from 'node:path';
import { expect } from 'vitest';
import { unwrap } from '../../vocabulary/errors.ts';
import { type PlanFile, readPlanFile } from '../../vocabulary/plan-file.ts';
import { writeResultFile } from '../../vocabulary/result-file.ts';
import { llamaResult, simulatedResult } from '../planner/fixtures/result.ts';
import { runCommand } from './command.ts';

export const TIMEOUT = { timeout: 120_000 };

/** Result files of a measured and of a simulated target, as `busyhour bench` leaves them. */
export function resultsIn(folder: string): string[] {
  const files = [join(folder, 'llama.json'), join(folder, 'simulated.json')] as const;
  unwrap(writeResultFile(files[0], llamaResult()));
  unwrap(writeResultFile(files[1], simulatedResult()));
  return [...files];
}

export const plansIn = (...args: readonly string[]) => runCommand(['plan', ...args]);

export async function planInto(
  out: string,
  results: readonly string[],
  ...args: readonly string[]
): Promise<PlanFile> {
  const { exitCode, stderr } = await plansIn('-r', ...results, '--out', out, ...args);
  expect(exitCode, stderr).toBe(0);
  return unwrap(readPlanFile(join(out, 'plan.json')));
}
