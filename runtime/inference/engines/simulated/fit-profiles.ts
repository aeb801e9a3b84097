/**
 * Fits the simulated profiles to published measurements and writes them to profiles/. Minutes of one core each.
 *
 *     node runtime/inference/engines/simulated/fit-profiles.ts [--data measured.csv.gz] [--only NAME]
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { unwrap } from '../../../../vocabulary/errors.ts';
import { writeFileAtomic } from '../../../../vocabulary/files.ts';
import { DEFAULT_MAX_SEQUENCES, FAMILIES, type Family } from './families.ts';
import {
  computeFitError,
  computeHeldOutError,
  type FitParameters,
  fitParameters,
  KV_BLOCK_TOKENS,
  limitsFrom,
  REQUESTS_PER_USER,
} from './fit.ts';
import { type MeasuredPoint, readMeasuredPoints } from './measured-points.ts';
import type { FitError, Profile } from './profile.ts';

const SOURCE =
  'github.com/ai-dynamo/aiconfigurator, commit 095f58a51c4ca8e61b66ec108d86f223f8d559ce, silicon_sample.csv (Apache-2.0)';
const FIT_ROUNDS = 16;
const HELD_OUT_ROUNDS = 10;
const SIGNIFICANT_DIGITS = 4;

const rounded = (value: number): number => Number(value.toPrecision(SIGNIFICANT_DIGITS));

/** As written to the file: errors are computed from these, not from the digits lost. */
function roundParameters(p: FitParameters): FitParameters {
  const entries = Object.entries(p).map(([name, value]) => [name, rounded(value)]);
  const all = Object.fromEntries(entries) as unknown as FitParameters;
  return {
    ...all,
    maxStepTokens: limitsFrom(p).maxStepTokens,
    kvCapacityTokens: Math.round(all.kvCapacityTokens),
  };
}

const roundError = (error: FitError): FitError => ({
  points: error.points,
  timeToFirstTokenMapeRatio: rounded(error.timeToFirstTokenMapeRatio),
  timePerOutputTokenMapeRatio: rounded(error.timePerOutputTokenMapeRatio),
  requestsPerSMapeRatio: rounded(error.requestsPerSMapeRatio),
});

const rangeOf = (points: readonly MeasuredPoint[], of: (point: MeasuredPoint) => number) => ({
  min: Math.min(...points.map(of)),
  max: Math.max(...points.map(of)),
});

function notesOn(points: readonly MeasuredPoint[], p: FitParameters): string[] {
  const heaviestTokens = Math.max(...points.map((x) => x.concurrency * (x.inputTokens + x.outputTokens)));
  const notes = [
    'Points are means of closed-loop runs with fixed lengths; tails and mixed lengths are the simulator’s own.',
    `Each user of a run sends ${REQUESTS_PER_USER} requests and all start at once: an assumption that times to first token rest on.`,
    `maxSequences is vLLM’s serving default of ${DEFAULT_MAX_SEQUENCES}, not fitted.`,
  ];
  if (heaviestTokens < p.kvCapacityTokens) {
    notes.push(
      `No point fills the KV cache (the heaviest needs ${heaviestTokens} tokens), so kvCapacityTokens is a lower bound.`,
    );
  }
  return notes;
}

/** A cache that no run filled is at least as large as the heaviest run. */
function boundKvCapacity(points: readonly MeasuredPoint[], p: FitParameters): FitParameters {
  const heaviestTokens = Math.max(...points.map((x) => x.concurrency * (x.inputTokens + x.outputTokens)));
  return { ...p, kvCapacityTokens: Math.min(p.kvCapacityTokens, heaviestTokens + KV_BLOCK_TOKENS * 1024) };
}

function createProfile(family: Family, points: readonly MeasuredPoint[]): Profile {
  const p = roundParameters(boundKvCapacity(points, fitParameters(points, FIT_ROUNDS)));
  const limits = limitsFrom(p);
  return {
    name: family.name,
    model: family.model,
    device: family.device,
    gpus: family.gpus,
    contextTokens: Math.min(family.contextTokens, p.kvCapacityTokens),
    ...limits,
    maxSequences: DEFAULT_MAX_SEQUENCES,
    fit: {
      source: SOURCE,
      family: Object.entries(family.filter)
        .map(([column, value]) => `${column}=${value}`)
        .join(', '),
      method:
        'least squares of log ratios (time to first token half weight, time per output token, requests/s) of the simulated closed loop against the points, by pattern search',
      fitted: roundError(computeFitError(limits, points)),
      heldOut: roundError(computeHeldOutError(points, HELD_OUT_ROUNDS)),
      validity: {
        inputTokens: rangeOf(points, (x) => x.inputTokens),
        outputTokens: rangeOf(points, (x) => x.outputTokens),
        concurrency: rangeOf(points, (x) => x.concurrency),
      },
      notes: notesOn(points, p),
    },
  };
}

function main(): void {
  const { values } = parseArgs({
    options: {
      data: {
        type: 'string',
        default: join(import.meta.dirname, '../../../../../shared/data/measured-llm/measured.csv.gz'),
      },
      only: { type: 'string' },
    },
  });
  for (const family of FAMILIES) {
    if (values.only !== undefined && values.only !== family.name) continue;
    const profile = createProfile(family, unwrap(readMeasuredPoints(values.data, family.filter)));
    const path = join(import.meta.dirname, 'profiles', `${family.name}.json`);
    unwrap(writeFileAtomic(path, `${JSON.stringify(profile, null, 2)}\n`));
    process.stderr.write(`${path}: ${JSON.stringify(profile.fit.fitted)}\n`);
  }
}

main();
