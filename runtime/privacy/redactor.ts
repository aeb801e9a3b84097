/** Kinds of personal data that are replaced, each by `[kind]`. */
export const PII_KINDS = ['name', 'email', 'phone', 'card', 'iban', 'account'] as const;
export type PiiKind = (typeof PII_KINDS)[number];

export interface Redacted {
  readonly text: string;
  /** How many of each kind were replaced; kinds without any are absent. */
  readonly found: Readonly<Partial<Record<PiiKind, number>>>;
}

/** What the caller knows about the person who writes, from fields of its own. */
export interface KnownPerson {
  /** As written in the caller's records: `Anna Schmidt`. Each part of it is replaced wherever it stands. */
  readonly names: readonly string[];
}

/** Replaces personal data in a text before anything is persisted, logged or traced. Pure; the same text gives the same result. */
export interface Redactor {
  redact(text: string, known?: KnownPerson): Redacted;
}
