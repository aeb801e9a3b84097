import { describe, expect, it } from 'vitest';
import { allDiagnostics, groupDiagnostics } from '../../presentation/diagnostics-text.ts';
import { formatAnswerTable } from '../../presentation/terminal.ts';
import { createDiagnostic } from '../../vocabulary/diagnostics.ts';
import { cpuResult, createPlan } from './fixtures.ts';

const result = cpuResult();
const plan = createPlan([result]);

describe('doubts of results, plan and modes', () => {
  it('are all there, each naming what it is about', () => {
    const all = allDiagnostics([result], plan);
    expect(all).toContainEqual(
      createDiagnostic('SHARED_MACHINE', 'Generator and target shared 2 cores.', result.target.name),
    );
    expect(all.find((each) => each.code === 'SIMULATED_TARGET')?.subject).toBe('on-prem-gpu');
    expect(all.find((each) => each.code === 'ASSUMED_INPUT')?.subject).toBe('escalation');
  });

  it('are said once of everything that they are said of', () => {
    const stale = createDiagnostic('STALE_PRICE', 'egress is dated 2024', 'egress');
    const twice = {
      ...plan,
      diagnostics: [],
      modes: plan.modes.map((mode) => ({ ...mode, diagnostics: mode.mode === 'serverless' ? [] : [stale] })),
    };
    const all = allDiagnostics([], twice);
    expect(all).toEqual([
      createDiagnostic(
        'STALE_PRICE',
        'egress is dated 2024',
        'demo-compose, egress; kubernetes-cloud-llm, egress; on-prem-gpu, egress',
      ),
    ]);
  });

  it('are grouped by code, errors first, nothing lost', () => {
    const given = [
      createDiagnostic('STALE_PRICE', 'a'),
      createDiagnostic('UNSTABLE_QUEUE', 'b', 'gpu'),
      createDiagnostic('STALE_PRICE', 'c'),
    ];
    expect(groupDiagnostics(given)).toMatchObject([
      { code: 'UNSTABLE_QUEUE', severity: 'error', said: ['gpu: b'] },
      { code: 'STALE_PRICE', severity: 'warning', said: ['a', 'c'] },
    ]);
  });
});

describe('a terminal with many doubts of one kind', () => {
  it('counts them, so that the answer is not driven off the screen', () => {
    const many = Array.from({ length: 11 }, (_, i) => createDiagnostic('STALE_PRICE', `price ${i} is old`));
    const text = formatAnswerTable({ ...plan, diagnostics: many }, []).replace(/\s+/g, ' ');
    expect(text).toContain('11 cases, all in the report; first price 0 is old');
    expect(text).not.toContain('price 1 is old');
    expect(text.match(/STALE_PRICE/g)?.length).toBe(1);
  });

  it('lists two, and leaves notes to the report', () => {
    const few = ['one', 'two'].map((message) => createDiagnostic('STALE_PRICE', message));
    const text = formatAnswerTable({ ...plan, diagnostics: few }, [result]);
    expect(text).toMatch(/STALE_PRICE: one\n.*STALE_PRICE: two/);
    expect(text).not.toContain('SHARED_MACHINE');
  });
});
