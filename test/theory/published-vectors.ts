import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';

const FOLDER = fileURLToPath(new URL('../../../shared/data/', import.meta.url));

/** Path of a published data file, or undefined where the data folder is not there. */
export function dataPath(name: string): string | undefined {
  const path = `${FOLDER}${name}`;
  return existsSync(path) ? path : undefined;
}

/** Rows of a CSV file, gzip or not, by column name. */
export function readRows(path: string): Record<string, string>[] {
  const bytes = readFileSync(path);
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return parse(text, { columns: true }) as Record<string, string>[];
}
