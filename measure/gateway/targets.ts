import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { GatewayConfigInput } from '../../runtime/config.ts';
import { isReadyLine, type Started, start } from './processes.ts';

const ROOT = join(import.meta.dirname, '../..');
const KEY = 'measured-key';

/** Something that completions can be sent to. */
export interface Target {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly pid: number;
  readonly startToReadyMs: number;
  stop(): Promise<void>;
}

const JSON_TYPE = { 'content-type': 'application/json' };

const here = (file: string): string => join(import.meta.dirname, file);

/** The vendor with a constant delay, on the generator's core. */
export async function startHttpStub(delayMs: number): Promise<Target> {
  const stub = await start('generator', [here('http-stub.ts'), String(delayMs)], { isReady: isReadyLine });
  return targetFrom(stub, Number(stub.ready.port), JSON_TYPE);
}

export interface GrpcStub {
  readonly address: string;
  stop(): Promise<void>;
}

/** The inference server with a constant token pace, on the generator's core. */
export async function startGrpcStub(gapMs: number): Promise<GrpcStub> {
  const stub = await start('generator', [here('grpc-stub.ts'), String(gapMs)], { isReady: isReadyLine });
  return { address: `127.0.0.1:${stub.ready.port}`, stop: stub.stop };
}

const targetFrom = (started: Started, port: number, headers: Target['headers']): Target => ({
  url: `http://127.0.0.1:${port}`,
  headers,
  pid: started.pid,
  startToReadyMs: started.startToReadyMs,
  stop: started.stop,
});

/** The gateway is measured as it is published: a checkout would also compile its sources at every start. */
export const buildGateway = (): void => void execFileSync(process.execPath, ['build.ts'], { cwd: ROOT });

/** What is switched on in the gateway that is measured. */
export type Features = 'on' | 'off';

const PROVIDER_PRICE = { inputUsdPerMTok: 0.4, cachedInputUsdPerMTok: 0.1, outputUsdPerMTok: 1.6 };

/** Limits that are checked on every request and never reached. */
const LIMITS = { requestsPerMin: 10_000_000, tokensPerMin: 1_000_000_000, dailyBudgetUsd: 1_000_000 };

type Provider = NonNullable<GatewayConfigInput['providers']>[number];

function configOf(provider: Provider, features: Features, folder: string): GatewayConfigInput {
  const front = { port: 0, defaultOutputTokens: 64, maxInFlight: 4096 };
  if (features === 'off') {
    return {
      ...front,
      providers: [provider],
      logLevel: 'silent',
      audit: { completions: false },
      privacy: { redact: false },
    };
  }
  const sha256 = createHash('sha256').update(KEY).digest('hex');
  return {
    ...front,
    providers: [provider.kind === 'keyword' ? provider : { ...provider, price: PROVIDER_PRICE }],
    history: { kind: 'sqlite', path: join(folder, 'history.sqlite') },
    tenants: [{ name: 'measured', keys: [{ sha256 }], limits: LIMITS }],
    logLevel: 'info',
  };
}

/** A gateway in a process of its own, on the measured core, with embedded stores. */
export async function startMeasuredGateway(provider: Provider, features: Features): Promise<Target> {
  const folder = mkdtempSync(join(tmpdir(), 'busyhour-measure-'));
  const file = join(folder, 'gateway.yaml');
  writeFileSync(file, stringify(configOf(provider, features, folder)));
  const cli = join(ROOT, 'dist/cli.js');
  const args = [cli, 'serve', '--config', file, '--exit-with-parent'];
  const gateway = await start('measured', args, { isReady: isReadyLine });
  const headers = features === 'on' ? { ...JSON_TYPE, authorization: `Bearer ${KEY}` } : JSON_TYPE;
  const target = targetFrom(gateway, Number(gateway.ready.port), headers);
  return {
    ...target,
    stop: async () => {
      await gateway.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A port that was free a moment ago; Portkey takes no 0. */
function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).status < 500;
  } catch {
    return false; // Not listening yet.
  }
}

/** The Portkey gateway of its npm package, on the measured core, in front of the same stub. */
export async function startPortkey(stubUrl: string): Promise<Target> {
  const port = await freePort();
  const script = join(ROOT, 'node_modules/@portkey-ai/gateway/build/start-server.js');
  const started = await start('measured', [script, '--headless', `--port=${port}`], {
    env: { NODE_ENV: 'production' },
    isReady: (line) => line === '' && answers(`http://127.0.0.1:${port}/`),
  });
  return targetFrom(started, port, {
    ...JSON_TYPE,
    authorization: 'Bearer none',
    'x-portkey-provider': 'openai',
    'x-portkey-custom-host': `${stubUrl}/v1`,
  });
}
