import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postJson, until } from '../support/gateway-rig.ts';
import { type BusyGateway, SECRETS, startBusyGateway } from './busy-gateway.ts';
import { FOLDER, panelQueries, type Query, ruleQueries } from './observability-files.ts';
import { binary } from './prometheus-binaries.ts';

const START_LIMIT_MS = 20_000;

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Nothing of this traffic fills them: no vendor without places, no receiver of spans, no store that fails, no overload. */
const MAY_BE_EMPTY = [
  /^Supervisor B/,
  /^Script, p95 B/,
  /^Extra attempts/,
  /^Tokens for nobody/,
  /^Store failures/,
  /^Spans/,
  /^Shed/,
  /^Wait for admission/,
  /^Database connections A/,
];

/** A script folder and a supervisor, so that turns take every step. */
const DIALOG = {
  scripts: { folder: join(import.meta.dirname, '../../../scenarios/scripts/telecom-service-desk') },
  supervisor: { mode: 'before', model: { enabled: true, onFailure: 'approve' } },
} as const;

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
}

describe.skipIf(binary('prometheus') === undefined)(
  'a real Prometheus (skipped where it is not installed)',
  () => {
    let busy: BusyGateway;
    let prometheus: ChildProcess;
    let folder: string;
    let api: string;

    const ask = async (expr: string): Promise<Answer> => {
      const response = await fetch(`${api}/query?query=${encodeURIComponent(expr)}`);
      return (await response.json()) as Answer;
    };

    beforeAll(async () => {
      busy = await startBusyGateway({ config: { dialog: DIALOG } });
      folder = mkdtempSync(join(tmpdir(), 'busyhour-prometheus-'));
      const config = join(folder, 'prometheus.yaml');
      const target = new URL(busy.gateway.url).host;
      writeFileSync(
        config,
        `global: { scrape_interval: 250ms, evaluation_interval: 500ms }
rule_files: [${join(FOLDER, 'rules.yaml')}]
scrape_configs:
  - { job_name: busyhour-gateway, static_configs: [{ targets: ['${target}'] }] }
`,
      );
      const port = await freePort();
      api = `http://127.0.0.1:${port}/api/v1`;
      prometheus = spawn(
        binary('prometheus') ?? '',
        [
          `--config.file=${config}`,
          `--storage.tsdb.path=${join(folder, 'data')}`,
          `--web.listen-address=127.0.0.1:${port}`,
          '--log.level=error',
        ],
        { stdio: 'ignore' },
      );
      await until(
        async () => (await ask('up').catch(() => undefined))?.data?.result.length === 1,
        'a scrape',
        START_LIMIT_MS,
      );
      // Rates need a sample from before the traffic, and one after.
      await busy.serve();
      await busy.serve();
      // One turn that no script answers, for the supervisor to review.
      const headers = { authorization: `Bearer ${SECRETS.key}` };
      const { body } = await postJson(busy.gateway, '/v1/interactions', {}, headers);
      const turn = { messageId: 'm', text: 'which of your parrots is purple' };
      await postJson(busy.gateway, `/v1/interactions/${body.interactionId}/turns`, turn, headers);
      // What came last has been read often enough for a rate; all else came before it.
      const scraped = 'sum(count_over_time(busyhour_supervisor_verdicts_total[1m])) > 3';
      await until(
        async () => (await ask(scraped)).data.result.length > 0,
        'samples of the last turn',
        START_LIMIT_MS,
      );
    }, 60_000);

    afterAll(async () => {
      if (prometheus?.exitCode === null && prometheus.signalCode === null) {
        const exit = once(prometheus, 'exit');
        prometheus.kill('SIGTERM');
        await exit;
      }
      await busy?.close();
      if (folder !== undefined) rmSync(folder, { recursive: true });
    });

    const cases = (queries: readonly Query[]) => queries.map((query) => [query.where, query] as const);

    it.each(cases(panelQueries))(
      'answers the panel %s, with data where traffic makes some',
      async (where, { expr }) => {
        const answer = await ask(expr);
        expect([answer.status, answer.error]).toEqual(['success', undefined]);
        if (MAY_BE_EMPTY.some((pattern) => pattern.test(where))) return;
        expect(answer.data.result.length).toBeGreaterThan(0);
      },
    );

    it.each(cases(ruleQueries))('answers the rule %s', async (_where, { expr }) => {
      const answer = await ask(expr);
      expect([answer.status, answer.error]).toEqual(['success', undefined]);
    });

    it('has loaded the rules and evaluates each without error', async () => {
      const read = async () => {
        const body = (await (await fetch(`${api}/rules`)).json()) as {
          data: { groups: { rules: { name: string; health: string; lastError?: string }[] }[] };
        };
        return body.data.groups.flatMap((group) => group.rules);
      };
      await until(
        async () => (await read()).every(({ health }) => health !== 'unknown'),
        'an evaluation',
        START_LIMIT_MS,
      );
      expect((await read()).filter(({ health }) => health !== 'ok')).toEqual([]);
      expect((await read()).length).toBe(ruleQueries.length);
    });

    it('reads the same figure that the gateway counted', async () => {
      const answer = await ask('sum(busyhour_dialog_turns_total{result="answered"})');
      expect(answer.data.result[0]?.value[1]).toBe('5');
    });
  },
);
