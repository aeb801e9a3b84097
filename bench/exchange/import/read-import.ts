import { failed, ok, type Result } from '../../../vocabulary/errors.ts';
import { parseYaml, readText } from '../../../vocabulary/parse.ts';
import type { ResultFile } from '../../../vocabulary/result-file.ts';
import type { Slo } from '../../../vocabulary/slo.ts';
import type { ImportFormat } from '../format-names.ts';
import { importAiperfRecords, importAiperfSummary } from './aiperf.ts';
import { importGuidellm } from './guidellm.ts';
import { createImportedResult } from './imported-result.ts';
import type { ImportedRun } from './imported-run.ts';
import { importVllm } from './vllm.ts';

/** A file of another tool as far as it was read without knowing whose it is. */
interface ImportText {
  readonly what: string;
  readonly text: string;
  /** The document, where the text is one; lines of JSON are not. */
  readonly value?: unknown;
}

interface Importer {
  /** Fields at the top that only this tool's files have. */
  readonly hasMarks: (fields: Readonly<Record<string, unknown>>) => boolean;
  readonly read: (file: ImportText) => Result<ImportedRun>;
}

const isLines = ({ value }: ImportText): boolean => value === undefined;

/** Every tool whose files are read here. k6 writes two files and has its own command, which `import` calls. */
const IMPORTERS: { readonly [Format in Exclude<ImportFormat, 'k6'>]: Importer } = {
  vllm: {
    hasMarks: (fields) => 'num_prompts' in fields && 'request_throughput' in fields,
    read: ({ value, what }) => importVllm(value, what),
  },
  guidellm: {
    hasMarks: (fields) => Array.isArray(fields.benchmarks),
    read: ({ value, what }) => importGuidellm(value, what),
  },
  aiperf: {
    hasMarks: (fields) =>
      ('metadata' in fields && 'metrics' in fields) ||
      ('request_latency' in fields && 'request_count' in fields),
    read: (file) =>
      isLines(file) || 'metadata' in fieldsOf(file.value)
        ? importAiperfRecords(file.text, file.what)
        : importAiperfSummary(file.value, file.what),
  },
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> => (isRecord(value) ? value : {});

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Perhaps lines of JSON; whoever reads them says what is wrong.
    return undefined;
  }
}

/** k6's summary export has its metrics at the top, and in the newer form its options too. */
const hasMarksOfK6 = (fields: Readonly<Record<string, unknown>>): boolean =>
  isRecord(fields.metrics) && ('root_group' in fields || 'state' in fields || 'options' in fields);

const firstLineOf = (text: string): string => text.split('\n', 1)[0] ?? '';

/** Which tool wrote a text, by the fields at its top; undefined when none of them is known. */
export function detectFormat(text: string): ImportFormat | undefined {
  const whole = parseJson(text);
  const fields = fieldsOf(whole ?? parseJson(firstLineOf(text)));
  if (whole !== undefined && hasMarksOfK6(fields)) return 'k6';
  return (['vllm', 'guidellm', 'aiperf'] as const).find((format) => IMPORTERS[format].hasMarks(fields));
}

/** Whose file it is, and what it does not say itself. */
export interface ImportOptions {
  readonly format: Exclude<ImportFormat, 'k6'>;
  /** What the result is judged by; of metrics that the file has. */
  readonly slos?: readonly Slo[];
  /** What was measured, where the file does not say it. */
  readonly url?: string;
  readonly name?: string;
  readonly command?: readonly string[];
  /** When the file was last written, for one that names no date. */
  readonly writtenAtUnixMs?: number;
}

/** A result from the text of another tool's file. */
export function importText(text: string, what: string, options: ImportOptions): Result<ResultFile> {
  const value = parseJson(text);
  const { format } = options;
  if (value === undefined && format !== 'aiperf') {
    const syntax = parseYaml(text, 'INVALID_IMPORT', what);
    if (syntax.kind === 'failed') return syntax;
    return failed('INVALID_IMPORT', `${what} is not JSON`);
  }
  const run = IMPORTERS[format].read({ what, text, ...(value === undefined ? {} : { value }) });
  return run.kind === 'failed' ? run : createImportedResult(run.value, options);
}

const UNKNOWN_HINT =
  'Name the tool with --format vllm, aiperf, guidellm or k6; points of k6 are read by busyhour k6 import --points FILE.';

/** Why nobody knows a file: it may not even be what all these tools write. */
function describeUnknown(text: string): string {
  if (text.trim() === '') return 'is empty';
  const isJson = parseJson(text) !== undefined || parseJson(firstLineOf(text)) !== undefined;
  return isJson ? 'is of no tool that is known' : 'is neither JSON nor lines of JSON';
}

/** The format asked for, or the one that the file shows. */
export function resolveFormat(
  path: string,
  asked: ImportFormat | 'auto',
): Result<{ format: ImportFormat; text: string }> {
  const text = readText(path);
  if (text.kind === 'failed') return text;
  const format = asked === 'auto' ? detectFormat(text.value) : asked;
  if (format !== undefined) return ok({ format, text: text.value });
  return failed('INVALID_IMPORT', `${path} ${describeUnknown(text.value)}`, { hint: UNKNOWN_HINT });
}
