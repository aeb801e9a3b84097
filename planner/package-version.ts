import { readFileSync } from 'node:fs';

/** package.json lies one folder above the sources and two above what is built. */
const PLACES = ['../package.json', '../../package.json'] as const;

function versionAt(place: string): string | undefined {
  try {
    const text = readFileSync(new URL(place, import.meta.url), 'utf8');
    const { name, version } = JSON.parse(text) as { name?: string; version?: string };
    return name === 'busyhour' ? version : undefined;
  } catch {
    // Not here: the other place has it.
    return undefined;
  }
}

/** The version of this package; `0.0.0` where its package.json was left out (a bundle). */
export const packageVersion = (): string =>
  PLACES.map(versionAt).find((found) => found !== undefined) ?? '0.0.0';
