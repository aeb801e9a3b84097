import { createHash } from 'node:crypto';
import { failed, ok, type Result } from '../../../vocabulary/errors.ts';
import { RESULT_SCHEMA_VERSION, type ResultFile, type ResultStep } from '../../../vocabulary/result-file.ts';
import type { Slo } from '../../../vocabulary/slo.ts';
import { diagnoseResult } from '../../judge/diagnose-result.ts';
import { describeMachine, readToolVersion } from '../../run/result.ts';
import { buildStep } from './build-step.ts';
import type { ImportedRun } from './imported-run.ts';

export interface ImportedResultOptions {
  readonly slos?: readonly Slo[];
  readonly url?: string;
  readonly name?: string;
  readonly command?: readonly string[];
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

const ID_DIGITS = 16;

/** The same file imported twice is the same run. */
const runIdOf = (run: ImportedRun): string =>
  `${run.tool}-${createHash('sha256').update(JSON.stringify(run)).digest('hex').slice(0, ID_DIGITS)}`;

/** A result file around what another tool measured. Fails as USAGE for objectives on what it did not measure. */
export function createImportedResult(run: ImportedRun, options: ImportedResultOptions): Result<ResultFile> {
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
    runId: runIdOf(run),
    startedAtUnixMs: run.startedAtUnixMs,
    finishedAtUnixMs: Math.max(run.startedAtUnixMs, run.finishedAtUnixMs),
    state: run.state ?? 'complete',
    command: [...(options.command ?? [])],
    seed: run.seed ?? 0,
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
  return ok({ ...result, diagnostics: diagnoseResult(result) });
}
