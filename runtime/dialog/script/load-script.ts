import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failed, type Issue, ok, type Result } from '../../../vocabulary/errors.ts';
import { parseWith, parseYaml } from '../../../vocabulary/parse.ts';
import type { LogicSandbox } from '../sandbox/logic-sandbox.ts';
import { type CompiledScript, compileScript } from './compile-script.ts';
import { scriptSchema } from './schema.ts';

/** A version as its files are: read in one go, so that the parts belong together. */
export interface ScriptFiles {
  readonly version: string;
  readonly yamlPath: string;
  readonly yaml: string | undefined;
  readonly logicPath: string;
  readonly logic: string | undefined;
  /** Changes when any byte does. */
  readonly fingerprint: string;
}

const MAX_FILE_CHARS = 4_000_000;

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    // Absent and unreadable are one: the caller says which file is missing.
    return undefined;
  }
}

/** Reads the files of one version. */
export async function readScriptFiles(folder: string, version: string): Promise<ScriptFiles> {
  const yamlPath = join(folder, version, 'script.yaml');
  const logicPath = join(folder, version, 'logic.js');
  const [yaml, logic] = await Promise.all([readOptional(yamlPath), readOptional(logicPath)]);
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([yaml, logic]))
    .digest('hex');
  return { version, yamlPath, yaml, logicPath, logic, fingerprint };
}

const inFile = (path: string, issues: readonly Issue[]): Issue[] =>
  issues.map((issue) => ({ ...issue, path: `${path}: ${issue.path}` }));

const missing = (path: string, why: string): Issue => ({
  path,
  expected: why,
  got: 'no readable file',
  fix: 'add the file',
});

async function logicIssues(
  files: ScriptFiles,
  isNeeded: boolean,
  sandbox: LogicSandbox,
): Promise<readonly Issue[]> {
  const { logic, logicPath } = files;
  if (logic === undefined) {
    return isNeeded
      ? [missing(logicPath, 'logic.js with a function handle, as an intent has logic: true')]
      : [];
  }
  const outcome = await sandbox.check({ source: logic, fileName: 'logic.js' });
  if (outcome.kind === 'ok') return [];
  const got = `${outcome.reason}: ${outcome.message}`;
  return [{ path: logicPath, expected: 'code that loads within its limits', got, fix: 'correct the code' }];
}

/** Parses and compiles a version wholly: every problem of both files with its path, or a script that can run. */
export async function loadScript(
  files: ScriptFiles,
  options: { readonly sandbox: LogicSandbox; readonly customerHashSecret: string },
): Promise<Result<CompiledScript>> {
  const what = `script ${files.version}`;
  if (files.yaml === undefined) {
    return failed('INVALID_CONFIG', `${what} has no script.yaml`, {
      issues: [missing(files.yamlPath, 'the script')],
    });
  }
  const size = files.yaml.length + (files.logic?.length ?? 0);
  if (size > MAX_FILE_CHARS)
    return failed('INVALID_CONFIG', `${what} is larger than ${MAX_FILE_CHARS} characters`);
  const value = parseYaml(files.yaml, 'INVALID_CONFIG', files.yamlPath);
  const parsed =
    value.kind === 'failed' ? value : parseWith(scriptSchema, value.value, 'INVALID_CONFIG', files.yamlPath);
  const yamlIssues = parsed.kind === 'failed' ? inFile(files.yamlPath, parsed.failure.issues) : [];
  const isNeeded = parsed.kind === 'ok' && parsed.value.intents.some((intent) => intent.logic);
  const issues = [...yamlIssues, ...(await logicIssues(files, isNeeded, options.sandbox))];
  if (parsed.kind === 'failed' || issues.length > 0) {
    return failed('INVALID_CONFIG', `${what} has ${issues.length} problem${issues.length === 1 ? '' : 's'}`, {
      issues,
    });
  }
  const logic = files.logic === undefined ? undefined : { source: files.logic, fileName: 'logic.js' };
  const { customerHashSecret } = options;
  return ok(compileScript(parsed.value, { version: files.version, logic, customerHashSecret }));
}
