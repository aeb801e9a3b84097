import type { ResultFile } from '../../vocabulary/result-file.ts';

/** Mean tokens of one turn as measured. `cachedInput` is part of `input`. */
export interface TokensPerTurn {
  readonly input: number;
  readonly cachedInput: number;
  readonly output: number;
  readonly source: string;
}

/**
 * Tokens per turn over every completed request of a result. Input counts come from the server's usage; undefined
 * when no request carried any and no trace says what was sent.
 */
export function measuredTokensPerTurn(result: ResultFile): TokensPerTurn | undefined {
  const total = { input: 0, cachedInput: 0, output: 0, completed: 0, withUsage: 0 };
  for (const step of result.steps) {
    total.input += step.tokens.input;
    total.cachedInput += step.tokens.cachedInput;
    total.output += step.tokens.output;
    total.completed += step.counts.completed;
    total.withUsage += step.tokens.requestsWithUsage;
  }
  if (total.completed > 0 && total.withUsage > 0 && total.input > 0) {
    return {
      input: total.input / total.withUsage,
      cachedInput: total.cachedInput / total.withUsage,
      output: total.output / total.completed,
      source: `usage of ${total.withUsage} requests in run ${result.runId}`,
    };
  }
  const { trace } = result;
  if (trace === undefined || trace.meanInputTokens === 0) return undefined;
  return {
    input: trace.meanInputTokens,
    cachedInput: 0,
    output: trace.meanOutputTokens,
    source: `token counts of trace ${trace.source}`,
  };
}
