import { MS_PER_S, sFromMs } from '../vocabulary/units.ts';
import { type Badge, type Block, type Cell, cell, column, numeric } from './blocks.ts';
import { ABSENT, formatCount, formatNumber, formatRatio } from './numbers.ts';
import type { ResultReading, StepReading } from './step-reading.ts';

/** What one reader sees: the reciprocal of the median time per output token. */
function perUserText({ histograms }: StepReading): string {
  const medianMs = histograms.get('timePerOutputTokenMs')?.percentileMs(50);
  return medianMs === undefined || medianMs === 0 ? ABSENT : formatNumber(MS_PER_S / medianMs);
}

function row(reading: StepReading): Cell[] {
  const { tokens, windowMs, counts } = reading.step;
  const perS = (count: number): string => formatNumber(count / sFromMs(windowMs));
  return [
    cell(reading.step.name),
    cell(formatCount(tokens.input)),
    cell(tokens.input === 0 ? ABSENT : formatRatio(tokens.cachedInput / tokens.input)),
    cell(formatCount(tokens.output)),
    cell(perS(tokens.output)),
    cell(perS(tokens.input + tokens.output)),
    cell(perUserText(reading)),
    cell(counts.completed === 0 ? ABSENT : formatNumber(tokens.output / counts.completed)),
    cell(formatCount(tokens.requestsCounted)),
  ];
}

/** Tokens of completed requests per step; nothing where the target speaks of none. */
export function tokensTable({ steps }: ResultReading, badge: Badge): Block[] {
  if (steps.every(({ step }) => step.tokens.input + step.tokens.output === 0)) return [];
  return [
    {
      kind: 'table',
      caption:
        'Tokens of completed requests, as the server reports them, else counted from the stream (requests counted). Per reader: 1 ÷ median time per output token.',
      badge,
      dense: true,
      columns: [
        column('step'),
        numeric('input'),
        numeric('of it cached'),
        numeric('output'),
        numeric('output/s'),
        numeric('all/s'),
        numeric('output/s per reader'),
        numeric('output per request'),
        numeric('requests counted'),
      ],
      rows: steps.map(row),
    },
  ];
}
