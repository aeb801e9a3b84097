import type { GroundTruthOptions } from '../../bench/ground-truth/server.ts';
import { spawnGroundTruth } from '../../bench/ground-truth/spawn.ts';
import { canPin, runToEnd } from '../gateway/processes.ts';
import type { GeneratorPlan } from './plans.ts';

/** One line of progress on stderr. */
export const say = (line: string): void => void process.stderr.write(`measure driver: ${line}\n`);

/** The core of the truth server, and the one of whatever generates load: ours and its peers, one at a time. */
export const SERVER_CORE: readonly string[] = canPin ? ['taskset', '-c', '0'] : [];
export const GENERATOR_CORE: readonly string[] = canPin ? ['taskset', '-c', '1'] : [];

/** Runs `use` against a truth server of its own, on its own core. */
export async function withTruth<T>(
  options: GroundTruthOptions,
  use: (url: string) => Promise<T>,
): Promise<T> {
  const server = await spawnGroundTruth(options, SERVER_CORE);
  try {
    return await use(server.url);
  } finally {
    await server.close();
  }
}

/** Our generator, on its core, to its end. */
export const generate = <T>(plan: GeneratorPlan): Promise<T> =>
  runToEnd<T>(['measure/driver/generator.ts', JSON.stringify(plan)]);
