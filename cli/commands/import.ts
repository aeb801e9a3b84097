import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { importK6 } from '../../bench/engines/k6/import-k6.ts';
import type { ImportFormat } from '../../bench/exchange/format-names.ts';
import { importText, resolveFormat } from '../../bench/exchange/import/read-import.ts';
import { formatStepTable } from '../../presentation/terminal.ts';
import { BusyhourError, createFailure, EXIT_CODES, unwrap } from '../../vocabulary/errors.ts';
import { ensureWritableFolder } from '../../vocabulary/files.ts';
import { type ResultFile, writeResultFile } from '../../vocabulary/result-file.ts';
import type { Slo } from '../../vocabulary/slo.ts';
import { doubtsOf } from '../bench/doubts.ts';
import type { Command } from '../boundary.ts';

/** Arguments and flags of `busyhour import`. */
export interface ImportOptions {
  /** The other tool's file. */
  readonly args: readonly string[];
  readonly format: ImportFormat | 'auto';
  readonly out: string;
  readonly slo?: readonly Slo[];
  readonly url?: string;
  readonly name?: string;
  readonly json?: boolean;
}

/** k6 has a reader of its own, which can read points beside the summary: `busyhour k6 import`. */
async function readK6(path: string, command: readonly string[], options: ImportOptions): Promise<ResultFile> {
  const { slo, url, name } = options;
  if (slo !== undefined) {
    throw new BusyhourError(
      createFailure('USAGE', '--slo: a summary of k6 has no samples to judge by', {
        hint: 'Import its points with busyhour k6 import --points FILE, and judge them with busyhour gate.',
      }),
    );
  }
  const { result } = unwrap(await importK6({ summaryPath: path, command }));
  const target = {
    ...result.target,
    ...(name === undefined ? {} : { name }),
    ...(url === undefined ? {} : { url }),
  };
  return { ...result, target };
}

/** `busyhour import`: a result file from what another tool measured. */
export const importResult: Command<ImportOptions> = async (options, { say }) => {
  const { args, out, slo, url, name } = options;
  const path = args[0] ?? '';
  unwrap(ensureWritableFolder(dirname(out)));
  const { format, text } = unwrap(resolveFormat(path, options.format));
  const command = ['busyhour', ...process.argv.slice(2)];
  const result =
    format === 'k6'
      ? await readK6(path, command, options)
      : unwrap(
          importText(text, path, {
            format,
            command,
            writtenAtUnixMs: Math.round(statSync(path).mtimeMs),
            ...(slo === undefined ? {} : { slos: slo }),
            ...(url === undefined ? {} : { url }),
            ...(name === undefined ? {} : { name }),
          }),
        );
  unwrap(writeResultFile(out, result));
  for (const note of result.importedFrom?.notes ?? []) say(`note: ${note}`);
  for (const line of doubtsOf(result)) say(line);
  if (result.steps.length > 0) say(formatStepTable(result));
  say(`result: ${out}`);
  return { exitCode: EXIT_CODES.ok, json: result };
};
