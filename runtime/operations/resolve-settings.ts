import type { z } from 'zod';
import { createFailure, type Issue, ok, type Result } from '../../vocabulary/errors.ts';
import { formatPath, parseWith } from '../../vocabulary/parse.ts';
import { readEnvironmentSettings, variableOf } from './environment.ts';
import { isMapping, mergeLayers, type Origin } from './layers.ts';
import { maskIssue } from './masking.ts';

/** Where settings come from, weakest first: what other variables imply, the file, variables of settings, flags. */
export interface SettingSources {
  readonly implied?: Readonly<Record<string, unknown>> | undefined;
  readonly file?: unknown;
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  readonly flags?: Readonly<Record<string, unknown>> | undefined;
  /** Names the file in messages. */
  readonly what: string;
}

export interface ResolvedSettings<Config> {
  readonly config: Config;
  originOf(path: readonly PropertyKey[]): Origin;
  /** Variables with our prefix that name no setting and that no setting names: typing mistakes. */
  readonly unusedVariables: readonly string[];
}

const pathFromText = (text: string): string[] => text.split(/[.[\]]+/).filter((step) => step !== '');

/** A problem of a value that a variable gave is reported under the variable's name; no message shows a secret. */
function attributed(issue: Issue, originOf: (path: readonly PropertyKey[]) => Origin): Issue {
  const path = pathFromText(issue.path);
  const masked = maskIssue(issue);
  if (originOf(path) !== 'environment') return masked;
  // A list is given as a whole, so the name ends before the first index.
  const index = path.findIndex((step) => /^\d+$/.test(step));
  const name = variableOf(index === -1 ? path : path.slice(0, index));
  return { ...masked, path: `${name} (${formatPath(path)})` };
}

/** Variables that settings point to: secrets, URLs of stores. */
function namedVariables(value: unknown): ReadonlySet<string> {
  if (value === null || typeof value !== 'object') return new Set();
  return new Set(
    Object.entries(value).flatMap(([key, inner]) =>
      typeof inner === 'string' ? (key.endsWith('Env') ? [inner] : []) : [...namedVariables(inner)],
    ),
  );
}

/** Resolves all sources against a schema; every problem of every source is listed at once. */
export function resolveSettings<Schema extends z.ZodType>(
  schema: Schema,
  sources: SettingSources,
): Result<ResolvedSettings<z.output<Schema>>> {
  const { what } = sources;
  const file = sources.file ?? {};
  if (!isMapping(file)) return parseWith(schema, file, 'INVALID_CONFIG', what) as Result<never>;
  const fromEnvironment = readEnvironmentSettings(schema, sources.environment ?? {});
  const { settings, originOf } = mergeLayers([
    { origin: 'environment', settings: sources.implied ?? {} },
    { origin: 'file', settings: file },
    { origin: 'environment', settings: fromEnvironment.settings },
    { origin: 'flag', settings: sources.flags ?? {} },
  ]);
  const parsed = parseWith(schema, settings, 'INVALID_CONFIG', what);
  const wrong =
    parsed.kind === 'failed' ? parsed.failure.issues.map((issue) => attributed(issue, originOf)) : [];
  const issues = [...fromEnvironment.issues, ...wrong];
  if (parsed.kind === 'failed' || issues.length > 0) {
    const count = `${issues.length} problem${issues.length === 1 ? '' : 's'}`;
    return { kind: 'failed', failure: createFailure('INVALID_CONFIG', `${what} has ${count}`, { issues }) };
  }
  const named = namedVariables(parsed.value);
  const unusedVariables = fromEnvironment.unused.filter((name) => !named.has(name));
  return ok({ config: parsed.value, originOf, unusedVariables });
}
