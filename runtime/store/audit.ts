import type { FaultCode } from '../../vocabulary/faults.ts';

/** What an audit row is about. */
export const AUDIT_KINDS = [
  'interaction_created',
  /** A record of a release that wrote no audit rows, as a later one found it. */
  'interaction_adopted',
  'turn_answered',
  'turn_adopted',
  'turn_refused',
  'completion_answered',
  'completion_refused',
  'escalated',
  'closed',
  'customer_deleted',
  'retention_applied',
  'script_activated',
  'admin_action',
] as const;
export type AuditKind = (typeof AUDIT_KINDS)[number];

/** One step of deciding about a turn, in the order in which it was taken; the reason is for a person to read. */
export interface Decision {
  /** `redaction`, `script`, `agent`, `supervisor`, `escalation`, … */
  readonly step: string;
  /** What was decided, in one word or code: `intent:billing_question`, `approved`, `blocked`. */
  readonly outcome: string;
  readonly reason?: string;
}

/** What happened, to be kept in the hash chain. Holds no message text: only its digest. */
export interface AuditEntry {
  readonly kind: AuditKind;
  readonly atUnixMs: number;
  readonly tenant: string;
  readonly interactionId?: string;
  readonly turnIndex?: number;
  readonly messageId?: string;
  readonly requestId?: string;
  /** W3C trace id, where the request was traced. */
  readonly traceId?: string;
  readonly decisions: readonly Decision[];
  readonly fault?: FaultCode;
  /**
   * Keyed digest (HMAC-SHA-256, hex) of the redacted texts, so that a changed text is noticed. The history fills it in
   * for `turn_answered`; whoever keeps other texts brings its own.
   */
  readonly contentDigest?: string;
  readonly costUsd?: number;
}
