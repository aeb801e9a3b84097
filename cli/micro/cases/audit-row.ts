import type { MicroCase } from '../../../bench/engines/tinybench/micro-case.ts';
import { ChainWriter } from '../../../runtime/store/audit-chain.ts';
import { repeated } from './repeated.ts';

const OPERATIONS = 16;
const DECISIONS = [
  { step: 'redaction', outcome: 'name:1' },
  { step: 'script', outcome: 'intent:billing_question', reason: 'confidence 0.91' },
  { step: 'agent', outcome: 'answered' },
  { step: 'supervisor', outcome: 'approved' },
] as const;

/** One row of the hash-chained audit trail: canonical JSON and SHA-256. */
export const auditRow: MicroCase = {
  name: 'audit-row',
  prepare: () => {
    const writer = new ChainWriter('micro');
    return repeated(
      OPERATIONS,
      (i) =>
        writer.link({
          kind: 'turn_answered',
          atUnixMs: 1_700_000_000_000 + i,
          tenant: 'micro',
          interactionId: 'interaction-0123456789',
          turnIndex: i,
          messageId: 'message-0123456789',
          requestId: 'request-0123456789',
          decisions: DECISIONS,
          contentDigest: 'a'.repeat(64),
          recordDigest: 'b'.repeat(64),
          costUsd: 0.00012,
        }).body.length,
    );
  },
};
