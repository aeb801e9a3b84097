import type { Scenario } from '../../scenarios/scenario.ts';
import { createRandom } from '../../vocabulary/random.ts';
import {
  RESULT_SCHEMA_VERSION,
  type ResultFile,
  type ResultStep,
  type ResultTarget,
} from '../../vocabulary/result-file.ts';
import { diagnoseResult } from '../judge/diagnose-result.ts';
import { createRunId, describeMachine, readToolVersion } from '../run/result.ts';
import { estimateMeanShape } from '../workload/interaction.ts';

export interface EngineResultParts {
  readonly engine: NonNullable<ResultFile['engine']>;
  readonly importedFrom: NonNullable<ResultFile['importedFrom']>;
  readonly scenario: Scenario;
  readonly target: ResultTarget;
  readonly steps: readonly ResultStep[];
  readonly seed: number;
  readonly startedAtUnixMs: number;
  /** Of the measurement; now where absent. */
  readonly finishedAtUnixMs?: number;
  readonly state: ResultFile['state'];
  readonly command: readonly string[];
}

/** Puts the steps that another engine measured into a result file, and judges them as any other. */
export function createEngineResult(parts: EngineResultParts): ResultFile {
  const { scenario, seed, startedAtUnixMs } = parts;
  const result: ResultFile = {
    kind: 'busyhour-result',
    schemaVersion: RESULT_SCHEMA_VERSION,
    tool: { name: 'busyhour', version: readToolVersion() },
    runId: createRunId(startedAtUnixMs),
    startedAtUnixMs,
    finishedAtUnixMs: parts.finishedAtUnixMs ?? Date.now(),
    state: parts.state,
    command: [...parts.command],
    seed,
    scenario: { ...scenario },
    shape: estimateMeanShape(scenario.workload, createRandom(seed).fork('shape')),
    target: parts.target,
    machine: describeMachine(),
    slos: scenario.slos,
    steps: [...parts.steps],
    engine: parts.engine,
    importedFrom: parts.importedFrom,
    diagnostics: [],
  };
  return { ...result, diagnostics: diagnoseResult(result) };
}
