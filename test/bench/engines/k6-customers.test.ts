import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createK6Plan } from '../../../bench/engines/k6/plan.ts';
import { runK6 } from '../../../bench/engines/k6/run-k6.ts';
import { resolveScenario, type Scenario, type ScenarioInput } from '../../../scenarios/scenario.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { K6_ABSENT, k6OnThisMachine } from '../../support/k6.ts';

const K6 = k6OnThisMachine();
const constant = (value: number) => ({ distribution: { kind: 'constant' as const, value }, source: 'test' });

const scenarioOf = (overrides: Partial<ScenarioInput>): Scenario =>
  unwrap(
    resolveScenario({
      name: 'k6-customers',
      description: 'Customers with keys, patience and prefixes.',
      protocol: 'http',
      workload: { kind: 'requests', inputTokens: constant(5), outputTokens: constant(4) },
      load: { kind: 'steps', steps: [{ turnsPerS: 30, warmUpMs: 0, windowMs: 1_500 }] },
      drainMs: 0,
      ...overrides,
    }),
  );

interface Seen {
  readonly authorization: string | undefined;
  readonly body: string;
}

const MODELS = JSON.stringify({ data: [{ id: 'm' }] });

/** A plain server that keeps what was posted to it and answers after so long; it lists a model at once. */
async function serve(afterMs: number): Promise<{ readonly url: string; readonly seen: readonly Seen[] }> {
  const seen: Seen[] = [];
  const server: Server = createServer(async (request: IncomingMessage, response) => {
    let body = '';
    for await (const part of request.setEncoding('utf8')) body += part;
    if (request.method === 'POST') seen.push({ authorization: request.headers.authorization, body });
    const waitMs = request.method === 'POST' ? afterMs : 0;
    setTimeout(() => response.end(MODELS), waitMs);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/ask`, seen };
}

describe.skipIf(K6 === undefined)(
  `customers of a script (skipped where ${K6_ABSENT})`,
  { timeout: 60_000 },
  () => {
    const environment = { ...process.env, K6_BIN: K6, KEY_A: 'key-of-a', KEY_B: 'key-of-b' };
    const tenants = {
      kind: 'weights' as const,
      tenants: [
        { name: 'a', weight: 3, apiKeyEnv: 'KEY_A' },
        { name: 'b', weight: 1, apiKeyEnv: 'KEY_B' },
        { name: 'c', weight: 1 },
      ],
    };
    const workload: ScenarioInput['workload'] = {
      kind: 'requests',
      inputTokens: constant(5),
      outputTokens: constant(4),
      tenants,
    };

    it('send the key of their tenant, as often as the schedule has them, and the key is not in the script', async () => {
      const { url, seen } = await serve(0);
      const scenario = scenarioOf({ workload });
      const plan = unwrap(createK6Plan(scenario, { arrivals: 'schedule' }));
      const target = { url, apiKey: 'key-of-all' };
      unwrap(await runK6(scenario, target, { arrivals: 'schedule', environment }));
      const keyOf: Record<string, string> = { a: 'key-of-a', b: 'key-of-b', c: 'key-of-all' };
      const expected = plan.shapes.map(({ tenant = '' }) => `Bearer ${keyOf[tenant]}`).sort();
      expect(seen.map(({ authorization }) => authorization).sort()).toEqual(expected);
      expect(new Set(expected).size).toBe(3);
    });

    it('are refused before anything is sent where a key is not set', async () => {
      const { url, seen } = await serve(0);
      const { KEY_B: _unset, ...without } = environment;
      const run = await runK6(scenarioOf({ workload }), { url }, { arrivals: 'rate', environment: without });
      expect(run).toMatchObject({
        kind: 'failed',
        failure: { code: 'USAGE', issues: [{ path: 'tenant b: KEY_B' }] },
      });
      expect(seen).toEqual([]);
    });

    it('leave when their patience ends, and do not ask again', async () => {
      const { url, seen } = await serve(2_000);
      const impatient: ScenarioInput['workload'] = {
        kind: 'conversations',
        turns: constant(3),
        thinkTimeMs: constant(10),
        userTokens: constant(4),
        outputTokens: constant(4),
        systemPromptTokens: constant(0),
        patienceMs: constant(100),
        afterFailure: 'continue',
      };
      const load: ScenarioInput['load'] = {
        kind: 'steps',
        // No arrival falls on the very end of the window.
        steps: [{ interactionsPerS: 9.7, warmUpMs: 0, windowMs: 1_500 }],
      };
      const scenario = scenarioOf({ workload: impatient, load });
      const { result } = unwrap(await runK6(scenario, { url }, { arrivals: 'rate', environment }));
      const [step] = result.steps;
      const offered = step?.counts.offered ?? 0;
      expect(offered).toBeGreaterThanOrEqual(13);
      expect(step?.counts.byReason).toEqual({ 'timed-out:patience': offered });
      expect(step?.interactions).toMatchObject({ started: offered, abandoned: offered, completed: 0 });
      expect(seen).toHaveLength(offered);
    });

    it('of one group begin alike, and of others each in its own way', async () => {
      const { url, seen } = await serve(0);
      const chat = scenarioOf({
        protocol: 'openai-chat',
        workload: {
          kind: 'requests',
          inputTokens: constant(5),
          outputTokens: constant(4),
          sharedPrefix: { tokens: constant(30), hitShareRatio: 0.5, groups: 1 },
        },
      });
      const plan = unwrap(createK6Plan(chat, { arrivals: 'schedule' }));
      const base = url.replace('/ask', '');
      unwrap(await runK6(chat, { url: base }, { arrivals: 'schedule', environment }));
      const prompts = seen.map(({ body }) => {
        const { messages } = JSON.parse(body) as { messages: { role: string; content: string }[] };
        return messages[0]?.content ?? '';
      });
      const shared = plan.shapes.filter(({ prefix }) => prefix?.[0].startsWith('shared')).length;
      expect(prompts.filter((text) => text.startsWith('prefix-shared-0 '))).toHaveLength(shared);
      expect(prompts.map((text) => text.split(' ').length)).toEqual(plan.shapes.map(() => 30));
      expect(new Set(prompts).size).toBe(plan.shapes.length - shared + 1);
    });
  },
);
