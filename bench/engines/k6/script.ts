import { createRandom } from '../../../vocabulary/random.ts';
import { composeText } from '../../workload/text.ts';
import type { K6Plan } from './plan.ts';
import { SCRIPT_BODY } from './script-body.ts';
import { thresholdsFrom } from './thresholds.ts';

export interface K6ScriptOptions {
  /** Where the script sends to when BASE_URL is not set. */
  readonly url: string;
  readonly model?: string;
}

/** The script's own plan, and what it hands on to whoever imports its points. */
export interface K6Record {
  readonly scenario: unknown;
  readonly seed: number;
  readonly arrivals: string;
  readonly notes: readonly string[];
  readonly steps: readonly unknown[];
}

const IMPORTS = `import { sleep } from 'k6';
import { SharedArray } from 'k6/data';
import exec from 'k6/execution';
import http from 'k6/http';
import { Counter, Gauge, Rate, Trend } from 'k6/metrics';`;

/** Words of each voice in the script; longer texts begin again. */
const VOICE_WORDS = 2_000;

function voicesOf(seed: number): Record<string, string> {
  const random = createRandom(seed).fork('k6 texts');
  return {
    customer: composeText('customer', VOICE_WORDS, random),
    agent: composeText('agent', VOICE_WORDS, random),
    instructions: composeText('instructions', VOICE_WORDS, random),
  };
}

function recordOf(plan: K6Plan, notes: readonly string[]): K6Record {
  return {
    scenario: plan.scenario,
    seed: plan.seed,
    arrivals: plan.arrivals,
    notes,
    steps: plan.steps.map(({ id, name, load, warmUpMs, windowMs, knowsSchedule }) => ({
      id,
      name,
      load,
      warmUpMs,
      windowMs,
      knowsSchedule,
    })),
  };
}

/** Every note of what k6 does otherwise than the native engine. */
export const notesOf = (plan: K6Plan): string[] => [
  ...plan.notes,
  ...thresholdsFrom(plan.scenario.slos, plan.steps).notes,
];

function planText(plan: K6Plan, options: K6ScriptOptions): string {
  const { scenario } = plan;
  const { workload, load } = scenario;
  const { thresholds } = thresholdsFrom(scenario.slos, plan.steps);
  const text = {
    url: options.url,
    model: options.model ?? 'default',
    protocol: scenario.protocol,
    totalMs: scenario.timeouts.totalMs,
    exactOutputTokens: workload.exactOutputTokens,
    abandons: 'afterFailure' in workload && workload.afterFailure === 'abandon',
    thinks: !('thinkTime' in load && load.thinkTime === 'none'),
    steps: plan.steps.map(({ executor: _executor, ...step }) => step),
    options: {
      scenarios: Object.fromEntries(
        plan.steps.map(({ id, executor, startsAtMs }) => [
          id,
          { ...executor, startTime: `${Math.round(startsAtMs)}ms`, exec: 'interaction' },
        ]),
      ),
      thresholds,
      // Answers are read for their end mark, their usage and as history of the next turn.
      discardResponseBodies: false,
    },
    record: recordOf(plan, notesOf(plan)),
  };
  return JSON.stringify(text, null, 1);
}

const commented = (lines: readonly string[]): string => lines.map((line) => `// ${line}`).join('\n');

/** A script that needs nothing but k6: plan, drawn interactions and words are inside. Same plan, same bytes. */
export function renderK6Script(plan: K6Plan, options: K6ScriptOptions): string {
  const head = commented([
    `Scenario ${plan.scenario.name}, written by busyhour k6 export (seed ${plan.seed}).`,
    'Run: k6 run -e BASE_URL=http://… [-e MODEL=…] [-e API_KEY=…] --summary-export summary.json --out json=points.json THIS',
    'then: busyhour k6 import summary.json --points points.json',
    ...notesOf(plan).map((note) => `Note: ${note}.`),
  ]);
  return [
    head,
    IMPORTS,
    '',
    `const PLAN = ${planText(plan, options)};`,
    '',
    `const VOICES = ${JSON.stringify(voicesOf(plan.seed), null, 1)};`,
    '',
    `const SHAPES_TEXT = ${JSON.stringify(JSON.stringify(plan.shapes))};`,
    SCRIPT_BODY,
  ].join('\n');
}
