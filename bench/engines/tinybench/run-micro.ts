import { failed, ok, type Result } from '../../../vocabulary/errors.ts';
import type { ResultFile } from '../../../vocabulary/result-file.ts';
import { BlockProcess } from './block-process.ts';
import type { CaseReading } from './micro-case.ts';
import { createMicroResult } from './micro-result.ts';
import { describeWorkingTree, openOtherVersion, type VersionSource } from './version-source.ts';

export interface MicroProgress {
  readonly block: number;
  readonly blocks: number;
  readonly elapsedMs: number;
}

export interface MicroOptions {
  /** Absolute path of a module that exports MICRO_CASES. */
  readonly casesPath: string;
  /** Only these; all that there are where absent. */
  readonly cases?: readonly string[];
  /** A git revision or a folder with another version of the same cases. */
  readonly against?: string;
  readonly blocks: number;
  readonly blockMs: number;
  readonly warmUpMs: number;
  /** No further block begins after so long; at least two are measured. */
  readonly budgetMs?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: MicroProgress) => void;
  readonly command?: readonly string[];
}

/** A case that could not be compared, and why. */
export interface MissingCase {
  readonly case: string;
  readonly side: 'baseline' | 'candidate';
  readonly reason: string;
}

export interface MicroOutcome {
  readonly candidate: ResultFile;
  readonly baseline?: ResultFile;
  readonly missing: readonly MissingCase[];
}

/** One version while it is measured. */
interface Side {
  readonly role: MissingCase['side'];
  readonly source: VersionSource;
  readonly cases: readonly string[];
  readonly blocks: Map<string, number[]>;
  readonly missing: Map<string, string>;
}

/** Fewer would pair nothing. */
const MIN_BLOCKS = 2;
interface Plan {
  readonly options: MicroOptions;
  readonly signal: AbortSignal;
}

async function availableOf(casesPath: string, signal: AbortSignal): Promise<Result<readonly string[]>> {
  const started = await BlockProcess.start(casesPath, signal);
  if (started.kind === 'failed') return started;
  await started.value.block.close();
  return ok(started.value.available);
}

async function openSide(
  { options, signal }: Plan,
  role: Side['role'],
  source: VersionSource,
): Promise<Result<Side>> {
  const listed = await availableOf(source.casesPath, signal);
  if (listed.kind === 'failed') return listed;
  const available = listed.value;
  const wanted = options.cases ?? available;
  const cases = wanted.filter((name) => available.includes(name));
  const missing = new Map<string, string>();
  for (const name of wanted) if (!cases.includes(name)) missing.set(name, 'there is no such case');
  return ok({ role, source, cases, blocks: new Map(), missing });
}

function take(side: Side, name: string, reading: CaseReading): void {
  if (reading.kind === 'failed') {
    side.missing.set(name, reading.reason);
    return;
  }
  const blocks = side.blocks.get(name) ?? [];
  blocks.push(reading.nsPerOp);
  side.blocks.set(name, blocks);
}

/** One version in one block. */
interface Running {
  readonly side: Side;
  readonly block: BlockProcess;
}

async function startBlock(sides: readonly Side[], signal: AbortSignal): Promise<Result<Running[]>> {
  const started = await Promise.all(
    sides.map(async (side) => ({ side, start: await BlockProcess.start(side.source.casesPath, signal) })),
  );
  const running = started.flatMap(({ side, start }) =>
    start.kind === 'ok' ? [{ side, block: start.value.block }] : [],
  );
  const broken = started.find(({ start }) => start.kind === 'failed')?.start;
  if (broken?.kind !== 'failed') return ok(running);
  await closeAll(running);
  return broken;
}

const closeAll = (running: readonly Running[]): Promise<unknown> =>
  Promise.all(running.map(({ block }) => block.close()));

/** A B, B A, A B, …: case after case on both sides, so that what drifts on the machine weighs on both alike. */
const orderOf = <T>(sides: readonly T[], turn: number): readonly T[] =>
  turn % 2 === 0 ? sides : sides.toReversed();

async function measureCase(
  running: readonly Running[],
  name: string,
  plan: Plan,
): Promise<Result<undefined>> {
  const { warmUpMs, blockMs } = plan.options;
  for (const { side, block } of running) {
    if (!side.cases.includes(name) || side.missing.has(name)) continue;
    const reading = await block.measure({ case: name, warmUpMs, blockMs });
    if (reading.kind === 'failed') return reading;
    take(side, name, reading.value);
  }
  return ok(undefined);
}

async function measureBlock(sides: readonly Side[], index: number, plan: Plan): Promise<Result<undefined>> {
  const started = await startBlock(sides, plan.signal);
  if (started.kind === 'failed') return started;
  const running = started.value;
  const names = [...new Set(sides.flatMap(({ cases }) => cases))];
  try {
    for (const [i, name] of names.entries()) {
      const measured = await measureCase(orderOf(running, index + i), name, plan);
      if (measured.kind === 'failed') return measured;
    }
    return ok(undefined);
  } finally {
    await closeAll(running);
  }
}

async function measureBlocks(plan: Plan, sides: readonly Side[]): Promise<Result<undefined>> {
  const { blocks, budgetMs = Number.POSITIVE_INFINITY, onProgress } = plan.options;
  const startedAtMs = performance.now();
  for (let index = 0; index < blocks; index++) {
    if (index >= MIN_BLOCKS && performance.now() - startedAtMs > budgetMs) break;
    const measured = await measureBlock(sides, index, plan);
    // What was measured until an interruption is kept.
    if (plan.signal.aborted) return ok(undefined);
    if (measured.kind === 'failed') return measured;
    onProgress?.({ block: index + 1, blocks, elapsedMs: performance.now() - startedAtMs });
  }
  return ok(undefined);
}

/** Only blocks that both sides have can be paired: of an interrupted run the odd one goes, and so do failed cases. */
function trimToPairs(sides: readonly Side[]): void {
  for (const side of sides) {
    for (const [name, blocks] of side.blocks) {
      if (side.missing.has(name)) {
        side.blocks.delete(name);
        continue;
      }
      const counts = sides.flatMap((each) => each.blocks.get(name)?.length ?? []);
      blocks.length = Math.min(...counts);
      if (blocks.length === 0) side.blocks.delete(name);
    }
  }
}

/** Cases that one side has and the other has not, and those that failed. */
function missingOf(sides: readonly Side[]): MissingCase[] {
  const known = new Set(sides.flatMap(({ cases, missing }) => [...cases, ...missing.keys()]));
  return sides.flatMap(({ role, cases, missing }) =>
    [...known].flatMap((name) => {
      const reason = missing.get(name) ?? (cases.includes(name) ? undefined : 'there is no such case');
      return reason === undefined ? [] : [{ case: name, side: role, reason }];
    }),
  );
}

function resultOf(plan: Plan, side: Side, sides: readonly Side[], startedAtUnixMs: number): ResultFile {
  const isCompared = sides.length > 1;
  const notes = isCompared
    ? [
        `${side.role} of a comparison: its blocks ran beside those of the other side, case after case in turn (A B, B A, …), and pair by index`,
      ]
    : [];
  const gaps = missingOf(sides).map((gap) => `not compared: ${gap.case}, ${gap.side}: ${gap.reason}`);
  return createMicroResult({
    source: side.source,
    blocks: side.blocks,
    startedAtUnixMs,
    state: plan.signal.aborted ? 'partial' : 'complete',
    command: plan.options.command ?? [],
    blockMs: plan.options.blockMs,
    notes: [...notes, ...gaps],
  });
}

async function openSides(plan: Plan, sources: readonly VersionSource[]): Promise<Result<Side[]>> {
  const roles = sources.length === 1 ? (['candidate'] as const) : (['baseline', 'candidate'] as const);
  const sides: Side[] = [];
  for (const [i, source] of sources.entries()) {
    const side = await openSide(plan, roles[i] ?? 'candidate', source);
    if (side.kind === 'failed') return side;
    sides.push(side.value);
  }
  if (sides.every(({ cases }) => cases.length === 0)) {
    return failed('USAGE', `there is no case ${plan.options.cases?.join(', ') ?? 'at all'}`, {
      hint: 'busyhour micro --list names them.',
    });
  }
  return ok(sides);
}

async function measureSources(plan: Plan, sources: readonly VersionSource[]): Promise<Result<MicroOutcome>> {
  const startedAtUnixMs = Date.now();
  const opened = await openSides(plan, sources);
  if (opened.kind === 'failed') return opened;
  const sides = opened.value;
  const measured = await measureBlocks(plan, sides);
  if (measured.kind === 'failed') return measured;
  trimToPairs(sides);
  const results = new Map(
    sides.map((side) => [side.role, resultOf(plan, side, sides, startedAtUnixMs)] as const),
  );
  const candidate = results.get('candidate');
  if (candidate === undefined) throw new Error('a run without a candidate');
  const baseline = results.get('baseline');
  return ok({ candidate, missing: missingOf(sides), ...(baseline === undefined ? {} : { baseline }) });
}

/** Names of the cases of a module. */
export const listMicroCases = (casesPath: string): Promise<Result<readonly string[]>> =>
  availableOf(casesPath, new AbortController().signal);

/**
 * Times hot paths in blocks, each in a process of its own; with `against`, blocks of the two versions alternate and two
 * results come of it. What was checked out for that is removed again, also after a failure or an abort.
 */
export async function runMicro(options: MicroOptions): Promise<Result<MicroOutcome>> {
  const plan: Plan = { options, signal: options.signal ?? new AbortController().signal };
  const here = await describeWorkingTree(options.casesPath);
  if (options.against === undefined) return measureSources(plan, [here]);
  const other = await openOtherVersion(options.against, options.casesPath);
  if (other.kind === 'failed') return other;
  try {
    return await measureSources(plan, [other.value, here]);
  } finally {
    await other.value.dispose();
  }
}
