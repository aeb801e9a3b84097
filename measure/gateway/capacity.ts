import { type BlockPlan, type MeasuredBlock, runBlock, steady } from './blocks.ts';
import type { Target } from './targets.ts';

/** Added p99 that a rate may have to count as carried. */
export const MAX_ADDED_P99_MS = 5;
const FIRST_RATE_PER_S = 1000;
const GROWTH = 1.3;
const MAX_RATE_PER_S = 9000;
const REFINEMENTS = 3;
const WINDOW_MS = 4000;
/** A block that another tenant of the machine disturbed is not the gateway's: a rate counts when one of so many passes. */
const TRIES = 2;
/** Direct p99 above this is the generator's own lag: nothing can be said at such a rate. */
const MAX_DIRECT_P99_MS = 80;

export interface Capacity {
  /** Highest rate tried with added p99 under the limit and no failure. */
  readonly requestsPerS: number;
  readonly addedP99Ms: number;
  readonly cpuMsPerRequest: number;
  readonly limitedBy: 'target' | 'generator';
}

interface Trial {
  readonly ratePerS: number;
  readonly verdict: 'carried' | 'not-carried' | 'generator-lags';
  readonly addedP99Ms: number;
  readonly block: MeasuredBlock;
}

/** Direct readings by rate and attempt: every target is held against the same ones. */
const directBlocks = new Map<string, Promise<MeasuredBlock>>();

function runDirect(direct: Target, plan: BlockPlan, key: string): Promise<MeasuredBlock> {
  const known = directBlocks.get(key) ?? runBlock(direct, plan);
  directBlocks.set(key, known);
  return known;
}

async function tryRate(target: Target, direct: Target, ratePerS: number): Promise<Trial> {
  let last: Trial | undefined;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const plan = steady(Math.round(ratePerS), WINDOW_MS, Math.round(ratePerS) + attempt);
    const bare = await runDirect(direct, plan, `${Math.round(ratePerS)} ${attempt}`);
    const block = await runBlock(target, plan);
    const addedP99Ms = block.p99Ms - bare.p99Ms;
    const isCarried = block.failed === 0 && addedP99Ms < MAX_ADDED_P99_MS;
    const lags = bare.p99Ms > MAX_DIRECT_P99_MS;
    last = {
      ratePerS: Math.round(ratePerS),
      verdict: lags ? 'generator-lags' : isCarried ? 'carried' : 'not-carried',
      addedP99Ms,
      block,
    };
    if (last.verdict === 'carried') return last;
  }
  if (last === undefined) throw new Error('no trial was run');
  return last;
}

interface Bracket {
  readonly best: Trial | undefined;
  readonly refused: Trial | undefined;
}

type Run = (ratePerS: number) => Promise<Trial>;

const narrowed = (bracket: Bracket, trial: Trial): Bracket =>
  trial.verdict === 'carried' ? { ...bracket, best: trial } : { ...bracket, refused: trial };

async function raise(run: Run): Promise<Bracket> {
  let bracket: Bracket = { best: undefined, refused: undefined };
  for (let rate = FIRST_RATE_PER_S; rate <= MAX_RATE_PER_S && bracket.refused === undefined; rate *= GROWTH) {
    bracket = narrowed(bracket, await run(rate));
  }
  return bracket;
}

async function bisect(run: Run, found: Bracket): Promise<Bracket> {
  let bracket = found;
  for (let step = 0; step < REFINEMENTS && bracket.refused !== undefined; step++) {
    bracket = narrowed(bracket, await run(((bracket.best?.ratePerS ?? 0) + bracket.refused.ratePerS) / 2));
  }
  return bracket;
}

/** Raises the rate until the added p99 passes the limit, then narrows the bracket by bisection. */
export async function measureCapacity(target: Target, direct: Target): Promise<Capacity> {
  const run: Run = async (ratePerS) => {
    const trial = await tryRate(target, direct, ratePerS);
    const added = trial.addedP99Ms.toFixed(1);
    process.stderr.write(`  ${trial.ratePerS}/s: added p99 ${added} ms, ${trial.verdict}\n`);
    return trial;
  };
  const { best, refused } = await bisect(run, await raise(run));
  return {
    requestsPerS: best?.ratePerS ?? 0,
    addedP99Ms: best?.addedP99Ms ?? Number.NaN,
    cpuMsPerRequest: best?.block.cpuMsPerRequest ?? Number.NaN,
    limitedBy: refused === undefined || refused.verdict === 'generator-lags' ? 'generator' : 'target',
  };
}

/** Goodput below this share of what is offered means that the knee is passed. */
const KNEE_RATIO = 0.95;
const MAX_OFFERED_PER_S = 8000;

/** The most that is completed within the objective per second: the load grows until goodput no longer follows it. */
export async function measureSaturation(target: Target, fromPerS: number): Promise<number> {
  let peakPerS = 0;
  for (
    let offeredPerS = Math.max(fromPerS, FIRST_RATE_PER_S);
    offeredPerS <= MAX_OFFERED_PER_S;
    offeredPerS *= GROWTH
  ) {
    const goodputPerS = await goodputAt(target, offeredPerS);
    peakPerS = Math.max(peakPerS, goodputPerS);
    if (goodputPerS < KNEE_RATIO * offeredPerS) break;
  }
  return peakPerS;
}

/** The better of two blocks where the first falls short: one stall of the machine is no knee. */
async function goodputAt(target: Target, offeredPerS: number): Promise<number> {
  let bestPerS = 0;
  for (let attempt = 0; attempt < TRIES && bestPerS < KNEE_RATIO * offeredPerS; attempt++) {
    const block = await runBlock(target, steady(Math.round(offeredPerS), WINDOW_MS, 1 + attempt));
    const goodputPerS = block.goodPerSlice.reduce((sum, good) => sum + good, 0) / block.windowS;
    process.stderr.write(`  ${offeredPerS.toFixed(0)}/s offered: goodput ${goodputPerS.toFixed(0)}/s\n`);
    bestPerS = Math.max(bestPerS, goodputPerS);
  }
  return bestPerS;
}
