import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unwrap } from '../../vocabulary/errors.ts';
import { readPlanFile } from '../../vocabulary/plan-file.ts';
import { readResultFile } from '../../vocabulary/result-file.ts';
import { eventually, processesWith, runCommand, scratchFolder, startCommand } from './command.ts';

const DEMO_LIMIT_MS = 120_000;

describe('busyhour demo', () => {
  it(
    'measures both engines, plans three modes and writes a report that says what is simulated',
    async () => {
      const out = join(scratchFolder(), 'report');
      const { exitCode, stderr } = await runCommand(['demo', '--budget-s', '16', '--out', out]);
      expect(exitCode, stderr).toBe(0);

      const measured = unwrap(readResultFile(join(out, 'result.json')));
      const simulated = unwrap(readResultFile(join(out, 'result-simulated.json')));
      expect([measured.target.engine, measured.target.simulated]).toEqual(['llama', false]);
      expect([simulated.target.engine, simulated.target.simulated]).toEqual(['simulated', true]);
      for (const { steps, state } of [measured, simulated]) {
        expect(state).toBe('complete');
        expect(steps.length).toBeGreaterThanOrEqual(1);
        expect(steps.reduce((sum, step) => sum + step.counts.completed, 0)).toBeGreaterThan(20);
        for (const { counts } of steps) {
          expect(counts.completed + counts.failed + counts.timedOut + counts.dropped).toBe(counts.offered);
        }
      }

      const plan = unwrap(readPlanFile(join(out, 'plan.json')));
      expect(plan.demand.interactionsPerDay).toBe(25_000);
      expect(plan.modes.map(({ mode }) => mode).sort()).toEqual(['compose', 'kubernetes', 'onprem']);
      const onprem = plan.modes.find(({ mode }) => mode === 'onprem');
      if (onprem?.kind === 'planned') expect(onprem.simulated).toBe(true);

      const html = readFileSync(join(out, 'report.html'), 'utf8');
      expect(html).toMatch(/simulated/i);
      expect(html.match(/<svg/g)?.length).toBeGreaterThanOrEqual(3);
      expect(html).not.toMatch(/(?:src|href)="https?:/);
      expect(readFileSync(join(out, 'plan.csv'), 'utf8').split('\n').length).toBeGreaterThan(5);
      expect(existsSync(join(out, 'report.md'))).toBe(true);
      expect(stderr).toContain('report.html');
      expect(processesWith(out)).toEqual([]);
    },
    DEMO_LIMIT_MS,
  );

  it(
    'leaves a valid partial result and no process behind after Ctrl-C',
    async () => {
      const out = join(scratchFolder(), 'report');
      // The seed marks this run's own processes among all others on the machine.
      const marker = '--seed 424217';
      const run = startCommand(['demo', '--budget-s', '60', '--out', out, '--seed', '424217']);
      await eventually(() => run.stderr().includes('probe'), 60_000);
      run.kill('SIGINT');
      const { exitCode } = await run.finished;
      expect(exitCode).toBe(130);
      expect(processesWith(marker)).toEqual([]);
      const result = unwrap(readResultFile(join(out, 'result.json')));
      expect(result.state).toBe('partial');
      expect(result.diagnostics.map(({ code }) => code)).toContain('INTERRUPTED');
      expect(existsSync(join(out, 'plan.json'))).toBe(false);
    },
    DEMO_LIMIT_MS,
  );

  it(
    'leaves no process behind when it is killed outright',
    async () => {
      const out = join(scratchFolder(), 'report');
      const run = startCommand(['demo', '--budget-s', '60', '--out', out]);
      await eventually(() => run.stderr().includes('probe'), 60_000);
      const children = (): string[] => processesWith('--exit-with-parent');
      expect(children().length).toBeGreaterThanOrEqual(2);
      run.kill('SIGKILL');
      await run.finished;
      await eventually(() => children().length === 0, 20_000);
    },
    DEMO_LIMIT_MS,
  );
});
