import type { PiiKind } from './redactor.ts';

/** Where personal data stands: UTF-16 code units, `end` exclusive. */
export interface PiiSpan {
  readonly start: number;
  readonly end: number;
  readonly kind: PiiKind;
}

/** Of overlapping finds the kind that says most about what is there names the whole. */
const PRECEDENCE: Readonly<Record<PiiKind, number>> = {
  email: 0,
  iban: 1,
  card: 2,
  phone: 3,
  account: 4,
  name: 5,
};

const union = (left: PiiSpan, right: PiiSpan): PiiSpan => ({
  start: left.start,
  end: Math.max(left.end, right.end),
  kind: PRECEDENCE[left.kind] <= PRECEDENCE[right.kind] ? left.kind : right.kind,
});

/** In order and without overlaps: what overlaps is one span, so that nothing of either is left over. */
export function mergeSpans(spans: readonly PiiSpan[]): readonly PiiSpan[] {
  if (spans.length < 2) return spans;
  const merged: PiiSpan[] = [];
  for (const span of spans.toSorted((left, right) => left.start - right.start)) {
    const last = merged.at(-1);
    if (last !== undefined && span.start < last.end) merged[merged.length - 1] = union(last, span);
    else merged.push(span);
  }
  return merged;
}
