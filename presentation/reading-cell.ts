import type { PercentileReading } from '../vocabulary/percentiles.ts';
import type { Cell } from './blocks.ts';
import { formatCount, formatNumber, formatReading } from './numbers.ts';

/** A certified value, or a withheld one whose indicative value is only a tooltip. */
export function readingCell(reading: PercentileReading): Cell {
  const text = formatReading(reading);
  if (reading.kind === 'certified') return { text, hint: `n=${formatCount(reading.samples)}` };
  if (reading.kind === 'empty') return { text, muted: true };
  return { text, muted: true, hint: `indicative only: ${formatNumber(reading.value)} ms` };
}

/** Same in little room: `n=86 < 130` for a withheld one; the table's caption says what that means. */
export function compactReadingCell(reading: PercentileReading): Cell {
  const shown = readingCell(reading);
  if (reading.kind !== 'withheld') return shown;
  return { ...shown, text: `n=${formatCount(reading.samples)} < ${formatCount(reading.minSamples)}` };
}

/** What a compact cell leaves out, for captions. */
export const WITHHELD_NOTE = 'n=… < …: withheld, fewer samples than certify the percentile';
