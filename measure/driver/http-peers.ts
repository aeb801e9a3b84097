import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPeer, lastWords, runPeer, type Said } from './run-peer.ts';

/** What another tool says of the same plain HTTP target. Absent figures are ones that it does not give. */
export interface PeerReading {
  readonly version?: string;
  readonly requestsPerS?: number;
  readonly latencyP50Ms?: number;
  readonly latencyP99Ms?: number;
  /** Why there are no figures. */
  readonly reason?: string;
}

export interface HttpLoad {
  readonly url: string;
  readonly connections: number;
  readonly spanS: number;
}

export type HttpPeer = (load: HttpLoad) => Promise<PeerReading>;

const BODY = '{"message":"hello","max_tokens":1}';
const SPARE_MS = 20_000;
const limitOf = ({ spanS }: HttpLoad): number => spanS * 1_000 + SPARE_MS;
const missing = (what: string): PeerReading => ({ reason: `${what} is not installed here` });
const optional = <K extends string>(key: K, value: number | undefined) =>
  (value === undefined || Number.isNaN(value) ? {} : { [key]: value }) as { [P in K]?: number };

const MS_PER_UNIT: Readonly<Record<string, number>> = { us: 1e-3, ms: 1, s: 1e3, m: 6e4 };

function wrkPercentile(text: string, percent: number): number | undefined {
  const match = new RegExp(`^\\s+${percent}%\\s+([\\d.]+)(us|ms|s|m)\\s*$`, 'm').exec(text);
  return match === null ? undefined : Number(match[1]) * (MS_PER_UNIT[match[2] ?? ''] ?? Number.NaN);
}

/** wrk, one thread: C, epoll, closed loop. */
export const wrk: HttpPeer = async (load) => {
  const program = findPeer('wrk');
  if (program === undefined) return missing('wrk');
  const folder = mkdtempSync(join(tmpdir(), 'busyhour-measure-'));
  const script = join(folder, 'post.lua');
  writeFileSync(
    script,
    `wrk.method = "POST"\nwrk.body = '${BODY}'\nwrk.headers["content-type"] = "application/json"\n`,
  );
  const args = ['-t1', `-c${load.connections}`, `-d${load.spanS}s`, '--latency', '-s', script, load.url];
  const said = await runPeer(program, args, { limitMs: limitOf(load) });
  rmSync(folder, { recursive: true, force: true });
  const version = /wrk (?:debian\/)?([\d.][\w.+-]*)/.exec(
    (await runPeer(program, ['-v'], { limitMs: 5_000 })).stdout,
  )?.[1];
  if (said.code !== 0) return { reason: lastWords(said) };
  return {
    ...(version === undefined ? {} : { version }),
    ...optional('requestsPerS', Number(/Requests\/sec:\s+([\d.]+)/.exec(said.stdout)?.[1])),
    ...optional('latencyP50Ms', wrkPercentile(said.stdout, 50)),
    ...optional('latencyP99Ms', wrkPercentile(said.stdout, 99)),
  };
};

interface AutocannonSummary {
  readonly requests: { readonly average: number };
  readonly latency: { readonly p50: number; readonly p99: number };
}

/** autocannon as its command line runs it; its latencies are whole milliseconds. */
export const autocannon: HttpPeer = async (load) => {
  const require = createRequire(import.meta.url);
  const { version } = require('autocannon/package.json') as { version: string };
  const script = require.resolve('autocannon/autocannon.js');
  const args = ['-j', '-m', 'POST', '-H', 'content-type=application/json', '-b', BODY];
  const run = ['-c', String(load.connections), '-d', String(load.spanS), ...args, load.url];
  const said = await runPeer(process.execPath, [script, ...run], { limitMs: limitOf(load) });
  if (said.code !== 0) return { version, reason: lastWords(said) };
  const summary = JSON.parse(said.stdout) as AutocannonSummary;
  return {
    version,
    requestsPerS: summary.requests.average,
    latencyP50Ms: summary.latency.p50,
    latencyP99Ms: summary.latency.p99,
  };
};

/** Runs a program on a file of its own and reads a file that it writes. */
async function withFiles(
  files: Readonly<Record<string, string>>,
  run: (folder: string) => Promise<Said>,
  read: (folder: string, said: Said) => PeerReading,
): Promise<PeerReading> {
  const folder = mkdtempSync(join(tmpdir(), 'busyhour-measure-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const said = await run(folder);
    try {
      return read(folder, said);
    } catch {
      // No result file: the program's own words say why.
      return { reason: lastWords(said) };
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const k6Script = ({ url, connections, spanS }: HttpLoad): string => `import http from 'k6/http';
export const options = { vus: ${connections}, duration: '${spanS}s', summaryTrendStats: ['med', 'p(99)'] };
export default () => { http.post('${url}', '${BODY}', { headers: { 'content-type': 'application/json' } }); };
`;

/** k6 by K6_BIN or PATH; its core reads no server-sent events, so it is held to plain requests. */
export const k6: HttpPeer = async (load) => {
  const program = findPeer('k6', 'K6_BIN');
  if (program === undefined) return missing('k6 (K6_BIN or PATH)');
  const version = /v[\d.]+/.exec((await runPeer(program, ['version'], { limitMs: 10_000 })).stdout)?.[0];
  const reading = await withFiles(
    { 'plain.js': k6Script(load) },
    (folder) =>
      runPeer(
        program,
        ['run', '--quiet', '--summary-export', join(folder, 'out.json'), join(folder, 'plain.js')],
        {
          limitMs: limitOf(load),
          env: { K6_NO_USAGE_REPORT: 'true' },
        },
      ),
    (folder) => {
      const { metrics } = JSON.parse(readFileSync(join(folder, 'out.json'), 'utf8')) as {
        metrics: Record<string, Record<string, number>>;
      };
      return {
        ...optional('requestsPerS', metrics.http_reqs?.rate),
        ...optional('latencyP50Ms', metrics.http_req_duration?.med),
        ...optional('latencyP99Ms', metrics.http_req_duration?.['p(99)']),
      };
    },
  );
  return { ...(version === undefined ? {} : { version }), ...reading };
};

const LOCUSTFILE = `from locust import FastHttpUser, task, constant

class Plain(FastHttpUser):
    wait_time = constant(0)

    @task
    def ask(self):
        self.client.post("/plain", data='${BODY}', headers={"content-type": "application/json"})
`;

/** Locust with its fast client; percentiles are rounded to two digits by Locust itself. */
export const locust: HttpPeer = async (load) => {
  const program = findPeer('locust');
  if (program === undefined) return missing('Locust');
  const version = /[\d.]{3,}/.exec((await runPeer(program, ['--version'], { limitMs: 20_000 })).stdout)?.[0];
  const users = String(load.connections);
  const run = [
    '--headless',
    '-u',
    users,
    '-r',
    users,
    '-t',
    `${load.spanS}s`,
    '--only-summary',
    '--csv',
    'out',
  ];
  const reading = await withFiles(
    { 'locustfile.py': LOCUSTFILE },
    (cwd) =>
      runPeer(program, ['-f', 'locustfile.py', ...run, '--host', new URL(load.url).origin], {
        limitMs: limitOf(load),
        cwd,
      }),
    (folder) => {
      const [head = '', ...rows] = readFileSync(join(folder, 'out_stats.csv'), 'utf8').trim().split('\n');
      const row = rows.find((line) => line.includes('Aggregated'))?.split(',') ?? [];
      const cell = (name: string): number => Number(row[head.split(',').indexOf(name)]);
      return {
        ...optional('requestsPerS', cell('Requests/s')),
        ...optional('latencyP50Ms', cell('50%')),
        ...optional('latencyP99Ms', cell('99%')),
      };
    },
  );
  return { ...(version === undefined ? {} : { version }), ...reading };
};
