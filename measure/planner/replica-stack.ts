import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { stringify } from 'yaml';
import { type OwnedProcess, startProcess } from '../../cli/processes.ts';
import { unwrap } from '../../vocabulary/errors.ts';

const READY_MS = 30_000;

/** US dollars per million tokens that the gateway meters. */
export const PRICE = { inputUsdPerMTok: 0.15, cachedInputUsdPerMTok: 0.075, outputUsdPerMTok: 0.6 } as const;

const noFit = {
  points: 0,
  timeToFirstTokenMapeRatio: 0,
  timePerOutputTokenMapeRatio: 0,
  requestsPerSMapeRatio: 0,
};
const anyRange = { min: 1, max: 100_000 };

/** Requests that a replica works on at once. */
export const PLACES = 32;

/**
 * A small device that does not exist, slow enough that three of them leave the cores of this machine half idle: a step of 8
 * to 13 ms. What is judged is the prediction for several from one, not the device.
 */
const PROFILE = {
  name: 'small',
  model: 'simulated/small',
  device: 'small device (simulated)',
  gpus: 1,
  contextTokens: 4_096,
  maxSequences: PLACES,
  kvCapacityTokens: 100_000,
  kvBlockTokens: 16,
  maxStepTokens: 2_048,
  requestOverheadMs: 0,
  requestOverheadPerPromptTokenMs: 0,
  stepCost: { baseMs: 8, perSequenceMs: 0.15, perPrefillTokenMs: 0.02, perKvTokenMs: 0 },
  fit: {
    source: 'none',
    family: 'none',
    method: 'made up for measuring',
    fitted: noFit,
    heldOut: noFit,
    validity: { inputTokens: anyRange, outputTokens: anyRange, concurrency: anyRange },
    notes: [],
  },
};

/** Answers, and US dollars for their tokens. */
export interface Metered {
  readonly answers: number;
  readonly usd: number;
}

/** Simulated engines and one gateway in front of them, each a process. */
export interface ReplicaStack {
  readonly url: string;
  readonly engines: readonly OwnedProcess[];
  /** What the gateway has metered so far. */
  metered(): Promise<Metered>;
  stop(): Promise<void>;
}

const owned = async (name: string, args: readonly string[]): Promise<OwnedProcess> =>
  unwrap(await startProcess({ name, args, readyTimeoutMs: READY_MS }, new AbortController().signal));

async function readMeter(url: string): Promise<Metered> {
  const page = await (await request(`${url}/metrics`)).body.text();
  const total = (name: string): number =>
    page
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  return {
    answers: total('busyhour_gateway_answers_total'),
    usd: total('busyhour_provider_cost_usd_total'),
  };
}

/** Starts that many engines and a gateway that balances between them; the caller stops them. */
export async function startReplicas(replicas: number): Promise<ReplicaStack> {
  const folder = mkdtempSync(join(tmpdir(), 'busyhour-replicas-'));
  const profile = join(folder, 'profile.json');
  writeFileSync(profile, JSON.stringify(PROFILE));
  const started: OwnedProcess[] = [];
  const stop = async (): Promise<void> => {
    for (const child of started.toReversed()) await child.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (let index = 0; index < replicas; index++)
      started.push(
        await owned(`engine ${index + 1}`, [
          'inference',
          '--engine',
          'simulated',
          '--profile',
          profile,
          '--port',
          '0',
        ]),
      );
    const engines = [...started];
    const config = join(folder, 'gateway.yaml');
    const address = engines.map(({ ready }) => String(ready.address));
    const provider = { kind: 'grpc', name: 'local', address, price: PRICE };
    writeFileSync(config, stringify({ logLevel: 'warn', providers: [provider] }));
    const gateway = await owned('gateway', ['serve', '--config', config, '--port', '0']);
    started.push(gateway);
    const url = String(gateway.ready.url);
    return { url, engines, metered: () => readMeter(url), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
