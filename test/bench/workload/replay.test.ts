import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runBench } from '../../../bench/run/run-bench.ts';
import { estimateMeanShape } from '../../../bench/workload/interaction.ts';
import { planSteps } from '../../../bench/workload/planned-steps.ts';
import { expandSchedule, parseSchedule, scheduleLines } from '../../../bench/workload/schedule-file.ts';
import { resolveScenario } from '../../../scenarios/scenario.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { createRandom } from '../../../vocabulary/random.ts';

/** Answers every chat completion with one token, and keeps the bodies as they came. */
const bodies: string[] = [];
const server = createServer((request, response) => {
  if (request.url === '/v1/models') return response.end('{"data":[{"id":"m"}]}');
  if (request.url !== '/v1/chat/completions') {
    response.statusCode = 404;
    return response.end();
  }
  let body = '';
  request.on('data', (part: Buffer) => {
    body += part.toString('utf8');
  });
  request.on('end', () => {
    bodies.push(body);
    const chunk = { choices: [{ delta: { content: 'yes' }, finish_reason: 'stop' }] };
    response.setHeader('content-type', 'text/event-stream');
    response.end(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`);
  });
});
beforeAll(() => new Promise<void>((done) => server.listen(0, '127.0.0.1', done)));
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const drawn = (mean: number) => ({ distribution: { kind: 'exponential' as const, mean }, source: 'a test' });
const scenario = unwrap(
  resolveScenario({
    name: 'replayed',
    description: 'A test.',
    workload: {
      kind: 'requests',
      inputTokens: drawn(30),
      outputTokens: drawn(9),
      sharedPrefix: { tokens: drawn(20), hitShareRatio: 0.5, groups: 2 },
    },
    arrivals: { kind: 'gamma', gapCv: 2 },
    load: { kind: 'steps', steps: [{ turnsPerS: 60, warmUpMs: 100, windowMs: 900 }] },
    drainMs: 500,
    seed: 7,
  }),
);

/** Bodies by the interaction that they name. How many of the drain go out depends on the machine, their bytes do not. */
async function bodiesOf(options: Partial<Parameters<typeof runBench>[0]>): Promise<Map<string, string>> {
  bodies.length = 0;
  const { port } = server.address() as AddressInfo;
  unwrap(await runBench({ scenario, target: { url: `http://127.0.0.1:${port}` }, ...options }));
  return new Map(bodies.map((body) => [(JSON.parse(body) as { user: string }).user, body]));
}

describe('a schedule that was printed and read again', () => {
  it('is sent byte for byte as the run that draws it', async () => {
    const { meanTurnsPerInteraction } = estimateMeanShape(scenario.workload, createRandom(1));
    const expanded = expandSchedule(scenario, unwrap(planSteps(scenario, meanTurnsPerInteraction)));
    const read = unwrap(parseSchedule([...scheduleLines(expanded)].join(''), 'a test'));
    const schedule = new Map(read.steps.map(({ name, interactions }) => [name, interactions]));
    const own = await bodiesOf({});
    const replayed = await bodiesOf({ schedule });
    const other = await bodiesOf({ seed: 8 });
    const both = [...own.keys()].filter((id) => replayed.has(id));
    expect(both.length).toBeGreaterThan(10);
    expect(both.map((id) => replayed.get(id))).toEqual(both.map((id) => own.get(id)));
    const planned = new Set(
      read.steps.flatMap((step) => step.interactions.map(({ id }) => `${step.name} ${id}`)),
    );
    expect([...own.keys(), ...replayed.keys()].filter((id) => !planned.has(id))).toEqual([]);
    const others = [...other].filter(([id, body]) => own.get(id) === body);
    expect(others).toEqual([]);
  });
});
