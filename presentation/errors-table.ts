import { type Block, cell, column, numeric, paragraph } from './blocks.ts';
import { formatCount, formatRatio } from './numbers.ts';
import { describeReason } from './outcome-words.ts';
import type { ResultReading } from './step-reading.ts';

/** Requests that did not complete, by code, with each step's share; or one sentence where all did. */
export function errorsTable({ steps }: ResultReading): Block[] {
  const rows = steps.flatMap(({ step }) =>
    Object.entries(step.counts.byReason)
      .sort(([, a], [, b]) => b - a)
      .map(([reason, requests]) => [
        cell(step.name),
        cell(reason),
        cell(describeReason(reason)),
        cell(formatCount(requests)),
        cell(formatRatio(requests / step.counts.offered)),
      ]),
  );
  if (rows.length === 0) return [paragraph('Every request completed.')];
  return [
    {
      kind: 'table',
      caption: 'Requests that did not complete, by code',
      columns: [
        column('step'),
        column('code'),
        column('meaning'),
        numeric('requests'),
        numeric('share of offered'),
      ],
      rows,
    },
  ];
}
