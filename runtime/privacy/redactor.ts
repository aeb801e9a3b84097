/** Kinds of personal data that are replaced, each by `[kind]`. */
export const PII_KINDS = ['name', 'email', 'phone', 'card', 'iban', 'account'] as const;
export type PiiKind = (typeof PII_KINDS)[number];

export interface Redacted {
  readonly text: string;
  /** How many of each kind were replaced; kinds without any are absent. */
  readonly found: Readonly<Partial<Record<PiiKind, number>>>;
}

/** What the caller knows about a text. The same context must come with the same text to give the same result. */
export interface RedactionContext {
  /** Of the person who writes, as in the caller's records: `Anna Schmidt`. Each part is replaced wherever it stands. */
  readonly names?: readonly string[];
  /** What the assistant said before: after `What is your account number?` a bare number is one. */
  readonly previousAnswer?: string;
  /** The message before of the same person, as it is kept: a number begun there may go on here. */
  readonly previousText?: string;
}

/** Replaces personal data in a text before anything is persisted, logged or traced. Pure; the same text gives the same result. */
export interface Redactor {
  redact(text: string, context?: RedactionContext): Redacted;
}
