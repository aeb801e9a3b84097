import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { Admission, type Ticket } from '../../../runtime/gateway/admission.ts';
import { createFault, FaultError, faultFromAbort } from '../../../runtime/llm/fault.ts';

function open(maxInFlight: number) {
  const seen: number[] = [];
  const admission = new Admission({ maxInFlight, onChange: (inFlight) => seen.push(inFlight) });
  return { admission, seen };
}

describe('admission', () => {
  it('agrees with a naive count for any order of entering and leaving, and never passes its limit', () => {
    const step = fc.oneof(fc.constant('enter' as const), fc.nat({ max: 20 }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.array(step, { maxLength: 60 }), (limit, steps) => {
        const { admission, seen } = open(limit);
        const held: Ticket[] = [];
        for (const each of steps) {
          if (each === 'enter') {
            if (held.length < limit) held.push(admission.admit());
            else expect(() => admission.admit()).toThrow(FaultError);
          } else {
            const [ticket] = held.splice(each % Math.max(1, held.length), 1);
            ticket?.release();
            ticket?.release();
          }
          expect(admission.inFlight).toBe(held.length);
        }
        expect(Math.max(0, ...seen)).toBeLessThanOrEqual(limit);
        expect(seen.at(-1) ?? 0).toBe(held.length);
      }),
      { seed: 3 },
    );
  });

  it('a ticket carries the fault of its abort, and only its own', () => {
    const { admission } = open(2);
    const [first, second] = [admission.admit(), admission.admit()];
    first.abort(createFault('caller_disconnected', 'gone'));
    expect(faultFromAbort(first.signal)).toEqual({ code: 'caller_disconnected', message: 'gone' });
    expect(second.signal.aborted).toBe(false);
  });

  it('a drain with nothing running ends at once and keeps refusing', async () => {
    const { admission } = open(2);
    await admission.drain(60_000);
    expect(admission.draining).toBe(true);
    expect(() => admission.admit()).toThrow(
      expect.objectContaining({ fault: createFault('gateway_draining') }),
    );
  });

  it('a drain waits for the last one and does not abort what ends in time', async () => {
    const { admission } = open(2);
    const tickets = [admission.admit(), admission.admit()];
    let drained = false;
    const draining = admission.drain(60_000).then(() => {
      drained = true;
    });
    tickets[0]?.release();
    await Promise.resolve();
    expect(drained).toBe(false);
    tickets[1]?.release();
    await draining;
    expect(tickets.map((ticket) => ticket.signal.aborted)).toEqual([false, false]);
  });

  it('two drains at once, as of an administrator and then a signal, both end with the last work and leave no timer', async () => {
    vi.useFakeTimers();
    try {
      const { admission } = open(2);
      const ticket = admission.admit();
      const drains = [admission.drain(60_000), admission.drain(30_000)];
      expect(vi.getTimerCount()).toBe(2);
      ticket.release();
      await Promise.all(drains);
      expect(vi.getTimerCount()).toBe(0);
      expect(ticket.signal.aborted).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });

  it('a drain out of patience aborts what runs with its own fault', async () => {
    const { admission } = open(2);
    const ticket = admission.admit();
    ticket.signal.addEventListener('abort', () => ticket.release());
    await admission.drain(5);
    expect(faultFromAbort(ticket.signal).code).toBe('gateway_draining');
  });
});
