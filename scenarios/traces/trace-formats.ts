import { basename } from 'node:path';
import { failed, ok, type Result } from '../../vocabulary/errors.ts';
import { readPackedText } from '../../vocabulary/packed-text.ts';
import { TRACE_FORMAT_NAMES, type TraceFormatName, type TraceReading } from '../trace-reading.ts';
import type { Trace, TraceRequest } from './trace.ts';
import { parseAzureTrace } from './trace-azure.ts';
import { parseBurstGptTrace } from './trace-burstgpt.ts';
import { parseMooncakeTrace } from './trace-mooncake.ts';
import { parseServeGenTrace } from './trace-servegen.ts';
import { parseTableTrace } from './trace-table.ts';

export { TRACE_FORMAT_NAMES, type TraceFormatName };

export type TraceReadingOptions = Pick<Partial<TraceReading>, 'format' | 'columns' | 'sort' | 'servegen'>;

interface TraceFormat {
  /** Whether a file's first line looks like this format's. */
  readonly matches: (firstLine: string, options: TraceReadingOptions) => boolean;
  readonly parse: (
    text: string,
    what: string,
    options: TraceReadingOptions,
  ) => Result<readonly TraceRequest[]>;
}

const isJson = (line: string): boolean => /^\s*\{/.test(line);

const tableFormat = (format: 'csv' | 'jsonl'): TraceFormat => ({
  matches: (line, { columns }) => columns !== undefined && isJson(line) === (format === 'jsonl'),
  parse: (text, what, { columns, sort = false }) => parseTableTrace(format, text, what, { columns, sort }),
});

/** Every format that can be replayed, the most telling first. A new one is a file beside this and a line here. */
const TRACE_FORMATS: { readonly [Name in TraceFormatName]: TraceFormat } = {
  csv: tableFormat('csv'),
  jsonl: tableFormat('jsonl'),
  mooncake: {
    matches: (line) => isJson(line) && line.includes('"input_length"'),
    parse: (text, what, { sort }) => parseMooncakeTrace(text, what, sort),
  },
  burstgpt: {
    matches: (line) => line.includes('Request tokens'),
    parse: (text, what, { sort }) => parseBurstGptTrace(text, what, sort),
  },
  servegen: {
    matches: (line) => line.includes('iat_cv'),
    parse: (text, what, { servegen }) => parseServeGenTrace(text, what, servegen),
  },
  'azure-llm': {
    matches: (line) => line.includes('TIMESTAMP'),
    parse: (text, what, { sort }) => parseAzureTrace(text, what, sort),
  },
};

const firstLineOf = (text: string): string => text.split('\n', 1)[0]?.trim() ?? '';

/** The format of a text by its first line; undefined where no format claims it. */
function detectFormat(text: string, options: TraceReadingOptions): TraceFormatName | undefined {
  const firstLine = firstLineOf(text);
  const names = Object.keys(TRACE_FORMATS) as TraceFormatName[];
  return names.find((name) => TRACE_FORMATS[name].matches(firstLine, options));
}

const MAX_SHOWN_CHARS = 60;

const KNOWN_FIRST_LINES =
  'TIMESTAMP,ContextTokens,GeneratedTokens (azure-llm), Timestamp,…,Request tokens,Response tokens,… (burstgpt), ' +
  'client windows of servegen, or {"timestamp":…,"input_length":…,"output_length":…} (mooncake)';

function unknownFormat(path: string, text: string): Result<never> {
  const got = firstLineOf(text).slice(0, MAX_SHOWN_CHARS);
  return failed('INVALID_TRACE', `${path} is of no trace format that is known`, {
    issues: [
      {
        path: 'line 1',
        expected: KNOWN_FIRST_LINES,
        got: got === '' ? 'nothing' : got,
        fix: 'give such a file, or name its columns in a scenario: arrivals { kind: trace, file, columns }',
      },
    ],
  });
}

const optionsOf = (given: TraceFormatName | TraceReadingOptions): TraceReadingOptions =>
  typeof given === 'string' ? { format: given } : given;

/** Reads a trace file, gzipped or not; the format is recognised where it is not given. */
export function readTrace(path: string, given: TraceFormatName | TraceReadingOptions = {}): Result<Trace> {
  const options = optionsOf(given);
  const packed = readPackedText(path, 'INVALID_TRACE');
  if (packed.kind === 'failed') return packed;
  const { text, sha256 } = packed.value;
  const format = options.format ?? detectFormat(text, options);
  if (format === undefined) return unknownFormat(path, text);
  const requests = TRACE_FORMATS[format].parse(text, path, options);
  if (requests.kind === 'failed') return requests;
  return ok({ source: basename(path), format, sha256, requests: requests.value });
}
