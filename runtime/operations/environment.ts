import type { z } from 'zod';
import type { Issue } from '../../vocabulary/errors.ts';
import { parseYaml } from '../../vocabulary/parse.ts';

const PREFIX = 'BUSYHOUR_';
/** What stands between the levels of a path; one underscore separates the words of a name. */
const LEVEL = '__';

/** What kind of text a setting takes: as it is, a number, a truth value, or YAML (so JSON) for anything larger. */
type Reading = 'text' | 'number' | 'boolean' | 'yaml';

/** One setting that an environment variable can give. */
export interface SettingVariable {
  readonly name: string;
  readonly path: readonly string[];
  readonly reading: Reading;
}

type AnySchema = z.core.$ZodType;
type AnyDef = z.core.$ZodTypes['_zod']['def'];

const defOf = (schema: AnySchema): AnyDef => (schema as z.core.$ZodTypes)._zod.def;

/** Behind defaults, optionality and conversions. */
function bareSchema(schema: AnySchema): AnySchema {
  const def = defOf(schema);
  switch (def.type) {
    case 'default':
    case 'prefault':
    case 'optional':
    case 'nullable':
    case 'readonly':
    case 'catch':
      return bareSchema(def.innerType);
    case 'pipe':
      return bareSchema(def.in);
    default:
      return schema;
  }
}

function readingOf(schema: AnySchema): Reading {
  switch (defOf(schema).type) {
    case 'string':
    case 'enum':
    case 'literal':
      return 'text';
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    default:
      return 'yaml';
  }
}

/** The fields of a mapping; for a choice between mappings, those of all of them. */
function fieldsOf(schema: AnySchema): [string, AnySchema][] {
  const def = defOf(schema);
  if (def.type === 'object') return Object.entries(def.shape);
  if (def.type === 'union') return def.options.flatMap((option) => fieldsOf(bareSchema(option)));
  return [];
}

const screaming = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();

/** The variable of a setting: `dialog.systemPrompt` is BUSYHOUR_DIALOG__SYSTEM_PROMPT. */
export const variableOf = (path: readonly PropertyKey[]): string =>
  PREFIX + path.map((step) => screaming(String(step))).join(LEVEL);

/** Every variable that a schema understands, by name: each field, and each mapping or list as a whole. */
export function settingVariables(schema: AnySchema): ReadonlyMap<string, SettingVariable> {
  const found = new Map<string, SettingVariable>();
  const visit = (at: AnySchema, path: readonly string[]): void => {
    const bare = bareSchema(at);
    if (path.length > 0) {
      const name = variableOf(path);
      const before = found.get(name);
      const reading = readingOf(bare);
      // Variants of a choice may differ in what a field of the same name is.
      found.set(name, {
        name,
        path,
        reading: before === undefined || before.reading === reading ? reading : 'yaml',
      });
    }
    for (const [key, field] of fieldsOf(bare)) visit(field, [...path, key]);
  };
  visit(schema, []);
  return found;
}

export interface EnvironmentSettings {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly issues: readonly Issue[];
  /** Variables with our prefix that name no setting, such as secrets that settings point to, or typing mistakes. */
  readonly unused: readonly string[];
}

/** Kubernetes puts the address of a service called `busyhour` into every container of its namespace. */
const KUBERNETES_LINK = /^(tcp|udp|sctp):\/\//;

function valueFrom(variable: SettingVariable, text: string, issues: Issue[]): unknown {
  switch (variable.reading) {
    case 'text':
      return text;
    case 'number':
      return Number.isFinite(Number(text)) ? Number(text) : text;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'yaml': {
      const parsed = parseYaml(text, 'INVALID_CONFIG', variable.name);
      if (parsed.kind === 'ok') return parsed.value;
      issues.push(
        ...parsed.failure.issues.map((issue) => ({ ...issue, path: `${variable.name} ${issue.path}` })),
      );
      return undefined;
    }
  }
}

function place(root: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let at = root;
  for (const step of path.slice(0, -1)) {
    const next = at[step];
    const inner = next !== null && typeof next === 'object' ? (next as Record<string, unknown>) : {};
    at[step] = inner;
    at = inner;
  }
  at[path.at(-1) ?? ''] = value;
}

/**
 * Reads the settings that BUSYHOUR_… variables give. An empty variable counts as not given. A whole mapping (as YAML) and
 * its single fields may both be given: the fields win.
 */
export function readEnvironmentSettings(
  schema: AnySchema,
  environment: Readonly<Record<string, string | undefined>>,
): EnvironmentSettings {
  const variables = settingVariables(schema);
  const settings: Record<string, unknown> = {};
  const issues: Issue[] = [];
  const unused: string[] = [];
  const given = Object.keys(environment).filter((name) => name.startsWith(PREFIX));
  // Shorter paths first, so that a field is laid over the mapping that holds it.
  given.sort((a, b) => a.split(LEVEL).length - b.split(LEVEL).length || a.localeCompare(b));
  for (const name of given) {
    const text = environment[name] ?? '';
    const variable = variables.get(name);
    if (variable === undefined) unused.push(name);
    else if (text !== '' && !(name === 'BUSYHOUR_PORT' && KUBERNETES_LINK.test(text))) {
      place(settings, variable.path, valueFrom(variable, text, issues));
    }
  }
  return { settings, issues, unused };
}
