import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFault, FaultError } from '../../../runtime/llm/fault.ts';
import { aroundMethods } from '../../../runtime/telemetry/around-methods.ts';
import { parseHeaders } from '../../../runtime/telemetry/open-tracing.ts';
import { activeSpan, withSpan } from '../../../runtime/telemetry/spans.ts';
import { formatTraceparent, parseTraceparent } from '../../../runtime/telemetry/trace-context.ts';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN_ID = '00f067aa0ba902b7';

describe('a traceparent', () => {
  // Cases of the W3C recommendation, Trace Context Level 1, sections 3.2 and 4.
  it.each([
    [`00-${TRACE_ID}-${SPAN_ID}-01`, true],
    [`00-${TRACE_ID}-${SPAN_ID}-00`, false],
    [`00-${TRACE_ID}-${SPAN_ID}-03`, true],
    [`cc-${TRACE_ID}-${SPAN_ID}-01-what-comes-later`, true],
  ])('%s is read', (header, isSampled) => {
    expect(parseTraceparent(header)).toEqual({ traceId: TRACE_ID, spanId: SPAN_ID, isSampled });
  });

  it.each([
    ['an unknown kind of value', 7],
    ['nothing', ''],
    ['version ff', `ff-${TRACE_ID}-${SPAN_ID}-01`],
    ['version 00 with more', `00-${TRACE_ID}-${SPAN_ID}-01-more`],
    ['no trace', `00-${'0'.repeat(32)}-${SPAN_ID}-01`],
    ['no span', `00-${TRACE_ID}-${'0'.repeat(16)}-01`],
    ['capitals', `00-${TRACE_ID.toUpperCase()}-${SPAN_ID}-01`],
    ['a short id', `00-${TRACE_ID.slice(1)}-${SPAN_ID}-01`],
    ['an endless one', `cc-${TRACE_ID}-${SPAN_ID}-01-${'x'.repeat(100_000)}`],
  ])('with %s is not', (_what, header) => {
    expect(parseTraceparent(header)).toBeUndefined();
  });

  it('comes back from what is written', () => {
    const id = (chars: number) =>
      fc
        .array(fc.constantFrom(...'0123456789abcdef'), { minLength: chars, maxLength: chars })
        .map((digits) => digits.join(''))
        .filter((text) => /[1-9a-f]/.test(text));
    const context = fc.record({ traceId: id(32), spanId: id(16), isSampled: fc.boolean() });
    fc.assert(
      fc.property(context, (each) => {
        expect(parseTraceparent(formatTraceparent(each))).toEqual(each);
      }),
    );
  });
});

describe('headers for a receiver', () => {
  it('are pairs, percent-encoded, and anything else is left out', () => {
    expect(parseHeaders('a=1, b = x%20y,broken,=none,c=50%')).toEqual({ a: '1', b: 'x y', c: '50%' });
    expect(parseHeaders(undefined)).toEqual({});
  });
});

describe('outside a trace', () => {
  it('work is only run', async () => {
    expect(await withSpan('x', {}, async () => activeSpan())).toBeUndefined();
    const fault = new FaultError(createFault('provider_timeout'));
    await expect(withSpan('x', {}, () => Promise.reject(fault))).rejects.toBe(fault);
  });
});

describe('an object seen through', () => {
  class Store {
    #kept = 0;
    readonly name = 'store';
    async add(by: number): Promise<number> {
      this.#kept += by;
      return this.#kept;
    }
    async read(): Promise<number> {
      return this.#kept;
    }
    kept(): number {
      return this.#kept;
    }
  }

  it('is the same object, with the named methods surrounded', async () => {
    const seen: string[] = [];
    const store = aroundMethods(new Store(), ['add'], (method, call) => {
      seen.push(method);
      return call();
    });
    expect([await store.add(2), await store.add(3), await store.read(), store.kept(), store.name]).toEqual([
      2,
      5,
      5,
      5,
      'store',
    ]);
    expect(seen).toEqual(['add', 'add']);
  });
});
