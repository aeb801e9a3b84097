import { describe, expect, it } from 'vitest';
import { Admission, type Ticket } from '../../../runtime/gateway/admission.ts';
import { FaultError } from '../../../runtime/llm/fault.ts';

function open(limits: { maxWaiting: number; maxWaitMs: number }) {
  const waits: number[] = [];
  let full = 0;
  const admission = new Admission({
    maxInFlight: 1,
    ...limits,
    onChange: () => undefined,
    onFull: () => full++,
    onWaited: (ms) => waits.push(ms),
  });
  return { admission, waits, full: () => full };
}

const codeOf = (error: unknown): string => (error instanceof FaultError ? error.fault.code : String(error));

describe('work that finds the gateway full', () => {
  it('waits for a place, the newest first, and each place is given once', async () => {
    const { admission } = open({ maxWaiting: 3, maxWaitMs: 60_000 });
    const running = await admission.enter();
    const order: number[] = [];
    const waiting = [0, 1, 2].map(async (index) => {
      const ticket = await admission.enter();
      order.push(index);
      return ticket;
    });
    expect(admission.waiting).toBe(3);
    let last: Ticket = running;
    for (const index of [2, 1, 0]) {
      last.release();
      last.release();
      last = (await waiting[index]) as Ticket;
      expect(admission.inFlight).toBe(1);
    }
    expect(order).toEqual([2, 1, 0]);
    last.release();
    expect(admission.inFlight).toBe(0);
  });

  it('is refused when too many wait, and when it has waited long enough', async () => {
    const { admission, waits, full } = open({ maxWaiting: 1, maxWaitMs: 20 });
    await admission.enter();
    const waiting = Promise.resolve(admission.enter()).catch(codeOf);
    expect(() => admission.enter()).toThrow(FaultError);
    expect(await waiting).toBe('gateway_overloaded');
    expect(full()).toBe(2);
    expect(waits).toHaveLength(1);
    expect(waits[0]).toBeGreaterThan(15);
    expect(admission.waiting).toBe(0);
  });

  it('is refused by a drain at once', async () => {
    const { admission } = open({ maxWaiting: 2, maxWaitMs: 60_000 });
    const running = await admission.enter();
    const waiting = Promise.resolve(admission.enter()).catch(codeOf);
    const drained = admission.drain(60_000);
    expect(await waiting).toBe('gateway_draining');
    running.release();
    await drained;
  });
});
