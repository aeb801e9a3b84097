import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listMicroCases, type MissingCase, runMicro } from '../../bench/engines/tinybench/run-micro.ts';
import { BusyhourError, createFailure, EXIT_CODES, unwrap } from '../../vocabulary/errors.ts';
import { ensureWritableFolder } from '../../vocabulary/files.ts';
import { computePercentile, sortSamples } from '../../vocabulary/percentiles.ts';
import { type ResultFile, writeResultFile } from '../../vocabulary/result-file.ts';
import { msFromS, sFromMs } from '../../vocabulary/units.ts';
import type { Command, CommandContext, CommandResult } from '../boundary.ts';

export interface MicroCommandOptions {
  readonly case?: readonly string[];
  readonly against?: string;
  readonly blocks: number;
  readonly blockMs: number;
  readonly budgetS?: number;
  readonly cases?: string;
  readonly list?: boolean;
  readonly out: string;
  readonly json?: boolean;
}

const WARM_UP_RATIO = 0.5;
const MEDIAN_PERCENT = 50;
const NAME_WIDTH = 24;
const FIGURE_WIDTH = 16;

/** The cases that ship with the tool, beside this file in the sources and in the built package. */
const OWN_CASES = ['../micro/cases.ts', '../micro/cases.js']
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find((path) => existsSync(path)) as string;

function casesPathFrom(path: string | undefined): string {
  if (path === undefined) return OWN_CASES;
  if (existsSync(path)) return resolve(path);
  throw new BusyhourError(createFailure('INPUT_NOT_FOUND', `--cases: there is no file ${path}`));
}

/** `micro.json` and `micro.baseline.json`. */
export const baselinePathOf = (out: string): string =>
  /\.json$/.test(out) ? out.replace(/\.json$/, '.baseline.json') : `${out}.baseline`;

const medianOf = (result: ResultFile | undefined, name: string): number | undefined =>
  computePercentile(
    sortSamples(result?.micro?.find((micro) => micro.case === name)?.nsPerOp ?? []),
    MEDIAN_PERCENT,
  );

const shownNs = (ns: number | undefined): string =>
  (ns === undefined ? '-' : `${ns < 100 ? ns.toFixed(1) : Math.round(ns)} ns`).padStart(FIGURE_WIDTH);

function rowOf(name: string, baseline: ResultFile | undefined, candidate: ResultFile): string {
  const [before, after] = [medianOf(baseline, name), medianOf(candidate, name)];
  const ratio = before === undefined || after === undefined ? '' : `   × ${(after / before).toFixed(3)}`;
  const figures = baseline === undefined ? shownNs(after) : `${shownNs(before)}${shownNs(after)}${ratio}`;
  return `${name.padEnd(NAME_WIDTH)}${figures}`;
}

function sayTable(context: CommandContext, baseline: ResultFile | undefined, candidate: ResultFile): void {
  const names = [
    ...new Set([...(baseline?.micro ?? []), ...(candidate.micro ?? [])].map((micro) => micro.case)),
  ];
  const head =
    baseline === undefined
      ? 'ns per operation'.padStart(FIGURE_WIDTH)
      : `${'baseline'.padStart(FIGURE_WIDTH)}${'candidate'.padStart(FIGURE_WIDTH)}   ratio`;
  context.say(`${'median of blocks'.padEnd(NAME_WIDTH)}${head}`);
  for (const name of names) context.say(rowOf(name, baseline, candidate));
}

function sayMissing(context: CommandContext, missing: readonly MissingCase[]): void {
  for (const { case: name, side, reason } of missing)
    context.say(`not compared: ${name} (${side}: ${reason})`);
}

async function listCases(casesPath: string, context: CommandContext): Promise<CommandResult> {
  const names = unwrap(await listMicroCases(casesPath));
  for (const name of names) context.say(name);
  return { exitCode: EXIT_CODES.ok, json: names };
}

/** `busyhour micro`: times hot paths with tinybench, alone or interleaved with another version of the code. */
export const micro: Command<MicroCommandOptions> = async (options, context) => {
  const casesPath = casesPathFrom(options.cases);
  if (options.list) return listCases(casesPath, context);
  unwrap(ensureWritableFolder(dirname(options.out)));
  const outcome = unwrap(
    await runMicro({
      casesPath,
      blocks: options.blocks,
      blockMs: options.blockMs,
      warmUpMs: WARM_UP_RATIO * options.blockMs,
      signal: context.signal,
      onProgress: ({ block, blocks, elapsedMs }) =>
        context.say(`block ${block} of ${blocks} after ${sFromMs(elapsedMs).toFixed(1)} s`),
      command: ['busyhour', ...process.argv.slice(2)],
      ...(options.budgetS === undefined ? {} : { budgetMs: msFromS(options.budgetS) }),
      ...(options.case === undefined ? {} : { cases: options.case }),
      ...(options.against === undefined ? {} : { against: options.against }),
    }),
  );
  const { baseline, candidate, missing } = outcome;
  sayTable(context, baseline, candidate);
  sayMissing(context, missing);
  unwrap(writeResultFile(options.out, candidate));
  context.say(`result: ${options.out}`);
  if (baseline !== undefined) {
    const path = baselinePathOf(options.out);
    unwrap(writeResultFile(path, baseline));
    context.say(`baseline: ${path}`);
  }
  return {
    exitCode: context.signal.aborted ? EXIT_CODES.interrupted : EXIT_CODES.ok,
    json: baseline === undefined ? candidate : { baseline, candidate, missing },
  };
};
