import { scanned, stemOf, wordsOf } from './tokens.ts';

/** What an intent is recognised by. */
export interface IntentSource {
  readonly name: string;
  readonly examples: readonly string[];
  /** Compiled once. A match is strong evidence by itself. */
  readonly patterns: readonly RegExp[];
}

/** An intent and how sure it is, 0…1. */
export interface IntentScore {
  readonly intent: string;
  readonly confidence: number;
}

export interface IntentClassifier {
  /** The best intent; undefined when nothing in the message was ever seen. */
  classify(text: string): IntentScore | undefined;
}

/** What a pattern alone is worth; the wording adds the rest. */
const PATTERN_CONFIDENCE = 0.75;

/** Words and pairs of neighbours, stemmed. */
export function featuresOf(text: string): string[] {
  const words = wordsOf(text).map(stemOf);
  const features = words.slice();
  for (let i = 1; i < words.length; i++) features.push(`${words[i - 1]} ${words[i]}`);
  return features;
}

function countsOf(features: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const feature of features) counts.set(feature, (counts.get(feature) ?? 0) + 1);
  return counts;
}

/** Sublinear term frequency × smoothed inverse document frequency. */
const weightOf = (count: number, idf: number): number => (1 + Math.log(count)) * idf;

interface Posting {
  readonly document: number;
  readonly weight: number;
}

interface Index {
  readonly idf: ReadonlyMap<string, number>;
  readonly postings: ReadonlyMap<string, readonly Posting[]>;
}

function indexOf(documents: readonly ReadonlyMap<string, number>[]): Index {
  const frequency = new Map<string, number>();
  for (const counts of documents) {
    for (const feature of counts.keys()) frequency.set(feature, (frequency.get(feature) ?? 0) + 1);
  }
  const idf = new Map<string, number>();
  for (const [feature, inDocuments] of frequency) {
    idf.set(feature, 1 + Math.log((1 + documents.length) / (1 + inDocuments)));
  }
  const postings = new Map<string, Posting[]>();
  documents.forEach((counts, document) => {
    const weights = [...counts].map(
      ([feature, count]) => [feature, weightOf(count, idf.get(feature) ?? 0)] as const,
    );
    const norm = Math.hypot(...weights.map(([, weight]) => weight)) || 1;
    for (const [feature, weight] of weights) {
      const list = postings.get(feature) ?? [];
      list.push({ document, weight: weight / norm });
      postings.set(feature, list);
    }
  });
  return { idf, postings };
}

/** Nearest example of each intent, by cosine of TF-IDF vectors. Words never seen lower every score. */
function createCosines(sets: readonly (readonly ReadonlyMap<string, number>[])[]) {
  const owners = sets.flatMap((documents, index) => documents.map(() => index));
  const documents = sets.flat();
  const { idf, postings } = indexOf(documents);
  const unseenIdf = 1 + Math.log(1 + documents.length);
  return (counts: ReadonlyMap<string, number>): Float64Array => {
    const scores = new Float64Array(documents.length);
    let squares = 0;
    for (const [feature, count] of counts) {
      const known = idf.get(feature);
      // A pair never seen says less than a word never seen: its words were judged already.
      if (known === undefined && feature.includes(' ')) continue;
      const weight = weightOf(count, known ?? unseenIdf);
      squares += weight * weight;
      for (const { document, weight: other } of postings.get(feature) ?? []) {
        scores[document] = (scores[document] ?? 0) + weight * other;
      }
    }
    const norm = Math.sqrt(squares) || 1;
    const nearest = new Float64Array(sets.length);
    scores.forEach((score, document) => {
      const owner = owners[document] ?? 0;
      nearest[owner] = Math.max(nearest[owner] ?? 0, Math.min(1, score / norm));
    });
    return nearest;
  };
}

/** Additive smoothing of the Bayes counts; few examples per intent want little of it. */
const SMOOTHING = 0.1;

/** Log likelihood of a message under each intent, multinomial naive Bayes; every intent is as likely as any other. */
function createLikelihoods(sets: readonly (readonly ReadonlyMap<string, number>[])[]) {
  const totals = new Float64Array(sets.length);
  const counts = new Map<string, Float64Array>();
  sets.forEach((documents, intent) => {
    for (const [feature, count] of documents.flatMap((document) => [...document])) {
      const row = counts.get(feature) ?? new Float64Array(sets.length);
      row[intent] = (row[intent] ?? 0) + count;
      totals[intent] = (totals[intent] ?? 0) + count;
      counts.set(feature, row);
    }
  });
  const logs = new Map<string, Float64Array>();
  for (const [feature, row] of counts) {
    const chance = (count: number, intent: number): number =>
      Math.log((count + SMOOTHING) / ((totals[intent] ?? 0) + SMOOTHING * counts.size));
    logs.set(feature, row.map(chance));
  }
  return (message: ReadonlyMap<string, number>): Float64Array => {
    const sums = new Float64Array(sets.length);
    for (const [feature, count] of message) {
      const row = logs.get(feature);
      if (row === undefined) continue;
      for (let i = 0; i < row.length; i++) sums[i] = (sums[i] ?? 0) + count * (row[i] ?? 0);
    }
    return sums;
  };
}

/**
 * Naive Bayes says which intent (it was the better picker on the STAR dialogs, docs/dialog.md), the cosine to that
 * intent's nearest example says how sure: Bayes itself is nearly always certain, also of what it never saw.
 * Deterministic; the cost grows with the words of the message and the examples that share them.
 */
export function createIntentClassifier(intents: readonly IntentSource[]): IntentClassifier {
  const sets = intents.map(({ examples }) => examples.map((text) => countsOf(featuresOf(text))));
  const cosinesOf = createCosines(sets);
  const likelihoodsOf = createLikelihoods(sets);

  return {
    classify(text) {
      const message = countsOf(featuresOf(text));
      const cosines = cosinesOf(message);
      const view = scanned(text);
      const matched = intents.map((intent) => intent.patterns.some((pattern) => pattern.test(view)));
      const isAnyMatched = matched.includes(true);
      const isCandidate = (index: number): boolean =>
        isAnyMatched ? matched[index] === true : (cosines[index] ?? 0) > 0;
      const best = likeliest(likelihoodsOf(message), isCandidate);
      const intent = best === undefined ? undefined : intents[best]?.name;
      if (best === undefined || intent === undefined) return undefined;
      const cosine = cosines[best] ?? 0;
      return {
        intent,
        confidence: isAnyMatched ? PATTERN_CONFIDENCE + (1 - PATTERN_CONFIDENCE) * cosine : cosine,
      };
    },
  };
}

/** The first of the likeliest candidates. */
function likeliest(likelihoods: Float64Array, isCandidate: (index: number) => boolean): number | undefined {
  let best: number | undefined;
  likelihoods.forEach((likelihood, index) => {
    if (!isCandidate(index)) return;
    if (best === undefined || likelihood > (likelihoods[best] ?? 0)) best = index;
  });
  return best;
}
