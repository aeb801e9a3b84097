import { readdirSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { failed, ok, type Result } from '../vocabulary/errors.ts';
import { parseWith, parseYaml, readText } from '../vocabulary/parse.ts';
import { sloSchema } from '../vocabulary/slo.ts';
import { actionSchema } from './actions.ts';
import { arrivalsSchema } from './arrivals.ts';
import { listClaims } from './claims.ts';
import { resolveDataSets, resolveFiles } from './data-set.ts';
import { largestConcurrency, loadPlanSchema } from './load.ts';
import { workloadSchema } from './workload.ts';

const spanMs = z.number().nonnegative().max(86_400_000);

/** The limits of one request, each from its own starting point; `0` is not "no limit". */
export const timeoutsSchema = z.strictObject({
  /** Until the connection stands. */
  connectMs: z.number().positive().default(2_000),
  /** From the send to the first content chunk. */
  firstTokenMs: z.number().positive().default(30_000),
  /** Between two reads of a body that has begun. */
  idleMs: z.number().positive().default(10_000),
  /** From the send to the last byte. */
  totalMs: z.number().positive().default(60_000),
});

export const PROTOCOLS = ['openai-chat', 'dialog', 'http', 'websocket', 'grpc'] as const;

/** What to ask of a target: work, arrivals, load, objectives and limits. Times are ms, rates per second. */
export const scenarioSchema = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'a name of lower-case words joined by hyphens'),
    description: z.string().min(1),
    protocol: z.enum(PROTOCOLS).default('openai-chat'),
    workload: workloadSchema,
    arrivals: arrivalsSchema.default({ kind: 'poisson' }),
    load: loadPlanSchema,
    /** What happens to the target at given instants: outages, kills, cold starts. */
    actions: z.array(actionSchema).default([]),
    slos: z.array(sloSchema).default([]),
    timeouts: timeoutsSchema.prefault({}),
    /** Requests sent and not ended; arrivals beyond it are dropped and counted. */
    maxInFlight: z.int().positive().default(4_096),
    /** How long after the window load goes on while counted requests are still unfinished. */
    drainMs: spanMs.default(5_000),
    seed: z.int().nonnegative().max(4_294_967_295).default(1),
  })
  .superRefine(({ load, maxInFlight }, context) => {
    if (load.kind !== 'closed') {
      const users = largestConcurrency(load);
      if (users <= maxInFlight) return;
      const message = `at most maxInFlight (${maxInFlight}) users`;
      context.addIssue({ code: 'custom', path: ['load'], message, input: users });
      return;
    }
    load.steps.forEach(({ concurrency }, i) => {
      if (concurrency <= maxInFlight) return;
      // A user turned away at once would ask again at once, for ever.
      context.addIssue({
        code: 'custom',
        path: ['load', 'steps', i, 'concurrency'],
        message: `at most maxInFlight (${maxInFlight}) users`,
        input: concurrency,
      });
    });
  });

/** A scenario with every default filled in. */
export type Scenario = z.infer<typeof scenarioSchema>;
/** A scenario as a user writes it. */
export type ScenarioInput = z.input<typeof scenarioSchema>;
export type Protocol = (typeof PROTOCOLS)[number];
export type Timeouts = z.infer<typeof timeoutsSchema>;

const LIBRARY = fileURLToPath(new URL('./library/', import.meta.url));

/** Names of the scenarios that ship with the tool; claims lie beside them. */
export function listScenarios(): string[] {
  const claims = new Set(listClaims());
  return readdirSync(LIBRARY)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .filter((name) => !claims.has(name))
    .sort();
}

const looksLikePath = (name: string): boolean =>
  isAbsolute(name) || /[\\/]/.test(name) || /\.(ya?ml|json)$/.test(name);

/**
 * Parses scenario text (YAML or JSON); `what` names it in messages. Files that it names are looked for from `folder`,
 * and the counts of data sets are put in their place.
 */
export function parseScenario(text: string, what: string, folder = '.'): Result<Scenario> {
  const value = parseYaml(text, 'INVALID_SCENARIO', what);
  if (value.kind === 'failed') return value;
  const input = value.value;
  if (typeof input !== 'object' || input === null || !('workload' in input))
    return resolveScenario(input, what);
  const workload = resolveDataSets(input.workload, folder);
  if (workload.kind === 'failed') return workload;
  return resolveScenario(
    {
      ...input,
      workload: resolveFiles(workload.value, folder),
      ...('arrivals' in input ? { arrivals: resolveFiles(input.arrivals, folder) } : {}),
    },
    what,
  );
}

/** Checks a scenario given as a value and fills in its defaults. The input is not changed. */
export const resolveScenario = (input: unknown, what = 'the scenario'): Result<Scenario> =>
  parseWith(scenarioSchema, input, 'INVALID_SCENARIO', what);

/** Reads a scenario: a path (it has a separator or ends in .yaml, .yml or .json), else a name in the library. */
export function readScenario(pathOrName: string): Result<Scenario> {
  if (!looksLikePath(pathOrName) && !listScenarios().includes(pathOrName)) {
    const hint = listClaims().includes(pathOrName)
      ? `It is claims of a document: busyhour check ${pathOrName}.`
      : `Give a path, or one of: ${listScenarios().join(', ')}.`;
    return failed('INPUT_NOT_FOUND', `there is no scenario called ${pathOrName}`, { hint });
  }
  const path = looksLikePath(pathOrName) ? pathOrName : join(LIBRARY, `${pathOrName}.yaml`);
  const text = readText(path);
  return text.kind === 'failed' ? text : parseScenario(text.value, path, resolve(dirname(path)));
}

/** A resolved scenario as text that reads back to the same record. */
export const formatScenario = (scenario: Scenario): string => `${JSON.stringify(scenario, null, 2)}\n`;

/** Parts of a scenario to replace; one that is `undefined` replaces nothing. */
export type ScenarioOverrides = { readonly [K in keyof ScenarioInput]?: ScenarioInput[K] | undefined };

/** The scenario with parts replaced, checked again as a whole. An override of `undefined` is none. */
export function withOverrides(scenario: Scenario, overrides: ScenarioOverrides): Result<Scenario> {
  const given = Object.entries(overrides).filter(([, value]) => value !== undefined);
  if (given.length === 0) return ok(scenario);
  const replaced = { ...scenario, ...Object.fromEntries(given) };
  return resolveScenario(replaced, `scenario ${scenario.name} with the given overrides`);
}
