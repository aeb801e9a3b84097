import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  errorBodyFrom,
  errorBodySchema,
  errorHeadersFrom,
  parseRequest,
} from '../../../runtime/gateway/error-body.ts';
import { createFault, FaultError, faultFromUnknown } from '../../../runtime/llm/fault.ts';
import { FAULT_CODES, FAULTS } from '../../../vocabulary/faults.ts';

describe('every fault of the vocabulary', () => {
  it.each(FAULT_CODES)('%s has a body of OpenAI’s shape and headers that fit its status', (code) => {
    const fault = createFault(code);
    const body = errorBodySchema.parse(errorBodyFrom(fault));
    expect(body.error).toMatchObject({ code, message: FAULTS[code].message, param: null });
    const { httpStatus, retryable } = FAULTS[code];
    const headers = errorHeadersFrom(fault);
    expect('retry-after' in headers).toBe(httpStatus === 429 || httpStatus === 503);
    expect(headers['x-should-retry']).toBe(retryable ? undefined : 'false');
    // The client’s error classes go by status, so the type must not contradict it.
    const isCallers =
      body.error.type === 'invalid_request_error' || body.error.type === 'authentication_error';
    expect(isCallers).toBe(httpStatus < 500 && httpStatus !== 429);
  });
});

it.each([
  [0, '1'],
  [1, '1'],
  [1000, '1'],
  [1001, '2'],
  [90_000, '90'],
])('a wait of %i ms is %s whole seconds, never less than one', (retryAfterMs, seconds) => {
  const fault = createFault('provider_rate_limited', undefined, { retryAfterMs });
  expect(errorHeadersFrom(fault)['retry-after']).toBe(seconds);
});

describe('a request that does not fit its schema', () => {
  const schema = z.strictObject({ name: z.string(), tags: z.array(z.int()).max(2) });
  const faultOf = (input: unknown) => {
    try {
      parseRequest(schema, input);
      return undefined;
    } catch (error) {
      return faultFromUnknown(error, 'gateway_internal');
    }
  };

  it('is refused with every problem in the message and the first field as param', () => {
    const fault = faultOf({ tags: ['x', 2.5] });
    expect(fault?.code).toBe('caller_invalid_request');
    expect(fault?.param).toBe('name');
    for (const part of ['name', 'tags[0]', 'tags[1]']) expect(fault?.message).toContain(part);
  });

  it('names the unknown field itself', () => {
    expect(faultOf({ name: 'x', tags: [], surprise: 1 })).toMatchObject({ param: 'surprise' });
  });

  it('names an unknown field by its place, and says in words what another kind or form should be', () => {
    const message = z.discriminatedUnion('role', [
      z.strictObject({ role: z.literal('user'), at: z.string().regex(/^[a-z]+$/) }),
      z.strictObject({ role: z.literal('agent'), at: z.string().regex(/^[a-z]+$/, 'a lower-case word') }),
    ]);
    const messages = z.strictObject({ messages: z.array(message) });
    const refused = (input: unknown) => {
      try {
        return parseRequest(messages, { messages: [input] });
      } catch (error) {
        return faultFromUnknown(error, 'gateway_internal');
      }
    };
    expect(refused({ role: 'user', at: 'x', name: 'Bob' })).toMatchObject({ param: 'messages[0].name' });
    expect(refused({ role: 'tool', at: 'x' })).toMatchObject({
      param: 'messages[0].role',
      message: 'messages[0].role: expected one of "user", "agent", got "tool".',
    });
    expect(refused({ role: 'user', at: 'X' })).toMatchObject({
      message: 'messages[0].at: expected text that matches /^[a-z]+$/, got "X".',
    });
    expect(refused({ role: 'agent', at: 'X' })).toMatchObject({
      message: 'messages[0].at: expected a lower-case word, got "X".',
    });
  });

  it('does not echo long values back', () => {
    expect(faultOf({ name: 'x', tags: 'y'.repeat(10_000) })?.message.length).toBeLessThan(300);
  });

  it('passes what fits, unchanged', () => {
    expect(parseRequest(schema, { name: 'x', tags: [1] })).toEqual({ name: 'x', tags: [1] });
    expect(() => parseRequest(schema, undefined)).toThrow(FaultError);
  });
});
