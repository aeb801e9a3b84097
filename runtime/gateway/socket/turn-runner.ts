import type { TurnInput, TurnResult } from '../../dialog/turn.ts';
import type { AnswerSink } from '../../llm/answer.ts';
import { createFault, type Fault, faultFromUnknown } from '../../llm/fault.ts';
import type { HandOver } from '../../store/history-store.ts';
import { pacedSink } from '../../telemetry/paced-sink.ts';
import type { Tenant } from '../../tenants/ledger.ts';
import type { Ticket } from '../admission.ts';
import type { GatewayContext } from '../context.ts';
import { turnResponseFrom } from '../dialog-responses.ts';
import { errorBodyFrom } from '../error-body.ts';
import { metered } from '../metering.ts';
import { reserveTurn, spentOfTurn, turnReservation } from '../turn-metering.ts';
import type { SocketEvent } from './frames.ts';

/** Where the events of a turn go. */
export interface TurnEvents {
  publish(event: SocketEvent): void;
  hold(): Promise<void> | undefined;
}

export interface SocketTurn {
  readonly tenant: Tenant;
  readonly interactionId: string;
  readonly message: TurnInput;
  /** Under which log, audit trail and providers know it. */
  readonly requestId: string;
  /** W3C context of the turn, for callees. */
  readonly traceparent: string | undefined;
}

function sinkOf(messageId: string, events: TurnEvents): AnswerSink {
  return {
    begin: ({ provider, engine, level }) =>
      events.publish({ type: 'started', messageId, provider, engine, level }),
    text: (text) => events.publish({ type: 'text', messageId, text }),
    hold: () => events.hold(),
  };
}

function eventsOf(messageId: string, result: TurnResult): SocketEvent[] {
  if (result.kind === 'refused') return [errorEvent(messageId, result.fault), ...handedOff(result.handOver)];
  const isReplayed = result.kind === 'replayed';
  const timings =
    isReplayed || result.answer.end.outcome === 'incomplete' ? undefined : result.answer.end.timings;
  const handOver = isReplayed ? undefined : result.handOver;
  const kept = turnResponseFrom(result.turn, isReplayed, timings, handOver);
  // What is stored is redacted; the customer gets what was answered.
  const turn = isReplayed ? kept : { ...kept, text: result.answer.text };
  const completed: SocketEvent = { type: 'completed', messageId, turn };
  return [completed, ...handedOff(handOver)];
}

const handedOff = (handOver: HandOver | undefined): SocketEvent[] =>
  handOver === undefined ? [] : [{ type: 'state', state: 'handed-off', reason: handOver.reasonCode }];

const errorEvent = (messageId: string, fault: Fault): SocketEvent => ({
  type: 'error',
  messageId,
  ...errorBodyFrom(fault),
});

/** Runs one turn and publishes what happens, its failure too. Never rejects; resolves to how it ended. */
export async function runSocketTurn(
  context: GatewayContext,
  { tenant, interactionId, message, requestId, traceparent }: SocketTurn,
  ticket: Ticket,
  events: TurnEvents,
): Promise<'ok' | Fault['code']> {
  const { clock, metrics } = context;
  const { messageId } = message;
  const startedAtMs = clock.nowMs();
  try {
    const audited = { tenant, requestId, traceparent, turn: { interactionId, messageId } };
    const result = await metered(context.tenancy, turnReservation(context, audited), async (meter) => {
      const askedAtMs = clock.nowMs();
      const ended = await context.dialog.turn(interactionId, message, {
        requestId,
        signal: ticket.signal,
        tenant: tenant.name,
        reserve: reserveTurn(context, meter),
        sink: pacedSink(sinkOf(messageId, events), { metrics, clock, startedAtMs }),
        ...(traceparent === undefined ? {} : { traceparent }),
      });
      if (ended.kind !== 'replayed')
        metrics.overhead(askedAtMs - startedAtMs, Math.max(0, clock.nowMs() - ended.answer.endedAtMs));
      meter.book(spentOfTurn(ended));
      return ended;
    });
    for (const event of eventsOf(messageId, result)) events.publish(event);
    return result.kind === 'refused' ? result.fault.code : 'ok';
  } catch (error) {
    const fault = faultFromUnknown(error, 'gateway_internal');
    const isDefect = fault.code === 'gateway_internal';
    if (isDefect) context.logger.error({ err: error }, 'defect');
    // What a defect says is for the log.
    events.publish(errorEvent(messageId, isDefect ? createFault('gateway_internal') : fault));
    return fault.code;
  }
}
