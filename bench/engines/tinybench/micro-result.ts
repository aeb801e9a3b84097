import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { RESULT_SCHEMA_VERSION, type ResultFile } from '../../../vocabulary/result-file.ts';
import { createRunId, describeMachine, readToolVersion } from '../../run/result.ts';
import type { VersionSource } from './version-source.ts';

export interface MicroResultParts {
  readonly source: VersionSource;
  readonly blocks: ReadonlyMap<string, readonly number[]>;
  readonly startedAtUnixMs: number;
  readonly state: ResultFile['state'];
  readonly command: readonly string[];
  readonly blockMs: number;
  readonly notes: readonly string[];
}

function tinybenchVersion(): string {
  // The package exports no package.json: it lies above its entry point.
  const entry = createRequire(import.meta.url).resolve('tinybench');
  const path = entry.replace(/dist[\\/].*$/, 'package.json');
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

const DEFINITION =
  'nsPerOp is the nearest-rank median over the calls of one block, ÷ operations per call; each block is a process of its own';

/** The blocks of one version as a result file: no steps, for nothing was sent anywhere. */
export function createMicroResult(parts: MicroResultParts): ResultFile {
  const { source, startedAtUnixMs } = parts;
  return {
    kind: 'busyhour-result',
    schemaVersion: RESULT_SCHEMA_VERSION,
    tool: { name: 'busyhour', version: readToolVersion() },
    runId: createRunId(startedAtUnixMs),
    startedAtUnixMs,
    finishedAtUnixMs: Date.now(),
    state: parts.state,
    command: [...parts.command],
    seed: 0,
    scenario: { name: 'micro', cases: [...parts.blocks.keys()], blockMs: parts.blockMs },
    shape: { meanTurnsPerInteraction: 1, meanThinkTimeMs: 0, basis: 'operations in process' },
    target: {
      name: source.label,
      protocol: 'in-process',
      engine: 'unknown',
      simulated: false,
      replicas: 1,
      versions: {
        node: process.version,
        ...(source.commit === undefined ? {} : { commit: source.commit }),
      },
    },
    machine: describeMachine(),
    slos: [],
    steps: [],
    engine: 'tinybench',
    importedFrom: { tool: 'tinybench', version: tinybenchVersion(), notes: [DEFINITION, ...parts.notes] },
    micro: [...parts.blocks].map(([name, nsPerOp]) => ({ case: name, nsPerOp: [...nsPerOp] })),
    diagnostics:
      parts.state === 'partial'
        ? [{ code: 'INTERRUPTED', message: 'stopped before its end; the blocks measured so far are here' }]
        : [],
  };
}
