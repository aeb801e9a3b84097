import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  createDiagnostic,
  DIAGNOSTICS,
  diagnosticSchema,
  sortDiagnostics,
} from '../../vocabulary/diagnostics.ts';
import {
  BusyhourError,
  createFailure,
  EXIT_CODES,
  FAILURES,
  type FailureCode,
  failed,
  failureFromUnknown,
  formatFailure,
  ok,
  unwrap,
} from '../../vocabulary/errors.ts';
import { FAULT_CODES, FAULTS, isFaultCode } from '../../vocabulary/faults.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/errors.md'), 'utf8');
const codes = Object.keys(FAILURES) as FailureCode[];

describe('the failure catalogue and its page', () => {
  const rows = new Map(
    [...page.matchAll(/^\| `([A-Z_]+)` \| (\d+) \| (.+) \| (.+) \|$/gm)].map((match) => [
      match[1] ?? '',
      { exitCode: Number(match[2]), meaning: match[3] ?? '', action: match[4] ?? '' },
    ]),
  );

  it('name the same codes', () => expect([...rows.keys()].sort()).toEqual([...codes].sort()));

  it.each(codes)('agree on %s: exit code and words', (code) => {
    const row = rows.get(code);
    expect(row?.exitCode).toBe(FAILURES[code].exitCode);
    const firstWords = FAILURES[code].summary.split(/[.;,]/)[0] ?? '';
    expect(row?.meaning).toContain(firstWords);
    expect(row?.action.length).toBeGreaterThan(10);
  });

  it('agree on every exit code', () => {
    const listed = new Map(
      [...page.matchAll(/^\| (\d+) \| (\w+) \| .+ \|$/gm)].map((match) => [match[2], Number(match[1])]),
    );
    expect(Object.fromEntries(listed)).toEqual(EXIT_CODES);
    for (const code of codes) expect(Object.values(EXIT_CODES)).toContain(FAILURES[code].exitCode);
  });

  it('have the exit codes that the design fixes', () => {
    expect(EXIT_CODES).toMatchObject({
      ok: 0,
      usage: 2,
      invalidInput: 10,
      targetUnreachable: 20,
      generatorSaturated: 21,
      sloMissed: 30,
      regression: 31,
      noFeasiblePlan: 40,
      internal: 70,
    });
  });
});

describe('failures', () => {
  const issue = { path: 'a.b[0]', expected: 'number', got: '"x"', fix: 'change it' };

  it('travel as values and are thrown only by unwrap', () => {
    expect(unwrap(ok(5))).toBe(5);
    const cause = new Error('ENOENT');
    try {
      unwrap(failed('INPUT_NOT_FOUND', 'cannot read x', { cause }));
      throw new Error('unwrap did not throw');
    } catch (error) {
      expect(error).toBeInstanceOf(BusyhourError);
      expect((error as Error).cause).toBe(cause);
      expect(failureFromUnknown(error)).toMatchObject({ code: 'INPUT_NOT_FOUND', message: 'cannot read x' });
    }
  });

  it('keep the better hint', () => {
    expect(createFailure('USAGE', 'x').hint).toBe(FAILURES.USAGE.hint);
    expect(createFailure('USAGE', 'x', { hint: 'this way' }).hint).toBe('this way');
  });

  it('of an unknown kind are INTERNAL with their stack', () => {
    expect(failureFromUnknown(new TypeError('boom'))).toMatchObject({ code: 'INTERNAL' });
    expect(failureFromUnknown(new TypeError('boom')).message).toMatch(/TypeError: boom\n\s+at /);
    expect(failureFromUnknown('text').message).toBe('text');
  });

  it('print path, expected, got, fix and hint', () => {
    expect(
      formatFailure(createFailure('INVALID_MODE', 'm has 1 problem', { issues: [issue], hint: 'h' })),
    ).toBe(
      'error INVALID_MODE: m has 1 problem\n  a.b[0]: expected number, got "x". Fix: change it\n  hint: h',
    );
  });
});

describe('diagnostics', () => {
  it('are sorted errors first and otherwise left in order', () => {
    const given = (
      ['SHARED_MACHINE', 'STALE_PRICE', 'UNSTABLE_QUEUE', 'NOT_STEADY', 'POOR_FIT'] as const
    ).map((code) => createDiagnostic(code, 'm'));
    expect(sortDiagnostics(given).map((each) => each.code)).toEqual([
      'UNSTABLE_QUEUE',
      'STALE_PRICE',
      'NOT_STEADY',
      'POOR_FIT',
      'SHARED_MACHINE',
    ]);
    expect(given[0]?.code).toBe('SHARED_MACHINE');
  });

  it('are a closed list', () => {
    expect(diagnosticSchema.safeParse({ code: 'SOMETHING_ELSE', message: '' }).success).toBe(false);
    for (const code of Object.keys(DIAGNOSTICS)) expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
  });

  it('leave out a subject that is not there', () => {
    expect(createDiagnostic('POOR_FIT', 'm')).toEqual({ code: 'POOR_FIT', message: 'm' });
    expect(createDiagnostic('POOR_FIT', 'm', 's')).toEqual({ code: 'POOR_FIT', message: 'm', subject: 's' });
  });
});

describe('faults', () => {
  it('say whose they are, with a status of that class', () => {
    for (const code of FAULT_CODES) {
      expect(code).toMatch(/^(caller|policy|provider|gateway)_[a-z_]+$/);
      const { httpStatus } = FAULTS[code];
      if (code.startsWith('caller_')) expect(httpStatus, code).toBeLessThan(500);
      if (code.startsWith('gateway_')) expect(httpStatus, code).toBeGreaterThanOrEqual(500);
    }
  });

  it('are known by name, and nothing inherited is', () => {
    expect(isFaultCode('gateway_overloaded')).toBe(true);
    expect(isFaultCode('toString')).toBe(false);
  });
});
