import { MS_PER_S } from '../../vocabulary/units.ts';
import type { Answer } from '../llm/answer.ts';
import type { Fault } from '../llm/fault.ts';
import type { AuditEntry, Decision } from '../store/audit.ts';
import type { Tenant } from '../tenants/ledger.ts';
import type { GatewayContext } from './context.ts';

/** Whose completion or turn it is. */
export interface AuditedRequest {
  readonly tenant: Tenant;
  readonly requestId: string;
  readonly traceparent: string | undefined;
  /** Of a turn, as the caller named it. */
  readonly turn?: { readonly interactionId: string; readonly messageId: string };
}

const TRACE_ID = /^[0-9a-f]{2}-([0-9a-f]{32})-/;

/** The row knows a message under the id under which history does. */
function keptTurn({ dialog }: GatewayContext, turn: AuditedRequest['turn']) {
  if (turn === undefined) return {};
  const { interactionId, messageId } = turn;
  return { interactionId, messageId: dialog.keptMessageId(interactionId, messageId) };
}

function entryOf(
  context: GatewayContext,
  { tenant, requestId, traceparent, turn }: AuditedRequest,
  rest: Pick<AuditEntry, 'kind' | 'decisions' | 'fault' | 'costUsd'>,
): AuditEntry {
  const traceId = traceparent === undefined ? undefined : TRACE_ID.exec(traceparent)?.[1];
  return {
    atUnixMs: context.clock.unixMs(),
    tenant: tenant.name,
    requestId,
    ...(traceId === undefined ? {} : { traceId }),
    ...keptTurn(context, turn),
    ...rest,
  };
}

const decisionsOf = (answer: Answer): readonly Decision[] =>
  answer.kind === 'refused'
    ? [{ step: 'chain', outcome: 'refused' }]
    : [{ step: 'chain', outcome: answer.answerer.level, reason: `answered by ${answer.answerer.provider}` }];

/** What cut or refused it; absent for a whole answer. */
export function faultOf(answer: Answer): Fault | undefined {
  if (answer.kind === 'refused') return answer.fault;
  return answer.end.outcome === 'incomplete' ? answer.end.fault : undefined;
}

/** Writes the row of a completion; resolves when it is kept. Rejects when the store fails. */
export async function auditCompletion(
  context: GatewayContext,
  completion: AuditedRequest,
  answer: Answer,
): Promise<void> {
  if (!context.config.audit.completions) return;
  const fault = faultOf(answer);
  await context.history.appendAudit([
    entryOf(context, completion, {
      kind: fault === undefined ? 'completion_answered' : 'completion_refused',
      decisions: decisionsOf(answer),
      costUsd: answer.spent.costUsd,
      ...(fault === undefined ? {} : { fault: fault.code }),
    }),
  ]);
}

/** When a refusal by a limit was last written, by tenant and code. */
const writtenAtMs = new WeakMap<GatewayContext, Map<string, number>>();

/**
 * Writes the row of a refusal by a limit: one per tenant, kind and code in a second, since whoever is refused may ask
 * thousands of times; metrics count them all. A store that fails too is logged: the caller is refused either way.
 */
export async function auditRefusal(
  context: GatewayContext,
  request: AuditedRequest,
  fault: Fault,
): Promise<void> {
  const kind = request.turn === undefined ? 'completion_refused' : 'turn_refused';
  if (kind === 'completion_refused' && !context.config.audit.completions) return;
  const written = writtenAtMs.get(context) ?? new Map<string, number>();
  writtenAtMs.set(context, written);
  const key = `${kind} ${fault.code} ${request.tenant.name}`;
  const nowMs = context.clock.nowMs();
  if (nowMs - (written.get(key) ?? Number.NEGATIVE_INFINITY) < MS_PER_S) return;
  written.set(key, nowMs);
  const decisions = [{ step: 'limits', outcome: fault.code }];
  const entry = entryOf(context, request, { kind, decisions, fault: fault.code });
  await context.history
    .appendAudit([entry])
    .catch((error) => context.logger.error({ err: error }, 'audit failure'));
}
