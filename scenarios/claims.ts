import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createFailure, failed, type Issue, type Result } from '../vocabulary/errors.ts';
import { parseWith, parseYaml, readText } from '../vocabulary/parse.ts';
import { nearNames } from './catalogue/near-names.ts';
import { withPaths } from './claims/figure.ts';
import { type Claims, claimsSchema } from './claims/schema.ts';

export type { Figure, Promised, Statement, Word } from './claims/figure.ts';
export { CLAIMS_SCHEMA_VERSION, type Claims, type ClaimsInput, claimsSchema } from './claims/schema.ts';

const LIBRARY = fileURLToPath(new URL('./library/', import.meta.url));
const IS_CLAIMS = /^kind:\s*busyhour-claims\s*$/m;

/** Names of the claims that ship with the tool. */
export const listClaims = (): string[] =>
  readdirSync(LIBRARY)
    .filter((file) => file.endsWith('.yaml') && IS_CLAIMS.test(readFileSync(`${LIBRARY}${file}`, 'utf8')))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort();

function duplicates(section: string, names: readonly string[]): Issue[] {
  return names.flatMap((name, i) =>
    names.indexOf(name) === i
      ? []
      : [
          {
            path: `${section}[${i}]`,
            expected: 'names that are unique',
            got: name,
            fix: 'rename or remove one of the two',
          },
        ],
  );
}

function unknown(path: string, name: string | undefined, known: readonly string[], what: string): Issue[] {
  if (name === undefined || known.includes(name)) return [];
  const near = nearNames(name, [...known]);
  const fix = near.length === 0 ? `state the ${what} first` : `use one of ${near.join(', ')}`;
  return [{ path, expected: `the name of a ${what} of this file`, got: name, fix }];
}

function referenceIssues(claims: Claims): Issue[] {
  const models = claims.models.map(({ name }) => name);
  const tiers = claims.tiers.map(({ id }) => id);
  const cases = claims.tiers.flatMap(({ perInstance }) => perInstance.map((row) => row.case));
  const categories = claims.bill?.lines.map(({ category }) => category) ?? [];
  return [
    ...duplicates('models', models),
    ...duplicates('tiers', tiers),
    ...duplicates(
      'calls',
      claims.calls.map(({ name }) => name),
    ),
    ...duplicates(
      'sizes',
      claims.sizes.map(({ name }) => name),
    ),
    ...duplicates(
      'volumes',
      claims.volumes.map(({ name }) => name),
    ),
    ...(claims.mix?.parts ?? []).flatMap(({ model }, i) =>
      unknown(`mix.parts[${i}].model`, model, models, 'model'),
    ),
    ...claims.volumes.flatMap(({ model }, i) => unknown(`volumes[${i}].model`, model, models, 'model')),
    ...claims.sizes.flatMap((size, i) => unknown(`sizes[${i}].case`, size.case, cases, 'case')),
    ...(claims.bill?.lines ?? []).flatMap(({ tier }, i) =>
      unknown(`bill.lines[${i}].tier`, tier, tiers, 'tier'),
    ),
    ...claims.savings.flatMap(({ from, to, actsOn }, i) => [
      ...unknown(`savings[${i}].from`, from, models, 'model'),
      ...unknown(`savings[${i}].to`, to, models, 'model'),
      ...unknown(`savings[${i}].actsOn`, actsOn, categories, 'category of the bill'),
    ]),
  ];
}

/** Checks claims given as a value. All problems are listed, references to names that are not there included. */
export function resolveClaims(input: unknown, what = 'the claims'): Result<Claims> {
  const parsed = parseWith(claimsSchema, input, 'INVALID_CLAIMS', what);
  if (parsed.kind === 'failed') return parsed;
  const issues = referenceIssues(parsed.value);
  if (issues.length === 0) return { kind: 'ok', value: withPaths(parsed.value) };
  const message = `${what} has ${issues.length} problem${issues.length === 1 ? '' : 's'}`;
  return { kind: 'failed', failure: createFailure('INVALID_CLAIMS', message, { issues }) };
}

/** Parses claims text (YAML or JSON); `what` names it in messages. */
export function parseClaims(text: string, what: string): Result<Claims> {
  const value = parseYaml(text, 'INVALID_CLAIMS', what);
  return value.kind === 'failed' ? value : resolveClaims(value.value, what);
}

/** Reads claims: a path (it has a separator or an extension), else a name in the library. */
export function readClaims(pathOrName: string): Result<Claims> {
  const looksLikePath = /[\\/.]/.test(pathOrName);
  if (!looksLikePath && !listClaims().includes(pathOrName)) {
    return failed('INPUT_NOT_FOUND', `there are no claims called ${pathOrName}`, {
      hint: `Give a path, or one of: ${listClaims().join(', ')}.`,
    });
  }
  const path = looksLikePath ? pathOrName : `${LIBRARY}${pathOrName}.yaml`;
  const text = readText(path);
  return text.kind === 'failed' ? text : parseClaims(text.value, path);
}
