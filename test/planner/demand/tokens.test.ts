import { describe, expect, test } from 'vitest';
import { measuredTokensPerTurn } from '../../../planner/demand/tokens.ts';
import type { ResultFile } from '../../../vocabulary/result-file.ts';
import { buildResult } from '../fixtures/result.ts';

const result = buildResult({
  engine: 'llama',
  rates: [2, 4],
  servicePerS: 8,
  step: { inputTokens: 300, cachedInputTokens: 120, outputTokens: 60 },
});

const withoutUsage = (from: ResultFile): ResultFile => ({
  ...from,
  steps: from.steps.map((step) => ({
    ...step,
    tokens: {
      ...step.tokens,
      input: 0,
      cachedInput: 0,
      requestsWithUsage: 0,
      requestsCounted: step.counts.completed,
    },
  })),
});

describe('tokens per turn', () => {
  test('as the server counted them, over every completed request', () => {
    expect(measuredTokensPerTurn(result)).toMatchObject({ input: 300, cachedInput: 120, output: 60 });
  });

  test('requests without usage do not dilute the input of those with it', () => {
    const half: ResultFile = {
      ...result,
      steps: result.steps.map((step) => ({
        ...step,
        tokens: {
          ...step.tokens,
          input: step.tokens.input / 2,
          cachedInput: step.tokens.cachedInput / 2,
          requestsWithUsage: step.counts.completed / 2,
        },
      })),
    };
    expect(measuredTokensPerTurn(half)).toMatchObject({ input: 300, cachedInput: 120, output: 60 });
  });

  test('without usage and without a trace they are unknown, not zero', () => {
    expect(measuredTokensPerTurn(withoutUsage(result))).toBeUndefined();
  });
});
