import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { updateBaseline } from '../../../bench/judge/baseline.ts';
import { parseBudgets, type ReadBudgets } from '../../../bench/judge/budgets.ts';
import { checkBudgets } from '../../../bench/judge/check-budgets.ts';
import { type GateOutcome, runGate } from '../../../bench/judge/gate.ts';
import {
  buildGitlabReport,
  detectAnnotations,
  formatGithubAnnotations,
} from '../../../bench/judge/gate-annotations.ts';
import { formatJunit } from '../../../bench/judge/gate-junit.ts';
import { formatGate, formatGateMarkdown } from '../../../bench/judge/gate-text.ts';
import { buildSchemas } from '../../../docs/schemas.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import type { ResultFile } from '../../../vocabulary/result-file.ts';
import { scratchFolder } from '../../end-to-end/command.ts';
import { abResult, latenciesOf, resultOf, stepOf } from './result-of.ts';

const HEAD = 'kind: busyhour-budgets\nschemaVersion: 1\n';
const budgetsOf = (text: string): ReadBudgets => unwrap(parseBudgets(`${HEAD}${text}`, 'budgets.yaml'));

const BUDGETS = budgetsOf(`budgets:
  - { kind: latency, metric: latencyMs, percentile: 95, limitMs: 200 }
  - { kind: latency, metric: latencyMs, percentile: 50, limitMs: 5 }
  - { kind: error-ratio, limitRatio: 0.05 }
  - { kind: rate, metric: goodputPerS, minPerS: 10 }
  - { kind: rate, metric: throughputPerS, minPerS: 1000 }
  - { kind: case, case: encode, maxNsPerOp: 90 }
`);

const candidate = (): ResultFile =>
  resultOf({
    steps: [stepOf({ latenciesMs: latenciesOf(1, { count: 2_000, medianMs: 20 }), windowMs: 20_000 })],
    micro: [{ case: 'encode', nsPerOp: Array.from({ length: 20 }, (_, i) => 100 + (i % 5)) }],
  });

describe('the budgets file', () => {
  it('fills in every default, and takes what the schema says', () => {
    const { file } = budgetsOf('');
    expect(file).toMatchObject({
      onNotEnoughEvidence: 'warn',
      compare: { falseAlarmProbability: 0.01, minEffectRatio: 0.02 },
      budgets: [],
    });
    const schema = JSON.parse(buildSchemas().get('budgets.schema.json') ?? '');
    const validate = new Ajv2020({ strict: false }).compile(schema);
    expect(
      validate({ kind: 'busyhour-budgets', schemaVersion: 1, baselines: { default: 'main.json' } }),
    ).toBe(true);
    expect(validate({ kind: 'busyhour-budgets', schemaVersion: 1, budget: [] })).toBe(false);
  });

  it('lists every problem with its path', () => {
    const parsed = parseBudgets(
      `${HEAD}compare: { metrics: [p95:speed], minEffectRatio: 2 }\nbudgets:\n  - { kind: latency, metric: latencyMs, percentile: 0, limitMs: 1 }\n`,
      'budgets.yaml',
    );
    expect(parsed.kind).toBe('failed');
    const paths = parsed.kind === 'failed' ? parsed.failure.issues.map(({ path }) => path) : [];
    expect(paths).toEqual(
      expect.arrayContaining(['compare.metrics[0]', 'compare.minEffectRatio', 'budgets[0].percentile']),
    );
    expect(parsed).toMatchObject({ failure: { code: 'INVALID_BUDGETS' } });
  });
});

describe('budgets', () => {
  const checks = checkBudgets(BUDGETS.file.budgets, BUDGETS.lines, [candidate()]);

  it('are met, missed, or open, each with what was observed and its line', () => {
    expect(checks.map(({ verdict }) => verdict)).toEqual(['met', 'missed', 'met', 'met', 'missed', 'missed']);
    expect(checks.map(({ line }) => line)).toEqual([4, 5, 6, 7, 8, 9]);
    expect(checks[0]).toMatchObject({ subject: '1 at once', budget: 'p95 turn latency ≤ 200 ms' });
    expect(checks[3]?.observed).toBe('100/s');
  });

  it('for a load or a case that a whole candidate does not have are missed, and open where it was stopped', () => {
    const yaml = `budgets:
  - { kind: error-ratio, limitRatio: 0.1, load: 9 at once }
  - { kind: case, case: sse-pars, maxNsPerOp: 100 }
`;
    const { budgets } = budgetsOf(yaml).file;
    const missed = checkBudgets(budgets, [], [candidate()]);
    expect(missed).toMatchObject([
      {
        subject: '9 at once',
        observed: '—',
        verdict: 'missed',
        reason: expect.stringContaining('no such load; it has 1 at once'),
      },
      { subject: 'sse-pars', verdict: 'missed', reason: expect.stringContaining('no such case; it has ') },
    ]);
    const stopped = checkBudgets(budgets, [], [{ ...candidate(), state: 'partial' as const }]);
    expect(stopped.map(({ verdict }) => verdict)).toEqual(['not enough evidence', 'not enough evidence']);
  });

  it('are open where the evidence is: few samples, a saturated generator', () => {
    const few = resultOf({ steps: [stepOf({ latenciesMs: Array<number>(20).fill(20) })] });
    expect(checkBudgets(BUDGETS.file.budgets.slice(0, 1), [], [few])[0]?.verdict).toBe('not enough evidence');
    const diagnostics = [{ code: 'GENERATOR_SATURATED' as const, message: 'late', subject: 'step  1' }];
    const late = { ...candidate(), diagnostics };
    expect(checkBudgets(BUDGETS.file.budgets.slice(0, 1), [], [late])[0]?.verdict).toBe(
      'not enough evidence',
    );
  });

  it('of another scenario are passed over, and of variants judge the candidate', () => {
    const other = budgetsOf('budgets:\n  - { kind: error-ratio, limitRatio: 0.1, scenario: other }\n');
    expect(checkBudgets(other.file.budgets, [], [candidate()])).toEqual([]);
    const limit = budgetsOf(
      'budgets:\n  - { kind: latency, metric: latencyMs, percentile: 50, limitMs: 30 }\n',
    );
    const slowB = abResult(1, { blocks: 10, ratio: 2, noise: 0.01 });
    expect(checkBudgets(limit.file.budgets, [], [slowB])).toMatchObject([{ verdict: 'missed' }]);
  });
});

const gateOf = (result: ResultFile, budgets = budgetsOf('')): GateOutcome =>
  runGate({ baseline: [], candidate: [result], budgets });

describe('the gate', () => {
  it('ends with 31 on a regression, 30 on a missed budget before that, 0 else', () => {
    expect(gateOf(abResult(1, { blocks: 30, ratio: 1.1 })).exitCode).toBe(31);
    expect(gateOf(abResult(1, { blocks: 30, ratio: 0.9 })).exitCode).toBe(0);
    const strict = budgetsOf(
      'budgets:\n  - { kind: latency, metric: latencyMs, percentile: 50, limitMs: 1 }\n',
    );
    expect(gateOf(abResult(1, { blocks: 30, ratio: 1.1 }), strict)).toMatchObject({
      exitCode: 30,
      verdict: 'budget missed',
    });
  });

  it('passes, warns or fails on too little evidence, as the file says', () => {
    const few = abResult(1, { blocks: 3, ratio: 1.1 });
    const verdictOf = (mode: string) => gateOf(few, budgetsOf(`onNotEnoughEvidence: ${mode}\n`));
    expect(verdictOf('warn')).toMatchObject({ exitCode: 0, verdict: 'passed with warnings' });
    expect(verdictOf('pass')).toMatchObject({ exitCode: 0, verdict: 'passed' });
    expect(verdictOf('fail')).toMatchObject({ exitCode: 31, verdict: 'regression' });
  });
});

const NASTY = 'a<b> & "c"\u0007 ]]> ::error::%0A | `x`';

function nastyOutcome(): GateOutcome {
  const micro = (values: number[]) => [{ case: NASTY, nsPerOp: values }];
  const slow = Array.from({ length: 20 }, (_, i) => 100 + i);
  return runGate({
    baseline: [resultOf({ micro: micro(slow) })],
    candidate: [
      { ...candidate(), micro: [...micro(slow.map((value) => value * 1.2)), ...(candidate().micro ?? [])] },
    ],
    budgets: BUDGETS,
  });
}

/** Reads the file with Python's own XML parser, which is none of ours. */
const JUNIT_READER = `
import sys, json, xml.etree.ElementTree as E
root = E.parse(sys.argv[1]).getroot()
assert root.tag == 'testsuites', root.tag
suites = []
for suite in root:
    assert suite.tag == 'testsuite', suite.tag
    cases = [c for c in suite if c.tag == 'testcase']
    assert len(cases) == int(suite.get('tests'))
    assert sum(c.find('failure') is not None for c in cases) == int(suite.get('failures'))
    assert sum(c.find('skipped') is not None for c in cases) == int(suite.get('skipped'))
    for c in cases:
        assert c.get('name') and c.get('classname') and c.get('time') is not None
        assert len(c) <= 1
    suites.append({'name': suite.get('name'), 'cases': [[c.get('classname'), c.get('name'), (c[0].tag if len(c) else 'passed')] for c in cases]})
assert int(root.get('tests')) == sum(len(s['cases']) for s in suites)
print(json.dumps(suites))
`;

const hasPython = (() => {
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

describe('what the gate writes', () => {
  it.skipIf(!hasPython)('is JUnit XML to an independent parser, whatever the names (needs python3)', () => {
    const path = join(scratchFolder(), 'gate.xml');
    writeFileSync(path, formatJunit(nastyOutcome()));
    const suites = JSON.parse(execFileSync('python3', ['-c', JUNIT_READER, path], { encoding: 'utf8' }));
    expect(suites.map(({ name }: { name: string }) => name)).toEqual([
      'comparison with the baseline',
      'budgets',
    ]);
    const cases = suites[0].cases as string[][];
    expect(cases.map((each) => each[2])).toContain('failure');
    expect(cases.map((each) => each[0]).join()).toContain('a<b> & "c"');
    const budgets = (suites[1].cases as string[][]).map((each) => each[2]);
    expect(budgets).toEqual(['passed', 'failure', 'passed', 'passed', 'failure', 'failure']);
  });

  it('is GitHub workflow commands of one line each, at the line of the budget', () => {
    const lines = formatGithubAnnotations(nastyOutcome(), 'ci/budgets.yaml');
    expect(lines.every((line) => /^::(error|warning) [^\n]+::[^\n]+$/.test(line))).toBe(true);
    expect(lines).toContainEqual(expect.stringContaining('::error file=ci/budgets.yaml,line=5,title='));
    const title = /title=([^:]*)::/.exec(lines[0] ?? '')?.[1];
    expect(title).toContain('%3A');
  });

  it("is GitLab's code quality report: every field, and fingerprints that differ", () => {
    const report = buildGitlabReport(nastyOutcome(), 'ci/budgets.yaml');
    const prints = report.map(({ fingerprint }) => fingerprint);
    expect(new Set(prints).size).toBe(prints.length);
    for (const each of report) {
      expect(each.severity).toMatch(/^(info|minor|major|critical|blocker)$/);
      expect(each.location.path).toBe('ci/budgets.yaml');
      expect(each.location.lines.begin).toBeGreaterThanOrEqual(1);
      expect(each.description).not.toBe('');
    }
  });

  it('is tables for people: every row with as many cells as its head', () => {
    const markdown = formatGateMarkdown(nastyOutcome());
    const rows = markdown.split('\n').filter((line) => line.startsWith('|'));
    const cells = rows.map((row) => row.replace(/\\\|/g, '').split('|').length);
    expect(new Set(cells)).toEqual(new Set([9, 7]));
    expect(markdown).toContain('budget missed');
    const text = formatGate(nastyOutcome());
    expect(text).toContain('exit code 30');
    expect(text).toMatch(/missed/);
  });

  it('follows the CI that it finds itself in', () => {
    expect(detectAnnotations({ GITHUB_ACTIONS: 'true' })).toBe('github');
    expect(detectAnnotations({ GITLAB_CI: 'true' })).toBe('gitlab');
    expect(detectAnnotations({})).toBe('none');
  });
});

describe('a baseline', () => {
  const update = (folder: string, result: ResultFile, previous?: ResultFile, force?: string) =>
    updateBaseline({ path: join(folder, 'main.json'), candidate: result, previous, force, atUnixMs: 5 });

  it('is replaced whole, and what came before is noted', () => {
    const folder = scratchFolder();
    unwrap(update(folder, candidate()));
    unwrap(update(folder, { ...candidate(), runId: 'run-2' }, candidate()));
    expect(readdirSync(folder).sort()).toEqual(['main.json', 'main.json.history.jsonl']);
    expect(JSON.parse(readFileSync(join(folder, 'main.json'), 'utf8')).runId).toBe('run-2');
    const history = readFileSync(join(folder, 'main.json.history.jsonl'), 'utf8').trim().split('\n');
    expect(history.map((line) => JSON.parse(line).previousRunId)).toEqual([null, 'run-1']);
  });

  it('refuses what is partial, saturated, empty or of something else, and takes it with a reason', () => {
    const late = { code: 'GENERATOR_SATURATED' as const, message: 'late', subject: 'step  1' };
    const wrong: ResultFile[] = [
      { ...candidate(), state: 'partial' },
      { ...candidate(), diagnostics: [late] },
      { ...candidate(), steps: [], micro: [] },
      { ...candidate(), target: { ...candidate().target, model: 'other' } },
      { ...candidate(), machine: { ...candidate().machine, cores: 64 } },
      { ...candidate(), scenario: { name: 'checkout', protocol: 'dialog' } },
    ];
    for (const result of wrong) {
      const folder = scratchFolder();
      const refused = update(folder, result, candidate());
      expect(refused).toMatchObject({ kind: 'failed', failure: { code: 'BASELINE_REFUSED' } });
      expect(refused.kind === 'failed' && refused.failure.issues.length).toBeGreaterThan(0);
      expect(existsSync(join(folder, 'main.json'))).toBe(false);
      unwrap(update(folder, result, candidate(), 'the runner was replaced'));
      const note = JSON.parse(readFileSync(join(folder, 'main.json.history.jsonl'), 'utf8'));
      expect(note.forced).toBe('the runner was replaced');
    }
  });
});
