import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planInCode } from '../../examples/plan-in-code.ts';
import * as api from '../../planner/index.ts';
import { writeResultFile } from '../../vocabulary/result-file.ts';
import { ROOT, scratchFolder } from '../end-to-end/command.ts';
import { llamaResult, simulatedResult } from '../planner/fixtures/result.ts';

const EXAMPLE = join(ROOT, 'examples/plan-in-code.ts');
const NOW = Date.UTC(2026, 10, 21);

function resultsIn(folder: string): string[] {
  return [llamaResult(), simulatedResult()].map((result) =>
    api.unwrap(writeResultFile(join(folder, `${result.runId}.json`), result)),
  );
}

describe('the example of planning in code', () => {
  it('says what the plan of the same input says', () => {
    const lines = planInCode(resultsIn(scratchFolder()), NOW);
    const catalogue = api.unwrap(api.readCatalogue());
    const plan = api.unwrap(
      api.planModes({
        results: [llamaResult(), simulatedResult()],
        catalogue,
        modes: api.unwrap(api.readAllModes(catalogue)),
        interactionsPerDay: 25_000,
        overrides: { escalationRatio: 0.12 },
        seed: 1,
        nowUnixMs: NOW,
      }),
    );
    for (const mode of plan.modes) {
      const line = lines.find((each) => each.startsWith(`${mode.mode}: `)) ?? '';
      if (mode.kind === 'refused') expect(line).toContain(mode.reason);
      else {
        for (const { tier, replicas } of mode.tiers) expect(line).toContain(`${replicas} ${tier}`);
        expect(line).toContain(mode.usdPerInteraction.ai.p50.toPrecision(3));
        expect(line.includes('SIMULATED')).toBe(mode.simulated);
      }
    }
    expect(lines.some((line) => line.includes('because interactionsPerDay 25000 → 2000000'))).toBe(true);
    expect(lines.some((line) => /^(within|over) the budget/.test(line))).toBe(true);
  });

  it('is a program: refuses by name, and prints the same lines', () => {
    const results = resultsIn(scratchFolder());
    const printed = execFileSync(process.execPath, [EXAMPLE, ...results], { encoding: 'utf8' });
    expect(printed).toContain('today, 25,000 interactions a day:');
    expect(printed.trim().split('\n').length).toBe(planInCode(results, NOW).length);
    const none = execFileSync(process.execPath, [EXAMPLE], { encoding: 'utf8' });
    expect(none).toContain('error INVALID_DEMAND');
    expect(none).toContain('run busyhour bench first');
  });

  it('needs nothing but the front door', () => {
    const imports = [...readFileSync(EXAMPLE, 'utf8').matchAll(/from '(\.[^']+)'/g)].map((match) => match[1]);
    expect(imports).toEqual(['../planner/index.ts']);
  });
});

describe('the front door of planning', () => {
  it('has what a caller needs, each under one name', () => {
    const names = Object.keys(api);
    for (const name of [
      'planModes',
      'diffPlans',
      'judgeBudget',
      'parseCeiling',
      'readPlanBudget',
      'readCatalogue',
      'readMode',
      'readAllModes',
      'readResultFile',
      'readPlanFile',
      'writePlanFile',
      'unwrap',
      'formatFailure',
    ]) {
      expect(names).toContain(name);
    }
  });

  it('prints nothing and reads no clock: the same input gives the same plan', () => {
    const catalogue = api.unwrap(api.readCatalogue());
    const input: api.PlanInput = {
      results: [llamaResult(), simulatedResult()],
      catalogue,
      modes: api.unwrap(api.readAllModes(catalogue)),
      interactionsPerDay: 25_000,
      seed: 7,
      nowUnixMs: NOW,
    };
    expect(JSON.stringify(api.planModes(input))).toBe(JSON.stringify(api.planModes(input)));
  });
});
