import { computePercentile, sortSamples } from '../vocabulary/percentiles.ts';
import type { ResultFile } from '../vocabulary/result-file.ts';
import { type Block, cell, column, numeric } from './blocks.ts';
import { ABSENT, formatCount, formatNumber } from './numbers.ts';

const NS_PER_S = 1_000_000_000;

/** Hot paths of `busyhour micro`: medians of blocks, their median and range. */
export function microTable({ micro }: ResultFile): Block[] {
  if (micro === undefined || micro.length === 0) return [];
  return [
    {
      kind: 'table',
      caption: 'Hot paths, ns per operation: the median of each block; the range is that of the blocks',
      columns: [
        column('case'),
        numeric('blocks'),
        numeric('median'),
        numeric('fastest'),
        numeric('slowest'),
        numeric('operations/s'),
      ],
      rows: micro.map(({ case: name, nsPerOp }) => {
        const sorted = sortSamples(nsPerOp);
        const shown = (ns: number | undefined): string => (ns === undefined ? ABSENT : formatNumber(ns));
        const median = computePercentile(sorted, 50);
        return [
          cell(name),
          cell(formatCount(nsPerOp.length)),
          cell(shown(median)),
          cell(shown(sorted[0])),
          cell(shown(sorted.at(-1))),
          cell(median === undefined ? ABSENT : formatCount(NS_PER_S / median)),
        ];
      }),
    },
  ];
}
