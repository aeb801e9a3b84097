import { describe, expect, it } from 'vitest';
import { formatScenario, parseScenario, resolveScenario } from '../../scenarios/scenario.ts';
import { unwrap } from '../../vocabulary/errors.ts';

const constant = (value: number) => ({ distribution: { kind: 'constant', value }, source: 'a test' });
const requests = () => ({ kind: 'requests', inputTokens: constant(5), outputTokens: constant(3) });
const conversations = () => ({
  kind: 'conversations',
  turns: constant(4),
  thinkTimeMs: constant(100),
  userTokens: constant(5),
  outputTokens: constant(3),
  systemPromptTokens: constant(0),
});
const base = () => ({
  name: 'small',
  description: 'A test.',
  workload: conversations(),
  load: { kind: 'steps', steps: [{ turnsPerS: 2 }] },
  slos: [
    { kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: 2_000 },
    { kind: 'error-ratio', limitRatio: 0.01 },
  ],
});
const withLoad = (load: object) => ({ ...base(), load });

/** The document with the value at `path` replaced; the path is written as messages write it. */
function replaced(document: object, path: string, value: unknown): unknown {
  const keys = path.replaceAll('[', '.').replaceAll(']', '').split('.');
  const copy = structuredClone(document) as Record<string, unknown>;
  let at = copy;
  for (const key of keys.slice(0, -1)) {
    at[key] ??= {};
    at = at[key] as Record<string, unknown>;
  }
  at[keys.at(-1) ?? ''] = value;
  return copy;
}

const closed = () => withLoad({ kind: 'closed', steps: [{ concurrency: 3 }] });
const search = () => withLoad({ kind: 'find-capacity' });

/** Every number of a scenario: where it stands, what is just inside its bounds, what just outside, and what is said. */
const BOUNDS: readonly (readonly [
  () => object,
  string,
  readonly number[],
  readonly (readonly [number, string])[],
])[] = [
  [
    base,
    'seed',
    [0, 4_294_967_295],
    [
      [-1, '≥ 0'],
      [4_294_967_296, '≤ 4294967295'],
      [0.5, 'int'],
    ],
  ],
  [
    base,
    'maxInFlight',
    [1, 1e6],
    [
      [0, '> 0'],
      [1.5, 'int'],
    ],
  ],
  [
    base,
    'drainMs',
    [0, 86_400_000],
    [
      [-1, '≥ 0'],
      [86_400_001, '≤ 86400000'],
    ],
  ],
  ...(['connectMs', 'firstTokenMs', 'idleMs', 'totalMs'] as const).map(
    (limit) =>
      [
        base,
        `timeouts.${limit}`,
        [0.5, 1e6],
        [
          [0, '> 0'],
          [-1, '> 0'],
        ],
      ] as const,
  ),
  [
    base,
    'load.steps[0].turnsPerS',
    [1e-6, 1e5],
    [
      [0, '> 0'],
      [-2, '> 0'],
    ],
  ],
  [base, 'load.steps[0].warmUpMs', [0, 1e6], [[-1, '≥ 0']]],
  [base, 'load.steps[0].windowMs', [1], [[0, '> 0']]],
  [
    closed,
    'load.steps[0].concurrency',
    [1, 4_096],
    [
      [0, '> 0'],
      [2.5, 'int'],
      [4_097, 'at most maxInFlight (4096)'],
    ],
  ],
  [search, 'load.budgetMs', [2_000], [[1_999, '≥ 2000']]],
  [
    search,
    'load.probeShareRatio',
    [0.05, 0.5],
    [
      [0.04, '≥ 0.05'],
      [0.51, '≤ 0.5'],
    ],
  ],
  [search, 'load.warmUpMs', [0], [[-1, '≥ 0']]],
  [search, 'load.windowMs', [1], [[0, '> 0']]],
  [
    search,
    'load.maxSteps',
    [2, 50],
    [
      [1, '≥ 2'],
      [51, '≤ 50'],
      [2.5, 'int'],
    ],
  ],
  [search, 'load.maxTurnsPerS', [1e-3], [[0, '> 0']]],
  [
    search,
    'load.resolutionRatio',
    [0.001, 0.999],
    [
      [0, '> 0'],
      [1, '< 1'],
    ],
  ],
  [
    base,
    'slos[0].percentile',
    [0.1, 99.999],
    [
      [0, '> 0'],
      [100, '< 100'],
    ],
  ],
  [base, 'slos[0].limitMs', [0.1], [[0, '> 0']]],
  [
    base,
    'slos[1].limitRatio',
    [0, 1],
    [
      [-0.01, '≥ 0'],
      [1.01, '≤ 1'],
    ],
  ],
  [
    base,
    'workload.maxHistoryTokens',
    [1],
    [
      [0, '> 0'],
      [1.5, 'int'],
    ],
  ],
  [base, 'workload.nominalResponseMs', [0], [[-1, '≥ 0']]],
];

function onlyIssue(input: unknown) {
  const result = resolveScenario(input, 'small.yaml');
  if (result.kind !== 'failed') throw new Error(`it was accepted: ${JSON.stringify(input)}`);
  expect(result.failure).toMatchObject({ code: 'INVALID_SCENARIO', message: 'small.yaml has 1 problem' });
  const [issue] = result.failure.issues;
  if (issue === undefined) throw new Error('no issue');
  return issue;
}

describe.each(BOUNDS)('a number of a scenario', (document, path, inside, outside) => {
  it(`${path} is taken up to its bounds`, () => {
    for (const value of inside) expect(resolveScenario(replaced(document(), path, value)).kind).toBe('ok');
  });

  it(`${path} is refused beyond, with path, expected, got and fix`, () => {
    for (const [value, expected] of outside) {
      const issue = onlyIssue(replaced(document(), path, value));
      expect(issue).toMatchObject({ path, got: String(value), fix: 'change the value to what is expected' });
      expect(issue.expected).toContain(expected);
    }
    for (const value of ['7', null, Number.NaN, Number.POSITIVE_INFINITY, {}]) {
      expect(onlyIssue(replaced(document(), path, value)).path).toBe(path);
    }
  });
});

describe('a field of a scenario', () => {
  it.each(['name', 'description', 'workload', 'load', 'workload.turns', 'workload.userTokens.source'])(
    '%s must be there',
    (path) => {
      expect(onlyIssue(replaced(base(), path, undefined))).toMatchObject({
        path,
        got: 'nothing',
        fix: 'add the field',
      });
    },
  );

  it.each([
    ['protocol', 'ftp', '"openai-chat", "dialog", "http"'],
    ['workload.afterFailure', 'shrug', '"continue", "abandon"'],
    ['slos[0].metric', 'speed', '"latencyMs"'],
  ])('%s is one of a list, which the message gives', (path, value, listed) => {
    const issue = onlyIssue(replaced(base(), path, value));
    expect(issue).toMatchObject({ path, got: `"${value}"` });
    expect(issue.expected).toContain(listed);
  });

  it.each(['', 'Big', 'a_b', '-a', 'a-', 'a--b', 'a b', '../a'])('name is no "%s"', (name) => {
    expect(onlyIssue({ ...base(), name }).path).toBe('name');
  });

  it.each(['colour', 'workload.colour', 'load.colour', 'timeouts.colour', 'load.steps[0].colour'])(
    '%s is unknown and is named',
    (path) => {
      expect(onlyIssue(replaced(base(), path, 1))).toMatchObject({
        path: path.includes('.') ? path.slice(0, path.lastIndexOf('.')) : '(root)',
        expected: 'only known fields',
        fix: 'remove or rename colour',
      });
    },
  );
});

describe('the defaults', () => {
  it('are those that the docs state, and are written out', () => {
    const { slos: _slos, ...bare } = base();
    const scenario = unwrap(resolveScenario(bare));
    expect(scenario).toMatchObject({
      protocol: 'openai-chat',
      arrivals: { kind: 'poisson' },
      slos: [],
      timeouts: { connectMs: 2_000, firstTokenMs: 30_000, idleMs: 10_000, totalMs: 60_000 },
      maxInFlight: 4_096,
      drainMs: 5_000,
      seed: 1,
      workload: {
        exactOutputTokens: true,
        maxHistoryTokens: 100_000,
        nominalResponseMs: 1_000,
        afterFailure: 'continue',
      },
    });
    expect(unwrap(parseScenario(formatScenario(scenario), 'again'))).toEqual(scenario);
    expect(unwrap(resolveScenario(scenario))).toEqual(scenario);
  });

  it('of a search are those of a run of half a minute', () => {
    expect(unwrap(resolveScenario(search())).load).toEqual({
      kind: 'find-capacity',
      budgetMs: 30_000,
      probeShareRatio: 0.2,
      warmUpMs: 1_000,
      windowMs: 4_000,
      maxSteps: 8,
      maxTurnsPerS: 10_000,
      resolutionRatio: 0.1,
    });
    expect(unwrap(resolveScenario(closed())).load).toMatchObject({ thinkTime: 'drawn' });
    expect(unwrap(resolveScenario({ ...base(), workload: requests() })).workload).toMatchObject({
      exactOutputTokens: true,
    });
  });
});
