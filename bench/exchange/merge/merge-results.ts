import { createHash } from 'node:crypto';
import { createDiagnostic, type Diagnostic, sortDiagnostics } from '../../../vocabulary/diagnostics.ts';
import { failed, ok, type Result } from '../../../vocabulary/errors.ts';
import type { ResultFile } from '../../../vocabulary/result-file.ts';
import { diagnoseResult } from '../../judge/diagnose-result.ts';
import { computeEffect } from '../../run/actions/effect.ts';
import {
  type CheckOptions,
  checkShards,
  isStopped,
  missingShards,
  type Shard,
  type ShardFile,
} from './check-shards.ts';
import { mergeSteps, type StepPart } from './merge-steps.ts';

interface MergedSteps {
  readonly steps: ResultFile['steps'];
  /** Names of steps that not every shard has over the same window. */
  readonly leftOut: readonly string[];
}

/** Options of `bench` that say where and when a shard ran, each with one value: not part of what to repeat. */
const SHARD_OPTIONS = new Set(['--shard', '--start-at', '--out']);

/** The command of a shard without what made it one: it repeats the whole. */
export function commandOfWhole(command: readonly string[]): string[] {
  return command.filter((word, i) => {
    const isOption = SHARD_OPTIONS.has(word.split('=')[0] ?? '');
    return !isOption && !SHARD_OPTIONS.has(command[i - 1] ?? '');
  });
}

const spanOf = ({ step }: StepPart): string =>
  JSON.stringify([step.windowMs, step.warmUpMs, step.timeline.length, step.load.kind]);

function mergeAllSteps(shards: readonly Shard[], keepChanges: boolean): MergedSteps {
  const names = [...new Set(shards.flatMap(({ result }) => result.steps.map(({ name }) => name)))];
  const count = shards[0]?.count ?? 1;
  const steps: ResultFile['steps'] = [];
  const leftOut: string[] = [];
  for (const name of names) {
    const [first, ...others] = shards.flatMap(({ result, parts }) => {
      const step = result.steps.find((each) => each.name === name);
      return step === undefined ? [] : [{ step, shards: parts.length }];
    });
    const isWhole = others.length + 1 === shards.length;
    if (first === undefined || !isWhole || others.some((part) => spanOf(part) !== spanOf(first)))
      leftOut.push(name);
    else steps.push(mergeSteps([first, ...others], { count, keepChanges }));
  }
  return { steps, leftOut };
}

/** Every shard carries the actions out or watches them; what they did is read from the timeline of all of them. */
function mergeActions({ actions }: ResultFile, steps: ResultFile['steps']): Pick<ResultFile, 'actions'> {
  if (actions === undefined) return {};
  return {
    actions: actions.map((action) =>
      action.effect === undefined ? action : { ...action, effect: computeEffect(steps, action) },
    ),
  };
}

/** Shards whose clocks or steps drifted apart by more offered their loads at different times. */
const MAX_SKEW_MS = 100;

function diagnoseSkew(shards: readonly Shard[], steps: ResultFile['steps']): Diagnostic[] {
  return steps.flatMap(({ name }) => {
    const startsMs = shards.flatMap(({ result }) => {
      const step = result.steps.find((each) => each.name === name);
      return step === undefined ? [] : [result.startedAtUnixMs + step.startedAtMs];
    });
    const skewMs = Math.max(...startsMs) - Math.min(...startsMs);
    if (skewMs <= MAX_SKEW_MS) return [];
    const message = `by their own clocks the shards began up to ${Math.round(skewMs)} ms apart`;
    return [createDiagnostic('SHARDS_NOT_ALIGNED', message, name)];
  });
}

function diagnoseParts(shards: readonly Shard[], leftOut: readonly string[]): Diagnostic[] {
  const missing = missingShards(shards);
  const stopped = shards.filter(isStopped);
  const reasons = [
    ...(missing.length === 0 ? [] : [`without shard ${missing.join(', ')} of ${shards[0]?.count}`]),
    ...(stopped.length === 0 ? [] : [`${stopped.map(({ path }) => path).join(', ')} partial`]),
    ...(leftOut.length === 0 ? [] : [`left out, as their windows differ: ${leftOut.join(', ')}`]),
  ];
  if (reasons.length === 0) return [];
  return [
    createDiagnostic(
      'SHARDS_INCOMPLETE',
      `${reasons.join('; ')}: less was offered than the scenario asks for`,
    ),
  ];
}

const ID_DIGITS = 16;

/** A name of its own, the same for the same shards. */
const runIdOf = (runIds: readonly string[]): string =>
  `merged-${createHash('sha256').update(runIds.join('\n')).digest('hex').slice(0, ID_DIGITS)}`;

function assemble(shards: readonly [Shard, ...Shard[]], merged: MergedSteps): ResultFile {
  const [first] = shards;
  const { shard: _shard, mergedShards: _merged, ...rest } = first.result;
  const isPartial = missingShards(shards).length > 0 || shards.some(isStopped);
  const parts = shards.flatMap((shard) => [...shard.parts]).sort((a, b) => a.index - b.index);
  return {
    ...rest,
    runId: runIdOf(parts.map(({ runId }) => runId)),
    startedAtUnixMs: Math.min(...shards.map(({ result }) => result.startedAtUnixMs)),
    finishedAtUnixMs: Math.max(...shards.map(({ result }) => result.finishedAtUnixMs)),
    state: isPartial ? 'partial' : 'complete',
    command: commandOfWhole(first.result.command),
    steps: merged.steps,
    ...mergeActions(first.result, merged.steps),
    mergedShards: { count: first.count, startAtUnixMs: first.startAtUnixMs, parts },
    diagnostics: [],
  };
}

/**
 * One result from the shards of one run: what one generator would have written that sent the whole schedule and saw the
 * same answers. Fails as SHARDS_DO_NOT_MERGE with every reason why files are no shards of one run.
 */
export function mergeShards(files: readonly ShardFile[], options: CheckOptions): Result<ResultFile> {
  const checked = checkShards(files, options);
  if (checked.kind === 'failed') return checked;
  const [first, ...others] = checked.value;
  if (first === undefined) return failed('SHARDS_DO_NOT_MERGE', 'there is nothing to merge');
  const shards = [first, ...others] as const;
  const merged = mergeAllSteps(shards, missingShards(shards).length > 0);
  if (merged.leftOut.length > 0 && !options.allowPartial) {
    const issues = merged.leftOut.map((name) => ({
      path: `steps ${name}`,
      expected: 'the same window and warm-up in every shard',
      got: 'another one, or no such step',
      fix: 'run the shards again, or leave such steps out with --allow-partial',
    }));
    return failed('SHARDS_DO_NOT_MERGE', 'the shards do not have the same steps', { issues });
  }
  const result = assemble(shards, merged);
  const diagnostics = sortDiagnostics([
    ...diagnoseParts(shards, merged.leftOut),
    ...diagnoseSkew(shards, merged.steps),
    ...diagnoseResult(result),
  ]);
  return ok({ ...result, diagnostics });
}
