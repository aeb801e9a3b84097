import { DELIVERIES, FORMATTERS, receiverOf } from '../../bench/exchange/export/export-formats.ts';
import { sendExport } from '../../bench/exchange/export/send.ts';
import type { ExportFormat, Receiver } from '../../bench/exchange/format-names.ts';
import { BusyhourError, createFailure, EXIT_CODES, unwrap } from '../../vocabulary/errors.ts';
import { writeFileAtomic } from '../../vocabulary/files.ts';
import type { HistogramMetricId } from '../../vocabulary/metrics.ts';
import { type ResultFile, readResultFile } from '../../vocabulary/result-file.ts';
import type { Command, CommandContext } from '../boundary.ts';

/** Arguments and flags of `busyhour export`. */
export interface ExportOptions {
  /** The result file. */
  readonly args: readonly string[];
  readonly format: ExportFormat;
  readonly out?: string;
  readonly url?: string;
  readonly receiver?: Receiver;
  readonly authorizationEnv?: string;
  readonly metric?: HistogramMetricId;
  readonly json?: boolean;
}

const usage = (message: string): BusyhourError => new BusyhourError(createFailure('USAGE', message));

/** Options that would silently do nothing are refused, and so are secrets where every user of the machine sees them. */
function checkOptions({ format, url, receiver, authorizationEnv, metric }: ExportOptions): void {
  if (metric !== undefined && format !== 'hdr')
    throw usage(`--metric: only format hdr has single metrics, not ${format}`);
  if (url === undefined && (receiver !== undefined || authorizationEnv !== undefined))
    throw usage('--receiver and --authorization-env: nothing is sent without --url');
  if (url === undefined) return;
  const { username, password } = new URL(url);
  if (username !== '' || password !== '')
    throw usage('--url: give credentials by --authorization-env NAME, not within the URL');
}

/** Secrets are named, never given: a command line is seen by every user of the machine. */
function authorizationFrom(name: string | undefined): { authorization?: string } {
  if (name === undefined) return {};
  const authorization = process.env[name];
  if (authorization === undefined || authorization === '')
    throw usage(`--authorization-env: the environment variable ${name} is not set`);
  return { authorization };
}

async function deliver(
  result: ResultFile,
  options: ExportOptions,
  { signal, say }: CommandContext,
): Promise<void> {
  const { format, url = '' } = options;
  const receiver = options.receiver ?? receiverOf(format, url);
  const isOtlp = receiver === 'otlp';
  if (receiver === undefined || isOtlp !== (format === 'otlp')) {
    throw usage(`--url: format ${format} goes into a file; prometheus and otlp are sent`);
  }
  const delivery = DELIVERIES[receiver](result, url);
  const status = unwrap(
    await sendExport(delivery, { ...authorizationFrom(options.authorizationEnv), signal }),
  );
  say(`sent to ${delivery.url} (${receiver}): ${status}`);
}

/** `busyhour export`: a result as another tool takes it, into a file, to standard output or over HTTP. */
export const exportResult: Command<ExportOptions> = async (options, context) => {
  const { args, format, out, url, metric } = options;
  checkOptions(options);
  const result = unwrap(readResultFile(args[0] ?? ''));
  if (url !== undefined) {
    await deliver(result, options, context);
    if (out === undefined) return { exitCode: EXIT_CODES.ok, json: { format, url } };
  }
  const text = unwrap(FORMATTERS[format](result, metric === undefined ? {} : { metric }));
  if (out === undefined) {
    if (!options.json) process.stdout.write(text);
    return { exitCode: EXIT_CODES.ok, json: { format, text } };
  }
  unwrap(writeFileAtomic(out, text));
  context.say(`wrote ${out}`);
  return { exitCode: EXIT_CODES.ok, json: { format, file: out, ...(url === undefined ? {} : { url }) } };
};
