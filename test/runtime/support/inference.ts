import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInferenceClient } from '../../../runtime/inference/client.ts';
import type { EngineLoad } from '../../../runtime/inference/contract.ts';
import { createEngine } from '../../../runtime/inference/engines/create-engine.ts';
import { startInferenceServer } from '../../../runtime/inference/server.ts';

export interface TestEngineOptions {
  /** Duration of one engine step, ms: the pace of tokens. */
  readonly stepMs?: number;
  readonly contextTokens?: number;
  readonly maxSequences?: number;
  readonly maxWaiting?: number;
}

const fitError = {
  points: 0,
  timeToFirstTokenMapeRatio: 0,
  timePerOutputTokenMapeRatio: 0,
  requestsPerSMapeRatio: 0,
};
const range = { min: 1, max: 1000 };

/** A made-up device with round figures, so that tests are quick and their arithmetic is plain. */
const profileOf = (options: TestEngineOptions) => ({
  name: 'test',
  model: 'simulated/test',
  device: 'test device (simulated)',
  gpus: 1,
  contextTokens: options.contextTokens ?? 2048,
  maxSequences: options.maxSequences ?? 64,
  kvCapacityTokens: 1_000_000,
  kvBlockTokens: 16,
  maxStepTokens: 8192,
  requestOverheadMs: 0,
  requestOverheadPerPromptTokenMs: 0,
  stepCost: { baseMs: options.stepMs ?? 1, perSequenceMs: 0, perPrefillTokenMs: 0, perKvTokenMs: 0 },
  fit: {
    source: 'none',
    family: 'none',
    method: 'made up for tests',
    fitted: fitError,
    heldOut: fitError,
    validity: { inputTokens: range, outputTokens: range, concurrency: range },
    notes: [],
  },
});

export interface TestInference {
  readonly address: string;
  load(): Promise<EngineLoad>;
  close(): Promise<void>;
}

/** The real gRPC server in front of the real simulated engine. */
export async function startTestInference(options: TestEngineOptions = {}): Promise<TestInference> {
  const folder = mkdtempSync(join(tmpdir(), 'busyhour-profile-'));
  const path = join(folder, 'profile.json');
  writeFileSync(path, JSON.stringify(profileOf(options)));
  const { maxWaiting } = options;
  const engine = await createEngine({
    kind: 'simulated',
    profile: path,
    ...(maxWaiting === undefined ? {} : { maxWaiting }),
  });
  rmSync(folder, { recursive: true });
  const server = await startInferenceServer({ host: '127.0.0.1', port: 0, engine });
  const client = createInferenceClient({ address: server.address });
  return {
    address: server.address,
    load: () => client.load(1000),
    async close() {
      client.close();
      await server.close(0);
    },
  };
}
