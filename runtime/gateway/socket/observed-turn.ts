import { endWithOutcome } from '../../telemetry/request-tracing.ts';
import { runInSpan, type Span } from '../../telemetry/spans.ts';
import { formatTraceparent, parseTraceparent, type TraceContext } from '../../telemetry/trace-context.ts';
import type { Ticket } from '../admission.ts';
import type { GatewayContext } from '../context.ts';
import { runSocketTurn, type SocketTurn, type TurnEvents } from './turn-runner.ts';

/** Under which metrics, log and traces count the turns of sockets. */
export const SOCKET_ROUTE = '/v1/interactions/:id/socket';

interface Trace {
  readonly span: Span | undefined;
  readonly context: TraceContext | undefined;
  readonly traceparent: string | undefined;
}

/** A span of its own in the trace in which the socket was opened; without tracing only that trace is passed on. */
function beginTrace({ telemetry }: GatewayContext, requestId: string, upgrade: string | undefined): Trace {
  const parent = parseTraceparent(upgrade);
  const span = telemetry.tracing?.startSpan(`SOCKET ${SOCKET_ROUTE}`, {
    kind: 'server',
    parent,
    attributes: { 'http.route': SOCKET_ROUTE, 'busyhour.request.id': requestId },
  });
  if (span !== undefined) return { span, context: span.context, traceparent: span.traceparent };
  return { span, context: parent, traceparent: parent && formatTraceparent(parent) };
}

/** Runs a turn with what a request over HTTP has: a span, a line in the log and its place in the metrics. */
export async function runObservedTurn(
  context: GatewayContext,
  asked: Omit<SocketTurn, 'requestId'>,
  ticket: Ticket,
  events: TurnEvents,
): Promise<void> {
  const { clock, metrics, logger, telemetry } = context;
  const startedAtMs = clock.nowMs();
  const requestId = context.newId();
  const { span, context: trace, traceparent } = beginTrace(context, requestId, asked.traceparent);
  const turn: SocketTurn = { ...asked, requestId, traceparent };
  const work = () => runSocketTurn(context, turn, ticket, events);
  const { tracing } = telemetry;
  const outcome = await (tracing === undefined || span === undefined
    ? work()
    : runInSpan(tracing, span, work));
  if (span !== undefined) endWithOutcome(span, outcome);
  const durationMs = clock.nowMs() - startedAtMs;
  metrics.requestEnded(SOCKET_ROUTE, outcome, durationMs);
  const line = {
    id: requestId,
    ...(trace === undefined ? {} : { traceId: trace.traceId }),
    tenant: asked.tenant.name,
    method: 'SOCKET',
    route: SOCKET_ROUTE,
    outcome,
    durationMs,
  };
  logger.info(line, 'request');
}
