import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import type { ActionRecord, ResultFile, ResultTarget, TraceSummary } from '../../vocabulary/result-file.ts';
import { RESULT_SCHEMA_VERSION } from '../../vocabulary/result-file.ts';
import { diagnoseResult } from '../judge/diagnose-result.ts';
import type { RunContext } from './step-context.ts';
import type { StepsOutcome } from './steps-outcome.ts';

/** The package's own version, from sources and from the built package alike. */
export function readToolVersion(): string {
  for (const up of ['../../package.json', '../../../package.json']) {
    const url = new URL(up, import.meta.url);
    if (!existsSync(url)) continue;
    const pkg = JSON.parse(readFileSync(url, 'utf8')) as { name?: string; version?: string };
    if (pkg.name === 'busyhour') return pkg.version ?? 'unknown';
  }
  return 'unknown';
}

/** The machine that the generator ran on. */
export const describeMachine = (): ResultFile['machine'] => ({
  cpuModel: cpus()[0]?.model ?? 'unknown',
  cores: Math.max(1, cpus().length),
  memoryBytes: totalmem(),
  platform: `${process.platform} ${process.arch}`,
  node: process.version,
});

export interface ResultParts {
  readonly context: RunContext;
  readonly outcome: StepsOutcome;
  readonly target: ResultTarget;
  readonly seed: number;
  readonly startedAtUnixMs: number;
  readonly command: readonly string[];
  readonly trace?: TraceSummary;
  readonly actions?: readonly ActionRecord[];
}

const ID_BYTES = 4;

/** A name that no other run has, with the instant it began. */
export const createRunId = (startedAtUnixMs: number): string =>
  `${new Date(startedAtUnixMs).toISOString()}-${randomBytes(ID_BYTES).toString('hex')}`;

/** Puts a run's parts together and judges them. */
export function createResult(parts: ResultParts): ResultFile {
  const { context, outcome, target, seed, startedAtUnixMs } = parts;
  const result: ResultFile = {
    kind: 'busyhour-result',
    schemaVersion: RESULT_SCHEMA_VERSION,
    tool: { name: 'busyhour', version: readToolVersion() },
    runId: createRunId(startedAtUnixMs),
    startedAtUnixMs,
    finishedAtUnixMs: Date.now(),
    state: context.signal.aborted ? 'partial' : 'complete',
    command: [...parts.command],
    seed,
    scenario: { ...context.scenario, ...outcome.notes },
    shape: context.shape,
    target,
    machine: describeMachine(),
    slos: context.scenario.slos,
    steps: [...outcome.steps],
    ...(parts.trace === undefined ? {} : { trace: parts.trace }),
    ...(parts.actions === undefined ? {} : { actions: [...parts.actions] }),
    ...(context.shard === undefined ? {} : { shard: context.shard }),
    diagnostics: [],
  };
  return { ...result, diagnostics: diagnoseResult(result) };
}
