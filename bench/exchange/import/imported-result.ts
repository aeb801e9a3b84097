import { createHash } from 'node:crypto';
import { failed, type Issue, ok, type Result } from '../../../vocabulary/errors.ts';
import { parseWith } from '../../../vocabulary/parse.ts';
import {
  RESULT_SCHEMA_VERSION,
  type ResultFile,
  type ResultStep,
  resultFileSchema,
} from '../../../vocabulary/result-file.ts';
import type { Slo } from '../../../vocabulary/slo.ts';
import { msFromS, S_PER_DAY, sFromMs } from '../../../vocabulary/units.ts';
import { diagnoseResult } from '../../judge/diagnose-result.ts';
import { describeMachine, readToolVersion } from '../../run/result.ts';
import { buildStep } from './build-step.ts';
import type { ImportedRun } from './imported-run.ts';

/** What the file does not say and whoever imports it may. */
export interface ImportedResultOptions {
  readonly slos?: readonly Slo[];
  readonly url?: string;
  readonly name?: string;
  readonly command?: readonly string[];
  /** When the file was last written: stands in for a date that it does not name. */
  readonly writtenAtUnixMs?: number;
}

const NOTE_MACHINE = 'The machine is the one that imported: the file does not say where the load came from.';

/** An objective on a metric that was withheld would be met by every request: it is refused instead. */
function withoutSamples(steps: readonly ResultStep[], slos: readonly Slo[]): string[] {
  const metrics = slos.flatMap((slo) => (slo.kind === 'latency' ? [slo.metric] : []));
  const isMissing = (metric: (typeof metrics)[number]) =>
    steps.every(({ histograms }) => histograms[metric] === undefined);
  return [...new Set(metrics.filter(isMissing))];
}

const namesOf = (steps: readonly ResultStep[]): string =>
  [...new Set(steps.flatMap(({ histograms }) => Object.keys(histograms)))].join(', ') || 'none';

function targetOf(run: ImportedRun, { url, name }: ImportedResultOptions): ResultFile['target'] {
  const { target } = run;
  const known = url ?? target.url;
  return {
    name: name ?? target.name,
    protocol: 'openai-chat',
    ...(known === undefined ? {} : { url: known }),
    engine: 'unknown',
    simulated: false,
    ...(target.model === undefined ? {} : { model: target.model }),
    replicas: 1,
    versions: {},
  };
}

/** As long as a scenario's window may be. Beyond lies a mistake of unit, and a timeline that no memory holds. */
const MAX_WINDOW_S = 14 * S_PER_DAY;

const overlongIssues = ({ steps }: ImportedRun): Issue[] =>
  steps.flatMap(({ windowMs }, i) =>
    windowMs <= msFromS(MAX_WINDOW_S)
      ? []
      : [
          {
            path: `step ${i + 1}`,
            expected: `at most ${MAX_WINDOW_S} s from its first to its last request`,
            got: `${Math.round(sFromMs(windowMs))} s`,
            fix: 'check the units of its instants',
          },
        ],
  );

const ID_DIGITS = 16;

/** The same file imported twice is the same run. */
const runIdOf = (run: ImportedRun): string =>
  `${run.tool}-${createHash('sha256').update(JSON.stringify(run)).digest('hex').slice(0, ID_DIGITS)}`;

const NOTE_UNDATED = 'The file names no date: the run is taken to have ended when the file was last written.';

/** A run without a date ends when its file was written. */
function dateRun(run: ImportedRun, { writtenAtUnixMs }: ImportedResultOptions): ImportedRun {
  if (run.isUndated !== true || writtenAtUnixMs === undefined) return run;
  const tookMs = run.finishedAtUnixMs - run.startedAtUnixMs;
  return {
    ...run,
    startedAtUnixMs: Math.max(run.startedAtUnixMs, writtenAtUnixMs - tookMs),
    finishedAtUnixMs: writtenAtUnixMs,
    notes: [...run.notes, NOTE_UNDATED],
  };
}

/**
 * A result file around what another tool measured. Fails as USAGE for objectives on what it did not measure, as
 * INVALID_IMPORT where its figures cannot be those of a run.
 */
export function createImportedResult(
  imported: ImportedRun,
  options: ImportedResultOptions,
): Result<ResultFile> {
  const run = dateRun(imported, options);
  const issues = overlongIssues(run);
  if (issues.length > 0)
    return failed('INVALID_IMPORT', `the file of ${run.tool} spans too long a time`, { issues });
  const slos = [...(options.slos ?? [])];
  const steps = run.steps.map((step) => buildStep(step, slos, run.startedAtUnixMs));
  const missing = withoutSamples(steps, slos);
  if (missing.length > 0) {
    return failed('USAGE', `--slo: ${run.tool} has no samples of ${missing.join(', ')}`, {
      hint: `Set objectives on what it has: ${namesOf(steps)}.`,
    });
  }
  const result: ResultFile = {
    kind: 'busyhour-result',
    schemaVersion: RESULT_SCHEMA_VERSION,
    tool: { name: 'busyhour', version: readToolVersion() },
    runId: runIdOf(imported),
    startedAtUnixMs: run.startedAtUnixMs,
    finishedAtUnixMs: Math.max(run.startedAtUnixMs, run.finishedAtUnixMs),
    state: run.state ?? 'complete',
    command: [...(options.command ?? [])],
    // None of these tools keeps one; reports leave it out.
    seed: 0,
    scenario: { name: `imported-${run.tool}` },
    shape: {
      meanTurnsPerInteraction: 1,
      meanThinkTimeMs: 0,
      basis: `each request of ${run.tool} is one interaction`,
    },
    target: targetOf(run, options),
    machine: describeMachine(),
    slos,
    steps,
    importedFrom: {
      tool: run.tool,
      ...(run.version === undefined ? {} : { version: run.version }),
      notes: [...run.notes, NOTE_MACHINE],
    },
    diagnostics: [],
  };
  const parsed = parseWith(resultFileSchema, result, 'INVALID_IMPORT', `what the file of ${run.tool} says`);
  return parsed.kind === 'failed' ? parsed : ok({ ...result, diagnostics: diagnoseResult(result) });
}
