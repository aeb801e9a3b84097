import type { Profile } from '../../../runtime/inference/engines/simulated/profile.ts';

const noError = {
  points: 0,
  timeToFirstTokenMapeRatio: 0,
  timePerOutputTokenMapeRatio: 0,
  requestsPerSMapeRatio: 0,
};
const anything = { min: 1, max: 1_000_000 };

/** A profile with round figures for tests: fast steps, small cache, no latency outside the steps. */
export const testProfile = (changes: Partial<Profile> = {}): Profile => ({
  name: 'test',
  model: 'simulated/test',
  device: 'test device (simulated)',
  gpus: 1,
  contextTokens: 4096,
  maxSequences: 8,
  kvCapacityTokens: 32_768,
  kvBlockTokens: 16,
  maxStepTokens: 2048,
  requestOverheadMs: 0,
  requestOverheadPerPromptTokenMs: 0,
  stepCost: { baseMs: 2, perSequenceMs: 0.1, perPrefillTokenMs: 0.01, perKvTokenMs: 0 },
  fit: {
    source: 'none',
    family: 'none',
    method: 'made up for tests',
    fitted: noError,
    heldOut: noError,
    validity: { inputTokens: anything, outputTokens: anything, concurrency: anything },
    notes: [],
  },
  ...changes,
});
