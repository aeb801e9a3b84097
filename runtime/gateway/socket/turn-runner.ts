import type { TurnResult } from '../../dialog/turn.ts';
import type { AnswerSink } from '../../llm/answer.ts';
import { createFault, type Fault, faultFromUnknown } from '../../llm/fault.ts';
import type { Tenant } from '../../tenants/ledger.ts';
import type { Ticket } from '../admission.ts';
import type { GatewayContext } from '../context.ts';
import { turnResponseFrom } from '../dialog-responses.ts';
import { errorBodyFrom } from '../error-body.ts';
import { metered } from '../metering.ts';
import { spentOfTurn, turnReservation } from '../turn-metering.ts';
import type { SocketEvent } from './frames.ts';

/** Where the events of a turn go. */
export interface TurnEvents {
  publish(event: SocketEvent): void;
  hold(): Promise<void> | undefined;
}

export interface SocketTurn {
  readonly tenant: Tenant;
  readonly interactionId: string;
  readonly messageId: string;
  readonly text: string;
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
  if (result.kind === 'refused') return [errorEvent(messageId, result.fault)];
  const isReplayed = result.kind === 'replayed';
  const timings =
    isReplayed || result.answer.end.outcome === 'incomplete' ? undefined : result.answer.end.timings;
  const kept = turnResponseFrom(result.turn, isReplayed, timings);
  // What is stored is redacted; the customer gets what was answered.
  const turn = isReplayed ? kept : { ...kept, text: result.answer.text };
  const completed: SocketEvent = { type: 'completed', messageId, turn };
  const handOver = isReplayed ? undefined : result.handOver;
  if (handOver === undefined) return [completed];
  return [completed, { type: 'state', state: 'handed-off', reason: handOver.reasonCode }];
}

const errorEvent = (messageId: string, fault: Fault): SocketEvent => ({
  type: 'error',
  messageId,
  ...errorBodyFrom(fault),
});

/** Runs one turn and publishes what happens, its failure too. Never rejects; resolves to how it ended. */
export async function runSocketTurn(
  context: GatewayContext,
  { tenant, interactionId, messageId, text }: SocketTurn,
  ticket: Ticket,
  events: TurnEvents,
): Promise<'ok' | Fault['code']> {
  try {
    const result = await metered(context.tenancy, turnReservation(context, tenant), async (meter) => {
      const ended = await context.dialog.turn(
        interactionId,
        { messageId, text },
        {
          requestId: context.newId(),
          signal: ticket.signal,
          tenant: tenant.name,
          sink: sinkOf(messageId, events),
        },
      );
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
