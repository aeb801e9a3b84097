import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createRandom } from '../../../vocabulary/random.ts';
import { tenantShares } from '../../workload/tenants.ts';
import { composeText } from '../../workload/text.ts';
import { PROTO_FILE } from './body/grpc.ts';
import { bodyOf, importsOf } from './body/protocol-parts.ts';
import type { K6Plan } from './plan.ts';
import { type K6Thresholds, thresholdsFrom } from './thresholds.ts';

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
    steps: plan.steps.map(({ executor: _executor, startsAtMs: _startsAtMs, ...step }) => step),
  };
}

const judgedBy = ({ scenario, steps }: K6Plan): K6Thresholds =>
  thresholdsFrom(scenario.slos, steps, scenario.protocol);

/** Every note of what k6 does otherwise than the native engine. */
export const notesOf = (plan: K6Plan): string[] => [...plan.notes, ...judgedBy(plan).notes];

/** Environment variables that hold the keys of tenants, by tenant. */
function tenantKeysOf({ workload }: K6Plan['scenario']): Record<string, string> {
  const shares = workload.tenants === undefined ? [] : tenantShares(workload.tenants);
  return Object.fromEntries(
    shares.flatMap(({ name, apiKeyEnv }) => (apiKeyEnv === undefined ? [] : [[name, apiKeyEnv]])),
  );
}

const optionsOf = (plan: K6Plan) => ({
  scenarios: Object.fromEntries(
    plan.steps.map(({ id, executor, startsAtMs }) => [
      id,
      { ...executor, startTime: `${Math.round(startsAtMs)}ms`, exec: 'interaction' },
    ]),
  ),
  thresholds: judgedBy(plan).thresholds,
  // Answers are read for their end mark, their usage and as history of the next turn.
  discardResponseBodies: false,
});

function planText(plan: K6Plan, options: K6ScriptOptions): string {
  const { scenario } = plan;
  const { workload, load } = scenario;
  const text = {
    url: options.url,
    model: options.model ?? 'default',
    protocol: scenario.protocol,
    ...(scenario.protocol === 'grpc' ? { protoFile: PROTO_FILE } : {}),
    timeouts: scenario.timeouts,
    exactOutputTokens: workload.exactOutputTokens,
    maxHistoryTokens: 'maxHistoryTokens' in workload ? workload.maxHistoryTokens : 0,
    abandons: 'afterFailure' in workload && workload.afterFailure === 'abandon',
    thinks: !('thinkTime' in load && load.thinkTime === 'none'),
    tenantKeys: tenantKeysOf(scenario),
    tokenTrends: judgedBy(plan).tokenTrends,
    steps: plan.steps.map(({ executor: _executor, ...step }) => step),
    options: optionsOf(plan),
    record: recordOf(plan, notesOf(plan)),
  };
  return JSON.stringify(text, null, 1);
}

const commented = (lines: readonly string[]): string => lines.map((line) => `// ${line}`).join('\n');

/** A file that k6 needs beside the script. */
export interface K6Companion {
  readonly name: string;
  readonly text: string;
}

const PROTO = fileURLToPath(new URL('../../../runtime/inference/proto/inference.proto', import.meta.url));

/** Files to lie beside the script: the interface of the inference server for gRPC, which k6 reads from a file alone. */
export const companionsOf = ({ scenario }: K6Plan): K6Companion[] =>
  scenario.protocol === 'grpc' ? [{ name: PROTO_FILE, text: readFileSync(PROTO, 'utf8') }] : [];

/** A companion inside the script as well, for whoever has the script alone: `sed` takes it out again. */
const embedded = ({ text }: K6Companion): string =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => `//proto ${line}`)
    .join('\n');

const ADDRESS = String.raw`
const GIVEN_URL = (__ENV.BASE_URL || PLAN.url).replace(/^ws/, 'http');
const BASE_URL = PLAN.protocol === 'http' ? GIVEN_URL : GIVEN_URL.replace(/\/+$/, '');
const MODEL = __ENV.MODEL || PLAN.model;
`;

/**
 * A script that needs nothing but k6 (and its companions): plan, drawn interactions and words are inside. Same plan, same
 * bytes.
 */
export function renderK6Script(plan: K6Plan, options: K6ScriptOptions): string {
  const { protocol } = plan.scenario;
  const head = commented([
    `Scenario ${plan.scenario.name}, written by busyhour k6 export (seed ${plan.seed}).`,
    'Run: k6 run -e BASE_URL=http://… [-e MODEL=…] [-e API_KEY=…] --summary-export summary.json --out json=points.json THIS',
    'then: busyhour k6 import summary.json --points points.json',
    ...notesOf(plan).map((note) => `Note: ${note}.`),
  ]);
  return [
    head,
    importsOf(protocol),
    '',
    `const PLAN = ${planText(plan, options)};`,
    '',
    `const VOICES = ${JSON.stringify(voicesOf(plan.seed), null, 1)};`,
    '',
    `const SHAPES_TEXT = ${JSON.stringify(JSON.stringify(plan.shapes))};`,
    ADDRESS,
    bodyOf(protocol),
    ...companionsOf(plan).map(embedded),
    '',
  ].join('\n');
}
