/** What the supervisor decides about an answer. */
export type Verdict =
  | { readonly kind: 'approved' }
  | { readonly kind: 'rewritten'; readonly text: string; readonly reason: string }
  | { readonly kind: 'blocked'; readonly reason: string }
  | { readonly kind: 'escalate'; readonly reason: string };

export const VERDICT_KINDS = ['approved', 'rewritten', 'blocked', 'escalate'] as const;
export const APPROVED: Verdict = { kind: 'approved' };

/** An answer, and what it may rest on. */
export interface ReviewSubject {
  readonly answer: string;
  readonly customerText: string;
  /** Facts of the script and of this turn, and what was said before. */
  readonly grounds: string;
  readonly allowedActions: readonly string[];
}
