import { describe, expect, it } from 'vitest';
import { Admission, errorEvent } from '../../../runtime/inference/engines/admission.ts';
import { requestOf } from '../../contracts/engine.ts';

const LIMITS = { contextTokens: 100, maxSequences: 2, maxWaiting: 1 };
const SHORT = { promptTokens: 10, maxOutputTokens: 10 };
const named = (requestId: string) => requestOf({ requestId });

describe('admission', () => {
  it('takes as many as may run and wait, then refuses until one leaves', () => {
    const admission = new Admission(LIMITS);
    for (const id of ['a', 'b', 'c']) expect(admission.accept(named(id), SHORT)).toBeUndefined();
    expect(admission.accept(named('d'), SHORT)).toMatchObject({ code: 'OVERLOADED' });
    expect(admission.accepted).toBe(3);
    admission.release('b');
    expect(admission.accept(named('d'), SHORT)).toBeUndefined();
  });

  it.each([
    ['fits to the last token', { promptTokens: 60, maxOutputTokens: 40 }, undefined],
    ['is one too long', { promptTokens: 61, maxOutputTokens: 40 }, 'CONTEXT_TOO_LONG'],
    ['has no prompt', { promptTokens: 0, maxOutputTokens: 40 }, 'INVALID_REQUEST'],
  ])('a request that %s', (_what, tokens, code) => {
    expect(new Admission(LIMITS).accept(named('a'), tokens)?.code).toBe(code);
  });

  it('refuses a running id, and takes it again afterwards', () => {
    const admission = new Admission(LIMITS);
    admission.accept(named('a'), SHORT);
    expect(admission.accept(named('a'), SHORT)).toMatchObject({ code: 'DUPLICATE_REQUEST' });
    admission.release('a');
    expect(admission.accept(named('a'), SHORT)).toBeUndefined();
  });

  it('does not hold the id of a refused request', () => {
    const admission = new Admission({ ...LIMITS, maxSequences: 1, maxWaiting: 0 });
    admission.accept(named('a'), SHORT);
    expect(admission.accept(named('b'), SHORT)?.code).toBe('OVERLOADED');
    admission.release('a');
    expect(admission.accept(named('b'), SHORT)).toBeUndefined();
  });

  it('says when it is idle, or that the grace is over', async () => {
    const admission = new Admission(LIMITS);
    expect(await admission.untilIdle(0)).toBe(true);
    admission.accept(named('a'), SHORT);
    expect(await admission.untilIdle(1)).toBe(false);
    const idle = admission.untilIdle(Number.POSITIVE_INFINITY);
    // A timer of infinite length fires at once: waiting without an end must have none.
    const early = new Promise((resolve) => setTimeout(() => resolve('still waiting'), 30));
    expect(await Promise.race([idle, early])).toBe('still waiting');
    admission.release('a');
    expect(await idle).toBe(true);
  });

  it('refuses everything while it drains', () => {
    const admission = new Admission(LIMITS);
    admission.drain();
    const refusal = admission.accept(named('a'), SHORT);
    expect(refusal?.code).toBe('DRAINING');
    if (refusal !== undefined) expect(errorEvent(refusal)).toMatchObject({ kind: 'error', code: 'DRAINING' });
  });
});
