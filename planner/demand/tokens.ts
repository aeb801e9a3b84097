import type { ResultFile } from '../../vocabulary/result-file.ts';

/** Mean tokens of one turn as measured. `cachedInput` is part of `input`. */
export interface TokensPerTurn {
  readonly input: number;
  readonly cachedInput: number;
  readonly output: number;
  readonly source: string;
}

interface Totals {
  readonly input: number;
  readonly cachedInput: number;
  readonly output: number;
  readonly completed: number;
  readonly withUsage: number;
}

const totalsOf = ({ steps }: ResultFile): Totals => ({
  input: steps.reduce((sum, { tokens }) => sum + tokens.input, 0),
  cachedInput: steps.reduce((sum, { tokens }) => sum + tokens.cachedInput, 0),
  output: steps.reduce((sum, { tokens }) => sum + tokens.output, 0),
  completed: steps.reduce((sum, { counts }) => sum + counts.completed, 0),
  withUsage: steps.reduce((sum, { tokens }) => sum + tokens.requestsWithUsage, 0),
});

/**
 * Tokens per turn. A trace counts those of every request that was really served, so its means go before those of the
 * part that was replayed; the share served from a prefix cache is the replay's. Without a trace: the server's usage over
 * every completed request. Undefined when neither is there.
 */
export function measuredTokensPerTurn(result: ResultFile): TokensPerTurn | undefined {
  const totals = totalsOf(result);
  const { trace } = result;
  if (trace !== undefined && trace.meanInputTokens > 0) {
    const cachedRatio = totals.input === 0 ? 0 : Math.min(1, totals.cachedInput / totals.input);
    return {
      input: trace.meanInputTokens,
      cachedInput: trace.meanInputTokens * cachedRatio,
      output: trace.meanOutputTokens,
      source: `token counts of all ${trace.requests} requests of ${trace.source}`,
    };
  }
  if (totals.completed === 0 || totals.withUsage === 0 || totals.input === 0) return undefined;
  return {
    input: totals.input / totals.withUsage,
    cachedInput: Math.min(totals.cachedInput, totals.input) / totals.withUsage,
    output: totals.output / totals.completed,
    source: `usage of ${totals.withUsage} requests in run ${result.runId}`,
  };
}
