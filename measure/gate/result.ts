import { randomBytes } from 'node:crypto';
import { describeMachine } from '../../bench/run/result.ts';
import { RESULT_SCHEMA_VERSION, type ResultFile, type ResultStep } from '../../vocabulary/result-file.ts';

/** Blocks or hot paths as a result file, as `busyhour bench` would have written it. */
export function resultFrom(parts: Pick<ResultFile, 'micro'> & { readonly steps?: ResultStep[] }): ResultFile {
  const now = Date.now();
  return {
    kind: 'busyhour-result',
    schemaVersion: RESULT_SCHEMA_VERSION,
    tool: { name: 'busyhour', version: 'measure' },
    runId: randomBytes(4).toString('hex'),
    startedAtUnixMs: now,
    finishedAtUnixMs: now,
    state: 'complete',
    command: ['npm', 'run', 'measure', '--', 'gate'],
    seed: 1,
    scenario: { name: 'measure-gate' },
    shape: { meanTurnsPerInteraction: 1, meanThinkTimeMs: 0, basis: 'one request at a time' },
    target: {
      name: 'workload of the gate measurement',
      protocol: 'http',
      engine: 'unknown',
      simulated: false,
      replicas: 1,
      versions: { node: process.version },
    },
    machine: describeMachine(),
    slos: [],
    steps: parts.steps ?? [],
    ...(parts.micro === undefined ? {} : { micro: parts.micro }),
    diagnostics: [],
  };
}
