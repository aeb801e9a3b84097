import { type FailureCode, failed, ok, type Result } from './errors.ts';

/** What a file of ours says of itself first. */
export interface DocumentHead {
  /** As `busyhour-result`. */
  readonly kind: string;
  readonly schemaVersion: number;
  /** Of the failure where it is not such a file. */
  readonly code: FailureCode;
}

const COMMANDS_THAT_READ: Readonly<Record<string, string>> = {
  'busyhour-result': 'a result of bench: compare, gate, merge, report, plan -r and validate read it',
  'busyhour-plan': 'a plan: plan --diff and report --plan read it',
  'busyhour-plan-diff': 'a comparison of plans, which no command reads',
  'busyhour-plan-inputs': 'what a plan was made from: plan --diff reads it beside its plan',
};

const fieldOf = (value: unknown, field: string): unknown =>
  value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[field] : undefined;

/** Refuses another kind of our files, and a version that is newer than this release, by name: not by each field that differs. */
export function checkHead(
  value: unknown,
  { kind, schemaVersion, code }: DocumentHead,
  what: string,
): Result<void> {
  const isKind = fieldOf(value, 'kind');
  if (typeof isKind === 'string' && isKind !== kind && isKind in COMMANDS_THAT_READ) {
    return failed(code, `${what} is no ${kind} but a ${isKind}`, {
      hint: `It is ${COMMANDS_THAT_READ[isKind]}.`,
    });
  }
  const version = fieldOf(value, 'schemaVersion');
  if (typeof version === 'number' && version > schemaVersion) {
    return failed(code, `${what} has schema version ${version}; this release reads up to ${schemaVersion}`, {
      hint: 'Update busyhour.',
    });
  }
  return ok(undefined);
}
