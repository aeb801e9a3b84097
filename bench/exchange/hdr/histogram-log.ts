import { encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';
import { failed, type Issue, ok, type Result } from '../../../vocabulary/errors.ts';
import { MS_PER_S, S_PER_DAY } from '../../../vocabulary/units.ts';
import { decodeHdrHistogram } from './decode-histogram.ts';

/** One line of a histogram log: what was recorded within one interval, under one tag. */
export interface LogInterval {
  readonly tag?: string;
  /** From the log's base time. */
  readonly startS: number;
  readonly lengthS: number;
  /** The largest value in the unit that the log shows it in; for readers by eye. */
  readonly shownMax: number;
  readonly histogram: Histogram;
}

/** A log of HdrHistogram (format versions 1.0 to 1.3). */
export interface HistogramLog {
  /** Lines beginning with `#` other than the format version and the times, without the mark. */
  readonly comments: readonly string[];
  /** Seconds since the epoch. */
  readonly startTimeS?: number;
  /** What intervals count from; where absent from the start when they are small, else from the epoch. */
  readonly baseTimeS?: number;
  readonly intervals: readonly LogInterval[];
}

const TIME = /^\[(StartTime|BaseTime): ([\d.]+)/;
const FORMAT = /^\[Histogram log format version/;
const LEGEND = /^"?(StartTimestamp|Timestamp)/;
const TAG = /^Tag=([^,]*),/;

function parseNumbers(fields: readonly string[]): number[] | undefined {
  const numbers = fields.map(Number);
  const isSpan = (value: number | undefined): boolean =>
    value !== undefined && value >= 0 && value < Infinity;
  return fields.length === 3 && fields.every((field) => field.trim() !== '') && numbers.every(isSpan)
    ? numbers
    : undefined;
}

function parseInterval(line: string, path: string): LogInterval | Issue {
  const tag = TAG.exec(line)?.[1];
  const fields = (tag === undefined ? line : line.slice(line.indexOf(',') + 1)).split(',');
  const issue = (expected: string, got: string): Issue => ({
    path,
    expected,
    got,
    fix: 'correct or remove the line',
  });
  const numbers = parseNumbers(fields.slice(0, 3));
  const data = fields[3];
  if (numbers === undefined || data === undefined || fields.length !== 4) {
    return issue('[Tag=name,]start,length,max,histogram', line.slice(0, 60));
  }
  const [startS = 0, lengthS = 0, shownMax = 0] = numbers;
  try {
    const histogram = decodeHdrHistogram(data.trim());
    return { ...(tag === undefined ? {} : { tag }), startS, lengthS, shownMax, histogram };
  } catch (error) {
    return issue('a compressed histogram in base64', error instanceof Error ? error.message : String(error));
  }
}

const isIssue = (parsed: LogInterval | Issue): parsed is Issue => 'expected' in parsed;

type Times = Pick<HistogramLog, 'startTimeS' | 'baseTimeS'>;

/** What the comment lines of a log say. */
function readComments(lines: readonly string[]): Times & Pick<HistogramLog, 'comments'> {
  const all = lines.filter((line) => line.startsWith('#')).map((line) => line.slice(1));
  const timeOf = (kind: string): number | undefined => {
    const seconds = all.map((line) => TIME.exec(line)).find((match) => match?.[1] === kind)?.[2];
    return seconds === undefined ? undefined : Number(seconds);
  };
  const [startTimeS, baseTimeS] = [timeOf('StartTime'), timeOf('BaseTime')];
  return {
    comments: all.filter((line) => !TIME.test(line) && !FORMAT.test(line)),
    ...(startTimeS === undefined ? {} : { startTimeS }),
    ...(baseTimeS === undefined ? {} : { baseTimeS }),
  };
}

/** Reads a log with every tag. All bad lines are listed, with their numbers from 1. */
export function parseHistogramLog(text: string, what: string): Result<HistogramLog> {
  const lines = text.split(/\r\n|\r|\n/);
  const parsed = lines.flatMap((line, i) =>
    line.trim() === '' || line.startsWith('#') || LEGEND.test(line)
      ? []
      : [parseInterval(line, `line ${i + 1}`)],
  );
  const issues = parsed.filter(isIssue);
  if (parsed.length === 0) {
    issues.push({
      path: '(root)',
      expected: 'at least one interval',
      got: 'none',
      fix: 'give a histogram log',
    });
  }
  if (issues.length > 0) return failed('INVALID_IMPORT', `${what} is not a histogram log`, { issues });
  return ok({
    ...readComments(lines),
    intervals: parsed.filter((each): each is LogInterval => !isIssue(each)),
  });
}

const YEAR_S = 365 * S_PER_DAY;

/**
 * When an interval began, in seconds from the log's start. Without a base time, instants more than a year before the
 * start count from it, and others from the epoch: the rule of the reference reader.
 */
export function secondsFromStart({ startTimeS = 0, baseTimeS }: Times, { startS }: LogInterval): number {
  const baseS = baseTimeS ?? (startS < startTimeS - YEAR_S ? startTimeS : 0);
  return baseS + startS - startTimeS;
}

const DIGITS = 3;
const shown = (value: number): string => value.toFixed(DIGITS);

function formatTime(kind: 'StartTime' | 'BaseTime', seconds: number | undefined): string[] {
  if (seconds === undefined) return [];
  return [
    `#[${kind}: ${shown(seconds)} (seconds since epoch), ${new Date(seconds * MS_PER_S).toISOString()}]`,
  ];
}

function formatInterval({ tag, startS, lengthS, shownMax, histogram }: LogInterval): string {
  const mark = tag === undefined ? '' : `Tag=${tag},`;
  const data = encodeIntoCompressedBase64(histogram);
  return `${mark}${shown(startS)},${shown(lengthS)},${shown(shownMax)},${data}`;
}

/** The text of a log, format version 1.3, histograms in encoding version 2. A tag must have no comma and no space. */
export function formatHistogramLog(log: HistogramLog): string {
  return [
    ...log.comments.map((comment) => `#${comment}`),
    '#[Histogram log format version 1.3]',
    ...formatTime('StartTime', log.startTimeS),
    ...formatTime('BaseTime', log.baseTimeS),
    '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
    ...log.intervals.map(formatInterval),
    '',
  ].join('\n');
}
