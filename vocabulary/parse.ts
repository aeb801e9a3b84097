import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { createFailure, type FailureCode, failed, type Issue, ok, type Result } from './errors.ts';

const MAX_SHOWN = 80;

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) =>
      at !== null && typeof at === 'object' ? (at as Record<PropertyKey, unknown>)[key] : undefined,
    input,
  );
}

/** `steps[2].arrivalRatePerS`; `(root)` for the document itself. */
export function formatPath(path: readonly PropertyKey[]): string {
  if (path.length === 0) return '(root)';
  return path.reduce<string>(
    (text, key) =>
      typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`,
    '',
  );
}

type ZodIssue = z.core.$ZodIssue;

const BOUND_SIGN = { too_small: ['≥', '>'], too_big: ['≤', '<'] } as const;

/** A text of the wrong form: the schema's own words, else the form by its pattern or name. */
function formExpectation({ message, format, pattern }: z.core.$ZodIssueInvalidStringFormat): string {
  if (!message.startsWith('Invalid ')) return message;
  if (format === 'regex' && pattern !== undefined) return `text that matches ${pattern}`;
  return message.replace(/^Invalid string: must (?:be )?/, 'text to ').replace(/^Invalid /, '');
}

function expectation(issue: ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected;
    case 'invalid_value':
      return `one of ${issue.values.map((value) => shown(value)).join(', ')}`;
    case 'too_small':
      return `${BOUND_SIGN.too_small[issue.inclusive ? 0 : 1]} ${issue.minimum}${lengthUnit(issue.origin)}`;
    case 'too_big':
      return `${BOUND_SIGN.too_big[issue.inclusive ? 0 : 1]} ${issue.maximum}${lengthUnit(issue.origin)}`;
    case 'unrecognized_keys':
      return 'only known fields';
    case 'invalid_format':
      return formExpectation(issue);
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`;
    case 'invalid_key':
      return `a name: ${issue.issues.map(expectation).join(', ')}`;
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options)
        ? `one of ${issue.options.map(shown).join(', ')}`
        : issue.message;
    default:
      return issue.message;
  }
}

const lengthUnit = (origin: string): string =>
  origin === 'array' ? ' items' : origin === 'string' ? ' characters' : '';

function fixFor(issue: ZodIssue, got: unknown): string {
  if (issue.code === 'unrecognized_keys') return `remove or rename ${issue.keys.join(', ')}`;
  if (got === undefined) return 'add the field';
  return 'change the value to what is expected';
}

/** How far a member of a union is from what came: not of its kind at all, then by how many problems it has. */
function distance(issues: readonly ZodIssue[]): number {
  const otherKind = issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0);
  return (otherKind ? Number.MAX_SAFE_INTEGER / 2 : 0) + issues.length;
}

function flattened(issues: readonly ZodIssue[]): ZodIssue[] {
  return issues.flatMap((issue) => {
    if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
    const closest = issue.errors.reduce((best, next) => (distance(next) < distance(best) ? next : best));
    return flattened(
      closest.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }) as ZodIssue),
    );
  });
}

/** What stands where the problem is; where a name is wrong, the name. */
function gotAt(issue: ZodIssue, input: unknown): unknown {
  if (issue.code === 'unrecognized_keys') return issue.keys;
  return issue.code === 'invalid_key' ? issue.path.at(-1) : valueAt(input, issue.path);
}

/** Every zod problem as an Issue with path, expected, got, fix. */
export function issuesFromZod(error: z.ZodError, input: unknown): Issue[] {
  return flattened(error.issues).map((issue) => {
    const got = gotAt(issue, input);
    return {
      path: formatPath(issue.path),
      expected: expectation(issue),
      got: shown(got),
      fix: fixFor(issue, got),
    };
  });
}

/** Parses a value against a schema; all problems are listed, nothing is mutated. */
export function parseWith<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  code: FailureCode,
  what: string,
): Result<z.output<Schema>> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return ok(parsed.data);
  const issues = issuesFromZod(parsed.error, input);
  return failed(code, `${what} has ${issues.length} problem${issues.length === 1 ? '' : 's'}`, { issues });
}

/** Reads a text file; a missing or unreadable one is INPUT_NOT_FOUND. */
export function readText(path: string): Result<string> {
  try {
    return ok(readFileSync(path, 'utf8'));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return failed('INPUT_NOT_FOUND', `cannot read ${path}: ${reason}`, { cause });
  }
}

/** Of a text that is no YAML at all, every word is an error that follows from the first ones. */
const MAX_SYNTAX_ISSUES = 5;

/** Parses YAML (and so JSON) text to a plain value; the first syntax errors become issues with line and column. */
export function parseYaml(text: string, code: FailureCode, what: string): Result<unknown> {
  const document = parseDocument(text, { prettyErrors: true });
  if (document.errors.length === 0) return ok(document.toJS());
  const issues = document.errors.slice(0, MAX_SYNTAX_ISSUES).map((error) => ({
    path: error.linePos ? `line ${error.linePos[0].line}, column ${error.linePos[0].col}` : '(root)',
    expected: 'valid YAML or JSON',
    got: error.message.split('\n')[0] ?? error.code,
    fix: 'correct the syntax at that place',
  }));
  return { kind: 'failed', failure: createFailure(code, `${what} is not valid YAML or JSON`, { issues }) };
}

/** Reads a YAML or JSON file and parses it against a schema. */
export function readYamlFile<Schema extends z.ZodType>(
  schema: Schema,
  path: string,
  code: FailureCode,
): Result<z.output<Schema>> {
  const text = readText(path);
  if (text.kind === 'failed') return text;
  const value = parseYaml(text.value, code, path);
  return value.kind === 'failed' ? value : parseWith(schema, value.value, code, path);
}
