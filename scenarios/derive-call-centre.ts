import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Distribution } from '../vocabulary/distributions.ts';
import { nearestRank } from '../vocabulary/percentiles.ts';
import { msFromS } from '../vocabulary/units.ts';

/**
 * Derives the figures of library/call-centre.yaml from the STAR dialogs (J. Mosig, S. Mehri, T. Kober,
 * arXiv:2010.11853, MIT). Run: node scenarios/derive-call-centre.ts ../shared/data/dialogs-star/star.jsonl.gz
 */
type Message = readonly [speaker: 'user' | 'agent', text: string, atS: number];

interface Dialog {
  readonly completion: string;
  readonly turns: readonly Message[];
}

interface Utterance {
  readonly speaker: 'user' | 'agent';
  readonly words: number;
  readonly startS: number;
  readonly endS: number;
}

/** Consecutive messages of one speaker count as one utterance. */
function mergeMessages(messages: readonly Message[]): Utterance[] {
  const merged: Utterance[] = [];
  for (const [speaker, text, atS] of messages) {
    const words = text.split(/\s+/).filter((word) => word !== '').length;
    const last = merged.at(-1);
    if (last?.speaker === speaker)
      merged[merged.length - 1] = { ...last, words: last.words + words, endS: atS };
    else merged.push({ speaker, words, startS: atS, endS: atS });
  }
  return merged;
}

/** The samples behind the scenario: finished dialogs only. */
export interface DialogSamples {
  /** Customer utterances that got an answer, per dialog; dialogs without one are left out. */
  readonly turns: number[];
  /** From the agent's utterance to the customer's next one; whole seconds in the data. */
  readonly thinkTimeMs: number[];
  readonly userWords: number[];
  readonly agentWords: number[];
}

function addDialog(samples: DialogSamples, utterances: readonly Utterance[]): void {
  let turns = 0;
  utterances.forEach((utterance, i) => {
    const before = utterances[i - 1];
    if (utterance.speaker === 'agent') samples.agentWords.push(utterance.words);
    else {
      samples.userWords.push(utterance.words);
      if (before !== undefined) samples.thinkTimeMs.push(msFromS(utterance.startS - before.endS));
      if (i + 1 < utterances.length) turns++;
    }
  });
  if (turns > 0) samples.turns.push(turns);
}

/** Reads the samples from the gzipped JSON Lines file. */
export function readDialogSamples(path: string): DialogSamples {
  const samples: DialogSamples = { turns: [], thinkTimeMs: [], userWords: [], agentWords: [] };
  for (const line of gunzipSync(readFileSync(path)).toString('utf8').split('\n')) {
    if (line === '') continue;
    const dialog = JSON.parse(line) as Dialog;
    if (dialog.completion === 'Complete') addDialog(samples, mergeMessages(dialog.turns));
  }
  return samples;
}

function countsOf(samples: readonly number[]): Distribution {
  const counts = new Map<number, number>();
  for (const value of samples) counts.set(value, (counts.get(value) ?? 0) + 1);
  const values = [...counts.keys()].sort((a, b) => a - b);
  return { kind: 'histogram', values, weights: values.map((value) => counts.get(value) ?? 0) };
}

const INTERVALS = 50;

/**
 * Nearest-rank quantiles in steps of 2 %. A straight line to the maximum would overstate a long tail, so the last
 * value is the one that keeps the mean of the last interval.
 */
function quantilesOf(samples: readonly number[]): Distribution {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (i: number): number => sorted[nearestRank((100 * i) / INTERVALS, sorted.length) - 1] ?? 0;
  const values = Array.from({ length: INTERVALS }, (_, i) => at(i));
  const last = values[INTERVALS - 1] ?? 0;
  const tail = sorted.slice(nearestRank((100 * (INTERVALS - 1)) / INTERVALS, sorted.length) - 1);
  const tailMean = tail.reduce((sum, value) => sum + value, 0) / tail.length;
  return { kind: 'quantiles', values: [...values, Math.round(2 * tailMean - last)] };
}

/** The four distributions of the call-centre scenario. */
export const deriveCallCentre = (samples: DialogSamples) => ({
  turns: countsOf(samples.turns),
  thinkTimeMs: quantilesOf(samples.thinkTimeMs),
  userTokens: countsOf(samples.userWords),
  outputTokens: countsOf(samples.agentWords),
});

if (import.meta.main) {
  const path = process.argv[2] ?? '../shared/data/dialogs-star/star.jsonl.gz';
  process.stdout.write(`${JSON.stringify(deriveCallCentre(readDialogSamples(path)))}\n`);
}
